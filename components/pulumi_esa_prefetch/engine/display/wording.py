"""How a row reads: what is, was or will be done, what changes, what was said; changes no row."""

from typing import Final

from pulumi_esa_prefetch.engine.display.changes import (
    Change,
    Changes,
    changed,
    compare_maps,
    step_changes,
)
from pulumi_esa_prefetch.engine.display.marks import RETAINED, mark
from pulumi_esa_prefetch.engine.display.rows import Board, Row
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.events import Diagnostic, StepMetadata
from pulumi_esa_prefetch.engine.printable import one_line, printable
from pulumi_esa_prefetch.engine.urns import displayed_type, name_of, type_of

PREFIXES: Final = {
    "error": "error: ",
    "warning": "warning: ",
    "debug": "debug: ",
    "info": "",
}
# steps that call no provider: their end is told by nobody
_NO_CALL: Final = frozenset({"same", "remove-pending-replace"})


def status(board: Board, row: Row, now: float, *, whole: bool = False) -> str:
    """What is, was or will be done; `whole` tells of a replacement as of one thing."""
    text = _status(board, row, now, whole=whole)
    return f"{text}[retain]" if row.step and retained(row.step) else text


def _status(board: Board, row: Row, now: float, *, whole: bool) -> str:
    words = mark(row.op)
    if _interrupted(board, row):
        return f"{words.doing} (interrupted)"
    if board.view.planning:
        return _planned(board, row, whole=whole)
    if row.failed or (board.over and row.errors):
        return f"**{words.failed}{_ran(row)}**"
    if board.is_done(row):
        return (
            mark("replace").done if whole and words.whole == "replace" else words.done
        ) + _ran(row)
    if row.op == "same":
        return "running" if row.urn == board.view.stack_urn else ""
    return f"{words.doing} ({int(max(0.0, now - row.started))}s)"


def _planned(board: Board, row: Row, *, whole: bool) -> str:
    words = mark(row.op)
    if row.op == "same":
        return "" if board.over or row.urn != board.view.stack_urn else "running"
    if not board.is_done(row) and row.op == "refresh":
        return words.doing
    return words.whole if whole else words.plan


def _interrupted(board: Board, row: Row) -> bool:
    if (
        not board.over
        or board.view.planning
        or row.failed
        or row.op in _NO_CALL
        or row.ended_well
    ):
        return False
    record = (row.step.new or row.step.old) if row.step else None
    return record is not None and record.custom


def info(row: Row, *, counts: bool) -> str:
    """What changes, and the last message, or how many there were of each kind."""
    changes = keys(differences(row))
    pieces = [f"[{changes}]"] if changes else []
    pieces += _counted(row) if counts else _last(row)
    return "; ".join(pieces)


def differences(row: Row) -> dict[str | int, Change]:
    """What the step of a row changes, keys of the record itself included."""
    step = row.step
    if row.op in {"create-replacement", "delete-replaced"}:
        step = next((s for s in row.ended_steps if s.op == "replace"), step)
    if step is None or step.old is None or step.new is None:
        return {}
    if row.refreshing:
        over = row.ended is not None and step.op != "same"
        return compare_maps(step.old.outputs, step.new.outputs) if over else {}
    return step_changes(step) | _record_changes(step)


def retained(step: StepMetadata) -> bool:
    """Whether a step leaves the real thing behind."""
    return step.old is not None and step.old.retain_on_delete and step.op in RETAINED


def keys(changes: Changes) -> str:
    """The names of what differs, as in `diff: +token~size,zone`."""
    if not changed(changes):
        return ""
    signs = (("+", "add"), ("-", "delete"), ("~", "update"))
    text = "".join(
        sign + ",".join(names)
        for sign, kind in signs
        if (
            names := sorted(
                one_line(str(key))
                for key, change in changes.items()
                if change.kind == kind
            )
        )
    )
    return f"diff: {text}"


def columns(row: Row, view: View) -> tuple[str, str]:
    """Type and name of a row; with --urns the whole URN in one."""
    if view.urns:
        return one_line(row.urn), ""
    return one_line(displayed_type(type_of(row.urn))), one_line(name_of(row.urn))


def worded(diagnostic: Diagnostic) -> str:
    """A message as it is shown, behind its severity."""
    return PREFIXES[diagnostic.severity] + printable(diagnostic.message).rstrip()


def _record_changes(step: StepMetadata) -> dict[str | int, Change]:
    if step.old is None or step.new is None:
        return {}
    old = {
        "provider": step.old.provider,
        "protect": step.old.protect,
        "taint": step.old.taint,
    }
    new = {
        "provider": step.new.provider,
        "protect": step.new.protect,
        "taint": step.new.taint,
    }
    return {
        key: change
        for key, change in compare_maps(old, new).items()
        if change.kind != "same"
    }


def _ran(row: Row) -> str:
    if row.op == "same" or row.ended is None or not row.ended_well:
        return ""
    seconds = row.ended - row.started
    return f" ({seconds:.2f}s)" if seconds < 1 else f" ({int(seconds)}s)"


def _counted(row: Row) -> list[str]:
    kinds = (
        ("error", "error"),
        ("warning", "warning"),
        ("info", "message"),
        ("debug", "debug"),
    )
    found = [
        (sum(d.severity == s and not d.ephemeral for d in row.diagnostics), word)
        for s, word in kinds
    ]
    return [
        f"{count} {word}{'s' if count > 1 and word != 'debug' else ''}"
        for count, word in found
        if count
    ]


def _last(row: Row) -> list[str]:
    texts = [worded(d) for d in row.diagnostics[-1:]]
    return [text.split("\n", 1)[0] for text in texts if text]
