"""One operation from request to result: refresh phase, program phase, final events."""

from collections.abc import Callable, Sequence

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.execution.cancellation import Cancellation, RunTerminated
from pulumi_embedded_engine.execution.program_phase import ProgramPhase
from pulumi_embedded_engine.execution.run_wiring import RunWiring
from pulumi_embedded_engine.execution.step_runner import WorkerPool
from pulumi_embedded_engine.golang.version_ranges import require_version
from pulumi_embedded_engine.model.events import (
    CancelEvent,
    Diagnostic,
    Event,
    Prelude,
    StackOutputs,
    Summary,
)
from pulumi_embedded_engine.model.operation_context import (
    OperationContext,
    OperationRequest,
    OperationResult,
)
from pulumi_embedded_engine.model.property_values import Properties
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.model.state_references import prune_references
from pulumi_embedded_engine.model.urns import root_stack_urn
from pulumi_embedded_engine.run.resource_index import ResourceIndex
from pulumi_embedded_engine.run.run_state import RunAborted
from pulumi_embedded_engine.run.targets import Scope, Targets
from pulumi_embedded_engine.state.journal import BaseReplaced, JournalWriter
from pulumi_embedded_engine.steps.read_steps import RefreshStep
from pulumi_embedded_engine.steps.steps import Step, has_provider_object


def run_operation(
    request: OperationRequest,
    context: OperationContext,
    journal: JournalWriter | None,
    sink: Callable[[Event], None],
    cancel: Cancellation,
    clock: Clock,
) -> OperationResult:
    """Run one operation and send its events to `sink`; `journal` is None in a dry run.

    A failure is an event and `OperationResult.failed`. RunTerminated is raised if the run was terminated.
    """
    wiring = RunWiring(request, context, journal, sink, cancel, clock)
    try:
        return OperationRun(wiring).run()
    finally:
        wiring.close()


class OperationRun:
    """One operation, on the parts that RunWiring has connected."""

    def __init__(self, wiring: RunWiring) -> None:
        self._wiring = wiring
        self._request = wiring.request
        self._events = wiring.events
        self._started = wiring.clock.monotonic()

    def run(self) -> OperationResult:
        """Run the phases and send the final events; RunTerminated if the run was terminated."""
        self._begin()
        try:
            self._phases()
        except EngineError as error:
            self._events.mark_failure_reported()
            if not isinstance(error, RunAborted):
                self._events.error(str(error))
        if self._wiring.cancellation.terminated:
            raise RunTerminated
        return self._end()

    def _begin(self) -> None:
        config = self._wiring.context.config
        shown = {k: "[secret]" if v.secret else v.text for k, v in config.items()}
        self._events.send(Prelude(shown))
        base = self._wiring.context.base
        journal = self._wiring.journal
        if self._request.clear_pending_creates and journal is not None:
            journal.write(BaseReplaced(Snapshot(base.resources, (), base.metadata)))
        elif base.pending_operations and not self._refreshes and journal is not None:
            self._events.send(Diagnostic("warning", self._pending_message()))

    @property
    def _refreshes(self) -> bool:
        return self._request.refresh or self._request.kind == "refresh"

    def _pending_message(self) -> str:
        pending = self._wiring.context.base.pending_operations
        # A create that was started again after each kill is pending more than once.
        lines = dict.fromkeys(
            f"\n  * {operation.resource.urn}, interrupted while {operation.type}"
            for operation in pending
        )
        return (
            f"{len(lines)} operation(s) of an earlier run were interrupted, so these "
            f"resources are in an unknown state:{''.join(lines)}\nCheck at the provider what "
            "became of them: `up` repeats an interrupted update, `refresh` reads what exists, "
            "and `refresh --clear-pending-creates` removes creates that never happened."
        )

    def _phases(self) -> None:
        request = self._request
        require_version(self._wiring.context.project.required_version)
        main = self._wiring.context.project.main
        if request.kind == "up" and not main.exists():
            raise EngineError(f"the program's directory {main} does not exist")
        if request.kind != "up":
            # With one misspelled target, nothing is deleted.
            require_recorded_targets(self._wiring, Targets(request.targets))
        if self._refreshes:
            refresh_phase(self._wiring)
            ended = self._events.failed or self._wiring.cancellation.cancelled
            if ended or request.kind == "refresh":
                return
        require_recorded_targets(self._wiring, Targets(request.replace))
        ProgramPhase(self._wiring).run()

    def _end(self) -> OperationResult:
        # a provider's last messages come when it ends: they belong before the summary
        self._wiring.plugin_host.close()
        cancelled = self._wiring.cancellation.cancelled
        what = "preview" if self._request.dry_run else "update"
        failed = self._events.failed
        if failed and not self._events.failure_reported:
            self._events.error(f"{what} failed")
        elif cancelled and not failed:
            self._events.error(f"{what} canceled")
        self._events.send(self._outputs())
        outcome = OperationResult(
            failed=failed or cancelled,
            cancelled=cancelled,
            changes=dict(self._wiring.step_runner.changes),
            errored=self._events.error_count,
        )
        self._events.send(
            Summary(
                outcome.changes,
                self._wiring.clock.monotonic() - self._started,
                self._request.dry_run,
                outcome.failed,
                outcome.errored,
            )
        )
        self._events.send(CancelEvent())
        return outcome

    def _outputs(self) -> StackOutputs:
        context, resources = self._wiring.context, self._wiring.resources
        urn = root_stack_urn(context.stack, context.project.name)
        base = resources.previous(urn)
        old: Properties = base.record.outputs if base else {}
        new = resources.new_records.get(urn)
        if self._request.kind == "destroy" and not self._events.failed:
            return StackOutputs(old, {})
        return StackOutputs(old, new.outputs if new else old)


