"""The course of one operation, from its request to its outcome: refresh phase, program phase, last words."""

from collections.abc import Callable, Sequence

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.execution.cancellation import Aborted, Cancellation
from pulumi_embedded_engine.execution.program_phase import Rollout
from pulumi_embedded_engine.execution.run_wiring import Machinery
from pulumi_embedded_engine.execution.step_runner import Executor
from pulumi_embedded_engine.golang.go_versions import require_version
from pulumi_embedded_engine.model.events import (
    Cancelled,
    Diagnostic,
    Event,
    Outputs,
    Prelude,
    Summary,
)
from pulumi_embedded_engine.model.operation_context import Context, Outcome, Request
from pulumi_embedded_engine.model.property_values import Properties
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.model.state_references import mended
from pulumi_embedded_engine.model.urns import root_stack_urn
from pulumi_embedded_engine.run.resource_index import Ledger
from pulumi_embedded_engine.run.run_state import Bail
from pulumi_embedded_engine.run.targets import Scope, Targets
from pulumi_embedded_engine.state.journal import JournalWriter, Rebased
from pulumi_embedded_engine.steps.read_steps import Refresh
from pulumi_embedded_engine.steps.steps import Step, asks_provider


def run(
    request: Request,
    context: Context,
    journal: JournalWriter | None,
    sink: Callable[[Event], None],
    cancel: Cancellation,
    clock: Clock,
) -> Outcome:
    """Do one operation and tell all of it to `sink`; `journal` is None in a dry run.

    What goes wrong is an event and `Outcome.failed`; `Aborted` is raised if the run was ended at once.
    """
    machinery = Machinery(request, context, journal, sink, cancel, clock)
    try:
        return Operation(machinery).run()
    finally:
        machinery.close()


class Operation:
    """One run of the machinery."""

    def __init__(self, machinery: Machinery) -> None:
        self._machinery = machinery
        self._request = machinery.request
        self._telling = machinery.telling
        self._started = machinery.clock.monotonic()

    def run(self) -> Outcome:
        """Do it and tell how it ended; Aborted if all was ended at once."""
        self._begin()
        try:
            self._phases()
        except EngineError as error:
            self._telling.end()
            if not isinstance(error, Bail):
                self._telling.error(str(error))
        if self._machinery.cancellation.aborted:
            raise Aborted
        return self._end()

    def _begin(self) -> None:
        config = self._machinery.context.config
        shown = {k: "[secret]" if v.secret else v.text for k, v in config.items()}
        self._telling(Prelude(shown))
        base = self._machinery.context.base
        journal = self._machinery.journal
        if self._request.clear_pending_creates and journal is not None:
            journal.write(Rebased(Snapshot(base.resources, (), base.metadata)))
        elif base.pending_operations and not self._looks_up and journal is not None:
            self._telling(Diagnostic("warning", self._pending_sentence()))

    @property
    def _looks_up(self) -> bool:
        return self._request.refresh or self._request.kind == "refresh"

    def _pending_sentence(self) -> str:
        pending = self._machinery.context.base.pending_operations
        # a creation that is begun anew after each kill is pending more than once
        lines = dict.fromkeys(
            f"\n  * {operation.resource.urn}, interrupted while {operation.type}"
            for operation in pending
        )
        return (
            f"{len(lines)} operation(s) of an earlier run were interrupted, so these "
            f"resources are in an unknown state:{''.join(lines)}\nLook at the provider what "
            "became of them: an `up` does an update that was interrupted once more, `refresh` "
            "takes over what is there, and `refresh --clear-pending-creates` forgets creates "
            "that never were."
        )

    def _phases(self) -> None:
        request = self._request
        require_version(self._machinery.context.project.required_version)
        main = self._machinery.context.project.main
        if request.kind == "up" and not main.exists():
            raise EngineError(f"the program's directory {main} does not exist")
        if request.kind != "up":
            # a slip in one name must not delete what the other names say
            refuse_unrecorded(self._machinery, Targets(request.targets))
        if self._looks_up:
            refresh_phase(self._machinery)
            ended = self._telling.failed or self._machinery.cancellation.requested
            if ended or request.kind == "refresh":
                return
        refuse_unrecorded(self._machinery, Targets(request.replace))
        Rollout(self._machinery).run()

    def _end(self) -> Outcome:
        cancelled = self._machinery.cancellation.requested
        what = "preview" if self._request.dry_run else "update"
        failed = self._telling.failed
        if failed and not self._telling.refused:
            self._telling.error(f"{what} failed")
        elif cancelled and not failed:
            self._telling.error(f"{what} canceled")
        self._telling(self._outputs())
        outcome = Outcome(
            failed=failed or cancelled,
            cancelled=cancelled,
            changes=dict(self._machinery.performer.changes),
            errored=self._telling.errored,
        )
        self._telling(
            Summary(
                outcome.changes,
                self._machinery.clock.monotonic() - self._started,
                self._request.dry_run,
                outcome.failed,
                outcome.errored,
            )
        )
        self._telling(Cancelled())
        return outcome

    def _outputs(self) -> Outputs:
        context, ledger = self._machinery.context, self._machinery.ledger
        urn = root_stack_urn(context.stack, context.project.name)
        base = ledger.old(urn)
        old: Properties = base.record.outputs if base else {}
        new = ledger.news.get(urn)
        if self._request.kind == "destroy" and not self._telling.failed:
            return Outputs(old, {})
        return Outputs(old, new.outputs if new else old)


def refuse_unrecorded(machinery: Machinery, targets: Targets) -> None:
    """Bail if the command line names records that the state does not have."""
    known = {record.urn for record in machinery.ledger.base}
    if machinery.refuse_unknown(targets, known):
        raise Bail("one or more targets could not be found in the stack")


def refresh_phase(machinery: Machinery) -> None:
    """Look up all records the request is about, whatever fails, and go on from what was found."""
    ledger = machinery.ledger
    if not ledger.base:
        return
    scope = Scope(machinery.request)
    refuse_unrecorded(machinery, scope.targets)
    _do_refreshes(machinery, refreshes(ledger, scope))
    if not machinery.cancellation.aborted:
        _rebase(machinery)


def refreshes(ledger: Ledger, scope: Scope) -> list[Refresh]:
    """The records to look up, in the order of the state."""
    chosen: list[Refresh] = []
    for old in ledger.all():
        included = scope.includes(old.record)
        scope.note(old.record, included=included)
        if included:
            chosen.append(Refresh(old=old, new=old.record))
    return chosen


def _do_refreshes(machinery: Machinery, steps: Sequence[Refresh]) -> None:
    for step in steps:
        if asks_provider(step.new):
            machinery.registry.of(step.new)

    def perform(step: Step) -> bool:
        if machinery.performer.perform(step) is not None:
            machinery.telling.failed = True
        return True

    executor = Executor(machinery.request.parallel, perform)
    machinery.cancellation.when_requested(executor.stop)
    executor.layer(steps)
    executor.join()


def _rebase(machinery: Machinery) -> None:
    ledger = machinery.ledger
    records = mended(ledger.base, ledger.gone)
    ledger.rebase(records)
    base = machinery.context.base
    pending = tuple(o for o in base.pending_operations if o.type == "creating")
    if machinery.request.clear_pending_creates:
        pending = ()
    if machinery.journal is not None:
        machinery.journal.write(Rebased(Snapshot(records, pending, base.metadata)))
