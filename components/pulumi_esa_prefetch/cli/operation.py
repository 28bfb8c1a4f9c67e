"""One operation from its flags to its exit code: dry run, question, real run; holds no engine and no display."""

import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, cast

import typer

from pulumi_esa_prefetch.cli.confirmation import confirm
from pulumi_esa_prefetch.cli.grammar import FALSE, TRUE
from pulumi_esa_prefetch.cli.interpreter import interpreter
from pulumi_esa_prefetch.cli.interruption import interruptible
from pulumi_esa_prefetch.cli.options import Options
from pulumi_esa_prefetch.cli.session import Session
from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.engine.context import Context, Kind, Outcome, Project, Request
from pulumi_esa_prefetch.engine.deployment import run
from pulumi_esa_prefetch.engine.display.detail import details
from pulumi_esa_prefetch.engine.display.paper import Paper
from pulumi_esa_prefetch.engine.display.shown import shown
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.errors import (
    BAD_USAGE,
    CHANGES_FOUND,
    FAILED,
    EngineError,
)
from pulumi_esa_prefetch.engine.events import Diagnostic, Event, Recorded
from pulumi_esa_prefetch.engine.journal import JournalWriter
from pulumi_esa_prefetch.engine.project import find_project, read_document
from pulumi_esa_prefetch.engine.stack import Stack, open_stack
from pulumi_esa_prefetch.engine.targets import protected

MOST_AT_ONCE: Final = 16
# what is counted, and changes nothing
NO_CHANGE: Final = frozenset(
    {"same", "read", "read-replacement", "read-discard", "discard", "refresh"}
)
STOPPING: Final = "stopping: what runs is finished and saved, nothing new is begun; press Ctrl-C again to end at once"


def operate(
    command: str, options: Options, session: Session, environ: Mapping[str, str]
) -> int:
    """Do one operation; gives the exit code, or raises EngineError with it."""
    check(command, options, session)
    project = find_project(session.cwd)
    stack = open_stack(project, options.stack or None, environ)
    operation = Operation(
        command, options, session, stack, interpreter(project, environ), SystemClock()
    )
    return operation.perform()


def check(command: str, options: Options, session: Session) -> None:
    """Raise EngineError for flags that contradict each other, and where nobody can be asked."""
    if options.target and options.exclude:
        raise EngineError("--target and --exclude cannot be used together")
    if options.target and options.exclude_protected:
        raise EngineError("--target and --exclude-protected cannot be used together")
    if options.preview_only and (options.skip_preview or options.yes):
        raise EngineError(
            f"--preview-only and {'--skip-preview' if options.skip_preview else '--yes'} cannot be used together"
        )
    asks = command != "preview" and not (
        options.yes or options.skip_preview or options.preview_only
    )
    if asks and not session.interactive:
        raise EngineError(
            "--yes, --skip-preview or --preview-only is needed where nobody can be asked",
            FAILED if command == "refresh" else BAD_USAGE,
        )


