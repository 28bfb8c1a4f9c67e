"""Runs one operation from its flags to its exit code: dry run, confirmation, real run."""

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
from pulumi_esa_cli.flags import common_options, unsupported_flags
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.pulumi.operation_commands import RUNS_PROGRAM, OperationFlags
from pulumi_esa_cli.pulumi.request_builder import (
    build_display_options,
    build_request,
    check_flags,
    find_interpreter,
    kind_of,
)
from pulumi_esa_cli.pulumi.signals import interruptible
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_prefetch.tracing.spans import span

ANSWERS: Final = ("yes", "no", "details")
# steps that are counted, but change nothing
NO_CHANGE: Final = frozenset({"same", "read", "read-replacement", "discard", "refresh"})
STOPPING: Final = "stopping: what runs is finished and saved, nothing new is started; press Ctrl-C again to end at once"
DESTROYED: Final = (
    "The resources in the stack are deleted; its history and configuration are still there.\n"
    "`esa-prefetch stack rm {stack}` removes the stack completely."
)
RECOVERED: Final = (
    "an earlier run on '{name}' was interrupted: what it had done is in the state now, and this "
    "run goes on from there"
)
ALL_PROTECTED: Final = "Nothing is destroyed: the stack's {count} resources are protected, or needed by those that are."
REMAINING: Final = (
    "The rest of the stack stays: {count} resources that are protected, or needed by protected ones, "
    "or were not asked for."
)
REMOVED: Final = "The resources in the stack are deleted, and the stack with its history and configuration is removed."


def run_command(command: str, flags: OperationFlags, global_flags: GlobalFlags) -> int:
    """Run one operation; gives the exit code, or raises EngineError with it."""
    check_flags(command, flags, global_flags)
    with span(f"esa-prefetch {command}", {}, kind="internal") as whole:
        if whole.context():
            os.environ["TRACEPARENT"] = whole.context()  # for all processes of the run
        return _run_command(command, flags, global_flags)


def _run_command(command: str, flags: OperationFlags, global_flags: GlobalFlags) -> int:
    if command not in RUNS_PROGRAM and is_set(os.environ, "PULUMI_RUN_PROGRAM"):
        raise unsupported_flags.unsupported_variable("PULUMI_RUN_PROGRAM", command)
    stack = common_options.open_selected_stack(
        global_flags, flags.stack, config_file=flags.config_file
    )
    python = find_interpreter(stack.project, os.environ)
    operation = OperationRunner(
        command, flags, global_flags, stack, python, SystemClock()
    )
    if flags.config:
        save_config(stack, flags.config, path=flags.config_path)
    common_options.warn_of_empty_values(stack.config_document().values)
    return operation.run()


def save_config(stack: Stack, rows: list[str], *, path: bool) -> None:
    """Write the KEY=VALUE arguments into the stack's file; KEY alone sets an empty string."""
    file = stack.config_document()
    values: Mapping[str, Any] = file.values
    for row in rows:
        key, _, text = row.partition("=")
        place = config_keys.parse_config_key(key, stack.project.name, path=path)
        values = place.with_value(values, config_keys.value_of_text(text, "", place))
    file.save(values)


