"""How each kind of step is written: its sign, colour and verbs; holds no layout."""

from dataclasses import dataclass
from typing import Final

from pulumi_esa_prefetch.engine.events import StepOp


@dataclass(frozen=True, slots=True)
class Mark:
    """The words for one kind of step: planned, while it runs, when done, in the summary."""

    sign: str
    style: str
    plan: str
    doing: str
    done: str
    past: str
    failed: str
    # what a preview says once a replacement is one thing again
    whole: str = ""


def _mark(sign: str, style: str, words: str, whole: str = "") -> Mark:
    plan, doing, done, past, failed = words.split("/")
    return Mark(sign, style, plan, doing, done, past, failed, whole or plan)


SAME: Final = _mark("  ", "", "///samed/failed")

MARKS: Final[dict[str, Mark]] = {
    "same": SAME,
    "create": _mark("+ ", "green", "create/creating/created/created/creating failed"),
    "update": _mark("~ ", "yellow", "update/updating/updated/updated/updating failed"),
    "delete": _mark("- ", "red", "delete/deleting/deleted/deleted/deleting failed"),
    "replace": _mark(
        "+-", "magenta", "replace/replacing/replaced/replaced/replacing failed"
    ),
    "create-replacement": _mark(
        "++",
        "bright_green",
        "create replacement/creating replacement/created replacement/created replacement/creating failed",
        "replace",
    ),
    "delete-replaced": _mark(
        "--",
        "bright_red",
        "delete original/deleting original/deleted original/deleted/deleting failed",
        "replace",
    ),
    "read": _mark("> ", "bright_cyan", "read/reading/read/read/reading failed"),
    "read-replacement": _mark(
        ">>",
        "magenta",
        "read for replacement/reading for replacement/read for replacement/read/reading failed",
        "replace",
    ),
    "read-discard": _mark(
        "< ", "red", "discard/discarding/discarded/discarded/discarding failed"
    ),
    "discard": _mark(
        "< ", "red", "discard/discarding/discarded/discarded/discarding failed"
    ),
    "discard-replaced": _mark(
        "<<",
        "red",
        "discard original/discarding original/discarded original/discarded/discarding failed",
        "replace",
    ),
    "refresh": _mark(
        "~ ", "yellow", "refresh/refreshing/refreshed/refreshed/refreshing failed"
    ),
    "remove-pending-replace": _mark("~ ", "dim", "////"),
    "import": _mark(
        "= ", "green", "import/importing/imported/imported/importing failed"
    ),
    "import-replacement": _mark(
        "=>",
        "magenta",
        "import replacement/importing replacement/imported replacement/imported/importing failed",
        "import",
    ),
}

READS: Final = frozenset({"read", "read-replacement", "read-discard", "discard"})

REPLACEMENT: Final = frozenset(
    {
        "replace",
        "create-replacement",
        "delete-replaced",
        "read-replacement",
        "discard-replaced",
        "remove-pending-replace",
        "import-replacement",
    }
)

# what deletes, unless the resource is to be kept
RETAINED: Final = frozenset(
    {"delete", "replace", "create-replacement", "delete-replaced"}
)

# in the order of a summary; what is only read is no change
COUNTED: Final = tuple(
    op
    for op in MARKS
    if op not in {"same", "read", "read-replacement", "read-discard", "discard"}
)


def mark(op: StepOp | str) -> Mark:
    """The mark of a kind of step."""
    return MARKS.get(op, SAME)