@dataclass(frozen=True, slots=True)
class Operation:
    """An operation on an open stack."""

    command: str
    options: Options
    session: Session
    stack: Stack
    interpreter: Path
    clock: Clock

    @property
    def kind(self) -> Kind:
        """What it is to the engine."""
        return cast(Kind, "up" if self.command == "preview" else self.command)

    def perform(self) -> int:
        """The dry run, the question, and the real run, as far as the flags go."""
        expected = None
        if not self.options.skip_preview or self.command == "preview":
            seen = Recorded()
            outcome = self._dry_run(seen)
            if outcome.failed or outcome.cancelled:
                return FAILED
            if self.command == "preview" or self.options.preview_only:
                return self._verdict(outcome)
            self._ask(seen)
            expected = sum(
                count for op, count in outcome.changes.items() if op not in NO_CHANGE
            )
        return self._real_run(expected)

    def _dry_run(self, seen: Recorded) -> Outcome:
        context = self.stack.context(self.interpreter)
        return self._run(context, None, self._view(planning=True), seen)

    def _real_run(self, expected: int | None) -> int:
        with self.stack.update(self.kind, self.options.message) as update:
            context = self.stack.context(self.interpreter, update.base)
            outcome = self._run(
                context,
                update,
                replace(self._view(planning=False), expected=expected),
                None,
            )
            update.result(outcome)
        if outcome.failed or outcome.cancelled:
            return FAILED
        if (
            self.command == "destroy"
            and not self.options.target
            and not self.options.json
        ):
            typer.echo(DESTROYED.format(stack=self.stack.name))
        return self._verdict(outcome)

    def _run(
        self,
        context: Context,
        journal: JournalWriter | None,
        view: View,
        seen: Recorded | None,
    ) -> Outcome:
        with (
            interruptible() as cancellation,
            shown(view, sys.stdout, sys.stderr, self.clock) as sink,
        ):
            cancellation.when_requested(lambda: sink(Diagnostic("warning", STOPPING)))
            told = both(sink, seen) if seen is not None else sink
            return run(
                self._request(context, dry_run=view.planning),
                context,
                journal,
                told,
                cancellation,
                self.clock,
            )

    def _ask(self, seen: Recorded) -> None:
        if self.options.yes:
            return
        view = replace(self._view(planning=True), full=True)
        ask = sys.stderr if self.options.json else sys.stdout
        confirm(view, ask, sys.stdin, lambda: details(seen.events, view, Paper(ask)))

    def _verdict(self, outcome: Outcome) -> int:
        changes = any(
            count for op, count in outcome.changes.items() if op not in NO_CHANGE
        )
        if self.options.expect_no_changes and changes:
            noun = "update" if self.command == "up" else self.command
            raise EngineError(
                f"no changes were expected for {noun} but changes were proposed",
                CHANGES_FOUND,
            )
        return 0

    def _request(self, context: Context, *, dry_run: bool) -> Request:
        o = self.options
        excludes = [
            *o.exclude,
            *(protected(context.base) if o.exclude_protected else ()),
        ]
        return Request(
            kind=self.kind,
            dry_run=dry_run,
            parallel=o.parallel or default_parallel(),
            targets=[*o.target, *o.target_replace],
            target_dependents=o.target_dependents,
            excludes=excludes,
            exclude_dependents=o.exclude_dependents,
            replace=[*o.replace, *o.target_replace],
            refresh=refreshes(o.refresh, self.stack.project),
            continue_on_error=o.continue_on_error,
            run_program=o.run_program,
            clear_pending_creates=o.clear_pending_creates,
        )

    def _view(self, *, planning: bool) -> View:
        o = self.options
        return View(
            kind=self.kind,
            stack=self.stack.name,
            project=self.stack.project.name,
            planning=planning,
            color=self.session.color,
            live=self.session.interactive,
            diff=o.diff,
            json=o.json,
            sames=o.show_sames,
            reads=o.show_reads,
            replacement_steps=o.show_replacement_steps,
            config=o.show_config,
            full=o.show_full_output,
            urns=o.urns,
            secrets=o.show_secrets,
            outputs=not o.suppress_outputs,
            progress=not o.suppress_progress,
            debug=o.debug or self.session.verbose > 0,
            event_log=Path(o.event_log) if o.event_log else None,
        )


def both(sink: Callable[[Event], None], seen: Recorded) -> Callable[[Event], None]:
    """A sink that shows and remembers."""

    def told(event: Event) -> None:
        seen(event)
        sink(event)

    return told


def refreshes(flag: str, project: Project) -> bool:
    """Whether there is a refresh first: as the flag says, else as the project's options do."""
    if flag in TRUE or flag in FALSE:
        return flag in TRUE
    if flag:
        raise EngineError(
            f'invalid argument "{flag}" for --refresh: true or false is expected'
        )
    options = read_document(project.file).get("options")
    return isinstance(options, dict) and options.get("refresh") == "always"


def default_parallel() -> int:
    """Four for each processor that this process may use, and not too many."""
    return min(MOST_AT_ONCE, 4 * len(os.sched_getaffinity(0)))


DESTROYED: Final = (
    "The resources in the stack are deleted; its history and configuration are still there.\n"
    "`esa-prefetch stack rm {stack}` removes the stack completely."
)
