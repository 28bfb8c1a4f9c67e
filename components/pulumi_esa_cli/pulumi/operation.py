"""One operation from its flags to its exit code: dry run, question, real run; holds no engine and no display."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final, TextIO

from pulumi_embedded_engine.clock import Clock, SystemClock
from pulumi_embedded_engine.config import config_keys, workspace
from pulumi_embedded_engine.display.diff_view import write_details
from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.line_writer import LineWriter
from pulumi_embedded_engine.display.secret_masking import mask_secrets
from pulumi_embedded_engine.display.step_symbols import Colorizer
from pulumi_embedded_engine.display.view_factory import open_view
from pulumi_embedded_engine.errors import CHANGES_FOUND, DECLINED, FAILED, EngineError
from pulumi_embedded_engine.execution.cancellation import Cancellation
from pulumi_embedded_engine.execution.operation_run import run_operation
from pulumi_embedded_engine.model.events import Diagnostic, Event
from pulumi_embedded_engine.model.operation_context import (
    OperationContext,
    OperationResult,
)
from pulumi_embedded_engine.processes.environment import is_set
from pulumi_embedded_engine.run.targets import protected_urns
from pulumi_embedded_engine.stacks import administration
from pulumi_embedded_engine.stacks.stack import Stack
from pulumi_embedded_engine.state.journal import JournalWriter
from pulumi_esa_cli.flags import common_options as opening
from pulumi_esa_cli.flags import unsupported as lacking
from pulumi_esa_cli.flags.global_flags import Session
from pulumi_esa_cli.pulumi.operation_commands import PROGRAM, Options
from pulumi_esa_cli.pulumi.request_builder import (
    check,
    interpreter,
    kind_of,
    request_of,
    view_of,
)
from pulumi_esa_cli.pulumi.signals import interruptible
from pulumi_esa_cli.terminal.printing import echo

ANSWERS: Final = ("yes", "no", "details")
# what is counted, and changes nothing
NO_CHANGE: Final = frozenset({"same", "read", "read-replacement", "discard", "refresh"})
STOPPING: Final = "stopping: what runs is finished and saved, nothing new is begun; press Ctrl-C again to end at once"
DESTROYED: Final = (
    "The resources in the stack are deleted; its history and configuration are still there.\n"
    "`esa-prefetch stack rm {stack}` removes the stack completely."
)
RECOVERED: Final = (
    "an earlier run on '{name}' was interrupted: what it had done is in the state now, and this "
    "run goes on from there"
)
ALL_PROTECTED: Final = "Nothing is destroyed: the stack's {count} resources are protected, or needed by those that are."
LEFT: Final = "The rest of the stack stays: {count} resources, protected ones and what they need, or not asked for."
REMOVED: Final = "The resources in the stack are deleted, and the stack with its history and configuration is removed."


def operate(command: str, options: Options, session: Session) -> int:
    """Do one operation; gives the exit code, or raises EngineError with it."""
    check(command, options, session)
    if command not in PROGRAM and is_set(os.environ, "PULUMI_RUN_PROGRAM"):
        raise lacking.variable("PULUMI_RUN_PROGRAM", command)
    stack = opening.opened(session, options.stack, config_file=options.config_file)
    python = interpreter(stack.project, os.environ)
    operation = Operation(command, options, session, stack, python, SystemClock())
    if options.config:
        keep_config(stack, options.config, path=options.config_path)
    opening.warn_of_nothing(stack.config_document().values)
    return operation.perform()


def keep_config(stack: Stack, rows: list[str], *, path: bool) -> None:
    """Write KEY=VALUE rows of the command line into the stack's file; a row without a value gives an empty text."""
    file = stack.config_document()
    values: Mapping[str, Any] = file.values
    for row in rows:
        key, _, text = row.partition("=")
        place = config_keys.parse_config_key(key, stack.project.name, path=path)
        values = place.with_value(values, config_keys.value_of_text(text, "", place))
    file.save(values)


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on an open stack."""

    command: str
    options: Options
    session: Session
    stack: Stack
    interpreter: Path
    clock: Clock

    def perform(self) -> int:
        """The dry run, the question, and the real run, as far as the flags go."""
        self._after_an_interruption()
        if self._all_is_protected():
            # a stack that was to be removed, and stays, is no success
            return FAILED if self.options.remove else 0
        expected = None
        if not self.options.skip_preview:
            seen: list[Event] = []
            outcome = self._dry_run(seen)
            if outcome.failed or outcome.cancelled:
                return FAILED
            if self.command == "preview" or self.options.preview_only:
                return self._verdict(outcome)
            self._ask(seen)
            expected = changes(outcome)
        return self._real_run(expected)

    def _all_is_protected(self) -> bool:
        """Whether `--exclude-protected` leaves nothing to do: says so, and the protected are not asked to go."""
        if not self.options.exclude_protected:
            return False
        base = self.stack.snapshot()
        urns = {record.urn for record in base.resources}
        if not urns or not urns.issubset(protected_urns(base)):
            return False
        echo(ALL_PROTECTED.format(count=len(base.resources)))
        return True

    def _after_an_interruption(self) -> None:
        """Bring into the state what a killed run left, and say so; a preview changes nothing, and only warns."""
        if not self.stack.is_interrupted:
            return
        if self.command == "preview" or self.options.preview_only:
            opening.warn_of_interruption(self.stack)
            return
        self.stack.recover()
        opening.warn(RECOVERED.format(name=self.stack.name))

    def _dry_run(self, seen: list[Event]) -> OperationResult:
        with interruptible() as cancellation:
            context = self.stack.context(self.interpreter, valid=self._valid)
            return self._run(
                context, None, self._view(planning=True), cancellation, seen
            )

    def _real_run(self, expected: int | None) -> int:
        view = replace(self._view(planning=False), expected=expected)
        # signals are wishes to the end: also while the state is being written
        with (
            interruptible() as cancellation,
            self.stack.update(kind_of(self.command), self.options.message) as update,
        ):
            context = self.stack.context(
                self.interpreter, update.base, valid=self._valid
            )
            outcome = self._run(context, update, view, cancellation)
            update.set_outcome(outcome)
        if outcome.failed or outcome.cancelled:
            return FAILED
        if self.command == "destroy":
            self._bury()
        return self._verdict(outcome)

    def _run(
        self,
        context: OperationContext,
        journal: JournalWriter | None,
        view: DisplayOptions,
        cancellation: Cancellation,
        seen: list[Event] | None = None,
    ) -> OperationResult:
        request = request_of(
            self.command,
            self.options,
            self.stack.project,
            context.base,
            dry_run=view.planning,
        )
        hidden = [text for value in context.config.values() for text in value.hidden]
        with open_view(view, sys.stdout, sys.stderr, self.clock) as sink:
            cancellation.on_cancel(lambda: sink(Diagnostic("warning", STOPPING)))

            def tell(event: Event) -> None:
                if seen is not None:
                    seen.append(event)
                sink(event)

            told = mask_secrets(tell, hidden)
            return run_operation(
                request, context, journal, told, cancellation, self.clock
            )

    def _ask(self, seen: list[Event]) -> None:
        if self.options.yes:
            return
        view = replace(self._view(planning=True), full=True)
        out = sys.stdout
        confirm(
            view, out, sys.stdin, lambda: write_details(seen, view, LineWriter(out))
        )

    def _bury(self) -> None:
        """Say what is left after a destroy; with --remove that is nothing.

        EngineError if the stack is to be removed and has resources yet.
        """
        left = len(self.stack.deployment().records)
        text = DESTROYED.format(stack=self.stack.name)
        if self.options.remove:
            administration.remove(
                self.stack, force=False, preserve_config=False, remove_backups=False
            )
            workspace.select_stack(
                self.stack.project, self.stack.backend.url, self.stack.environ, None
            )
            text = REMOVED
        elif left:
            text = LEFT.format(count=left)
        echo(text)

    def _verdict(self, outcome: OperationResult) -> int:
        if self.options.expect_no_changes and changes(outcome):
            noun = "update" if self.command == "up" else self.command
            raise EngineError(
                f"no changes were expected for {noun} but changes were proposed",
                CHANGES_FOUND,
            )
        return 0

    @property
    def _valid(self) -> bool:
        """Whether the configuration must be what the project requires: only a program needs it."""
        return self.command in PROGRAM and not self.options.skip_config_validation

    def _view(self, *, planning: bool) -> DisplayOptions:
        return view_of(
            self.command, self.options, self.session, self.stack, planning=planning
        )


def changes(outcome: OperationResult) -> int:
    """How many resources an operation changes, or would."""
    return sum(count for op, count in outcome.changes.items() if op not in NO_CHANGE)


def confirm(
    view: DisplayOptions, ask: TextIO, answers: TextIO, details: Callable[[], None]
) -> None:
    """Ask until the answer is yes or no (which is also what an empty line means).

    Raises EngineError with exit code 8 unless it is yes.
    """
    ink = Colorizer(view.color)
    if view.kind == "refresh":
        print(
            "No resource is changed by a refresh, only the state of the stack.",
            file=ask,
        )
    while True:
        question = f"Do you want to perform this {view.noun}?"
        print(
            f"{ink(question, 'bold')} [yes/no/details] (no): ",
            end="",
            file=ask,
            flush=True,
        )
        answer = _answer(view, ask, answers)
        if answer == "yes":
            return
        if answer == "no":
            raise EngineError(
                f"confirmation declined, not proceeding with the {view.noun}", DECLINED
            )
        if answer == "details":
            details()


def _answer(view: DisplayOptions, ask: TextIO, answers: TextIO) -> str:
    """One of the answers, by any beginning of it; empty if it is none."""
    try:
        line = answers.readline()
    except KeyboardInterrupt:
        line = ""
    if not line:
        print(file=ask)
        raise EngineError(
            f"confirmation cancelled, not proceeding with the {view.noun}", DECLINED
        )
    typed = line.strip().lower() or "no"
    return next((answer for answer in ANSWERS if answer.startswith(typed)), "")