def require_recorded_targets(wiring: RunWiring, targets: Targets) -> None:
    """RunAborted if the command line names a target that is not in the state."""
    known = {record.urn for record in wiring.resources.base}
    if wiring.report_unknown_targets(targets, known):
        raise RunAborted("one or more targets could not be found in the stack")


def refresh_phase(wiring: RunWiring) -> None:
    """Read all records that the request is about, even if some fail, and continue from the new state."""
    resources = wiring.resources
    if not resources.base:
        return
    scope = Scope(wiring.request)
    require_recorded_targets(wiring, scope.targets)
    _run_refreshes(wiring, refreshes(resources, scope))
    if not wiring.cancellation.terminated:
        _rebase(wiring)


def refreshes(resources: ResourceIndex, scope: Scope) -> list[RefreshStep]:
    """The records to read, in the order of the state."""
    chosen: list[RefreshStep] = []
    for old in resources.all_previous():
        included = scope.includes(old.record)
        scope.mark_included(old.record, included=included)
        if included:
            chosen.append(RefreshStep(old=old, new=old.record))
    return chosen


def _run_refreshes(wiring: RunWiring, steps: Sequence[RefreshStep]) -> None:
    for step in steps:
        if has_provider_object(step.new):
            wiring.registry.provider_of(step.new)

    def run_step(step: Step) -> bool:
        if wiring.step_runner.run_step(step) is not None:
            wiring.events.failed = True
        return True

    workers = WorkerPool(wiring.request.parallel, run_step)
    wiring.cancellation.on_cancel(workers.stop)
    workers.run_parallel(steps)
    workers.join()


def _rebase(wiring: RunWiring) -> None:
    resources = wiring.resources
    records = prune_references(resources.base, resources.missing)
    resources.reset(records)
    base = wiring.context.base
    pending = tuple(o for o in base.pending_operations if o.type == "creating")
    if wiring.request.clear_pending_creates:
        pending = ()
    if wiring.journal is not None:
        wiring.journal.write(BaseReplaced(Snapshot(records, pending, base.metadata)))