@dataclass(frozen=True, slots=True)
class OperationRunner:
    """An operation on an open stack."""

    command: str
    flags: OperationFlags
    global_flags: GlobalFlags
    stack: Stack
    interpreter: Path
    clock: Clock

    def run(self) -> int:
        """Do the dry run, ask for confirmation, and do the real run, as the flags say; gives the exit code."""
        self._recover_interrupted_run()
        if self._all_is_protected():
            # with --remove it is a failure that the stack stays
            return FAILED if self.flags.remove else 0
        expected = None
        if not self.flags.skip_preview:
            seen: list[Event] = []
            outcome = self._dry_run(seen)
            if outcome.failed or outcome.cancelled:
                return FAILED
            if self.command == "preview" or self.flags.preview_only:
                return self._exit_code(outcome)
            self._confirm(seen)
            expected = change_count(outcome)
        return self._real_run(expected)

    def _all_is_protected(self) -> bool:
        """Whether `--exclude-protected` leaves nothing to delete; prints a sentence if so."""
        if not self.flags.exclude_protected:
            return False
        base = self.stack.snapshot()
        urns = {record.urn for record in base.resources}
        if not urns or not urns.issubset(protected_urns(base)):
            return False
        echo(ALL_PROTECTED.format(count=len(base.resources)))
        return True

    def _recover_interrupted_run(self) -> None:
        """Save what a killed run did in the state, and warn; a preview changes nothing, so it only warns."""
        if not self.stack.is_interrupted:
            return
        if self.command == "preview" or self.flags.preview_only:
            common_options.warn_of_interruption(self.stack)
            return
        self.stack.recover()
        common_options.warn(RECOVERED.format(name=self.stack.name))

    def _dry_run(self, seen: list[Event]) -> OperationResult:
        with interruptible() as cancellation:
            context = self.stack.context(self.interpreter, valid=self._validates_config)
            return self._run_engine(
                context, None, self._display_options(planning=True), cancellation, seen
            )

    def _real_run(self, expected: int | None) -> int:
        options = replace(self._display_options(planning=False), expected=expected)
        # `interruptible` includes writing the state at the end: a signal must not end the process there either
        with (
            interruptible() as cancellation,
            self.stack.update(kind_of(self.command), self.flags.message) as update,
        ):
            context = self.stack.context(
                self.interpreter, update.base, valid=self._validates_config
            )
            outcome = self._run_engine(context, update, options, cancellation)
            update.set_outcome(outcome)
        if outcome.failed or outcome.cancelled:
            return FAILED
        if self.command == "destroy":
            self._finish_destroy()
        return self._exit_code(outcome)

    def _run_engine(
        self,
        context: OperationContext,
        journal: JournalWriter | None,
        options: DisplayOptions,
        cancellation: Cancellation,
        seen: list[Event] | None = None,
    ) -> OperationResult:
        request = build_request(
            self.command,
            self.flags,
            self.stack.project,
            context.base,
            dry_run=options.planning,
            verbose=options.traces,
        )
        hidden = [text for value in context.config.values() for text in value.hidden]
        with open_view(options, sys.stdout, sys.stderr, self.clock) as sink:
            cancellation.on_cancel(lambda: sink(Diagnostic("warning", STOPPING)))

            def record_and_show(event: Event) -> None:
                if seen is not None:
                    seen.append(event)
                sink(event)

            masked = mask_secrets(record_and_show, hidden)
            return run_operation(
                request, context, journal, masked, cancellation, self.clock
            )

    def _confirm(self, seen: list[Event]) -> None:
        if self.flags.yes:
            return
        options = replace(self._display_options(planning=True), full=True)
        out = sys.stdout
        confirm(
            options,
            out,
            sys.stdin,
            lambda: write_details(seen, options, LineWriter(out)),
        )

    def _finish_destroy(self) -> None:
        """Print what is left after a destroy; with --remove also remove the stack.

        Raises EngineError if the stack cannot be removed because it still has resources.
        """
        left = len(self.stack.deployment().records)
        text = DESTROYED.format(stack=self.stack.name)
        if self.flags.remove:
            administration.remove(
                self.stack, force=False, preserve_config=False, remove_backups=False
            )
            workspace.select_stack(
                self.stack.project, self.stack.backend.url, self.stack.environ, None
            )
            text = REMOVED
        elif left:
            text = REMAINING.format(count=left)
        echo(text)

    def _exit_code(self, outcome: OperationResult) -> int:
        if self.flags.expect_no_changes and change_count(outcome):
            noun = "update" if self.command == "up" else self.command
            raise EngineError(
                f"no changes were expected for {noun} but changes were proposed",
                CHANGES_FOUND,
            )
        return 0

    @property
    def _validates_config(self) -> bool:
        """Whether the configuration is checked against Pulumi.yaml; only if a program runs."""
        return self.command in RUNS_PROGRAM and not self.flags.skip_config_validation

    def _display_options(self, *, planning: bool) -> DisplayOptions:
        return build_display_options(
            self.command, self.flags, self.global_flags, self.stack, planning=planning
        )


def change_count(outcome: OperationResult) -> int:
    """How many resources an operation changes, or would change."""
    return sum(count for op, count in outcome.changes.items() if op not in NO_CHANGE)


def confirm(
    options: DisplayOptions, ask: TextIO, answers: TextIO, details: Callable[[], None]
) -> None:
    """Ask until the answer is yes or no; an empty line means no.

    Raises EngineError with exit code 8 unless the answer is yes.
    """
    colorize = Colorizer(options.color)
    if options.kind == "refresh":
        print(
            "No resource is changed by a refresh, only the state of the stack.",
            file=ask,
        )
    while True:
        question = f"Do you want to perform this {options.noun}?"
        print(
            f"{colorize(question, 'bold')} [yes/no/details] (no): ",
            end="",
            file=ask,
            flush=True,
        )
        answer = _read_answer(options, ask, answers)
        if answer == "yes":
            return
        if answer == "no":
            raise EngineError(
                f"confirmation declined, not proceeding with the {options.noun}",
                DECLINED,
            )
        if answer == "details":
            details()


def _read_answer(options: DisplayOptions, ask: TextIO, answers: TextIO) -> str:
    """The answer that the user typed, or began to type; "" if it is no answer."""
    try:
        line = answers.readline()
    except KeyboardInterrupt:
        line = ""
    if not line:
        print(file=ask)
        raise EngineError(
            f"confirmation cancelled, not proceeding with the {options.noun}", DECLINED
        )
    typed = line.strip().lower() or "no"
    return next((answer for answer in ANSWERS if answer.startswith(typed)), "")
