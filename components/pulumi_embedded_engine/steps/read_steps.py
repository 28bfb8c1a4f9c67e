"""Steps that look objects up: `.get`, the import option, and refresh; decide nothing about what follows."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.diff import Diff, input_diff, invert
from pulumi_embedded_engine.model.property_paths import reset_ignored
from pulumi_embedded_engine.model.property_values import (
    UNKNOWN_STRING,
    Properties,
    equal,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import package_of
from pulumi_embedded_engine.providers.provider import (
    InitFailed,
    ProviderCall,
    ReadResult,
    ResourceProvider,
)
from pulumi_embedded_engine.run.resource_index import PreviousState
from pulumi_embedded_engine.run.run_state import RunState
from pulumi_embedded_engine.steps.steps import Step, StepResult, has_provider_object


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ReadStep(Step):
    """Read what somebody else manages; `old` with `replacing` is a managed object that is deleted afterwards."""

    ops = "read", "read-replacement"
    pending_type = "reading"
    new: Resource

    def apply(self, run_state: RunState) -> StepResult:
        """Read; what cannot be known yet has no outputs."""
        record, failure = self.new, None
        if record.id == UNKNOWN_STRING:
            record = record.with_(outputs={})
        else:
            call = ProviderCall(record.urn, record.id, old_inputs=record.inputs)
            found, failure = _read(run_state, record, call, record.inputs)
            if found.outputs is None:
                raise EngineError(f"resource '{record.id}' does not exist")
            record = record.with_(
                id=found.id or record.id,
                outputs=found.outputs,
                init_errors=_reasons(failure),
            )
        old = self.old.record if self.old else None
        if old is not None:
            modified = _modified(old, record, run_state)
            record = record.with_(created=old.created, modified=modified)
        marked = old.with_(delete=True) if old and self.replacing else None
        return StepResult(record, marked, failure)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ImportStep(Step):
    """Take an existing object under management, as it is; `then` goes on with the record that was read."""

    ops = "import", "import-replacement"
    pending_type = "reading"
    new: Resource
    then: Callable[[StepResult | None], None]

    def apply(self, run_state: RunState) -> StepResult:
        """Read by the id that the program gives."""
        new = self.new
        timeout = new.custom_timeouts.get("read", 0.0)
        call = ProviderCall(new.urn, new.import_id, timeout=timeout)
        found, failure = _read(run_state, new, call, None)
        if found.outputs is None:
            raise EngineError(f"resource '{new.import_id}' does not exist")
        if found.inputs is None:
            package = package_of(new.type)
            raise EngineError(
                "provider does not support importing resources; please try updating "
                f"the '{package}' plugin"
            )
        now = run_state.now()
        record = new.with_(
            id=found.id or new.import_id,
            inputs=found.inputs,
            outputs=found.outputs,
            init_errors=_reasons(failure),
            created=now,
            modified=now,
        )
        marked = self.old.record.with_(delete=True) if self.old else None
        return StepResult(record, marked)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RefreshStep(Step):
    """Look a recorded object up again; until it is known better `new` is the record as it is."""

    ops = "refresh", "refresh"
    old: PreviousState
    new: Resource

    @property
    def logical(self) -> bool:
        """It counts only where refreshing is the purpose."""
        return False

    def apply(self, run_state: RunState) -> StepResult:
        """Read, then ask what an update would change: the outputs are taken over in any case."""
        old = self.old.record
        if not has_provider_object(old) or old.pending_replacement:
            return StepResult(old)
        timeout = old.custom_timeouts.get("read", 0.0)
        call = ProviderCall(old.urn, old.id, old_inputs=old.inputs, timeout=timeout)
        found, unready = _read(run_state, old, call, old.outputs)
        if not found.id:
            return StepResult(None)
        record = old.with_(
            id=found.id,
            inputs=old.inputs if found.inputs is None else found.inputs,
            outputs=found.outputs or {},
            init_errors=_reasons(unready),
        )
        record = record.with_(modified=_modified(old, record, run_state))
        if old.external:
            diff = input_diff(old.outputs, record.outputs)
            return StepResult(record, failure=unready, diff=diff)
        call = ProviderCall.on(
            record,
            inputs=old.inputs,
            ignore_changes=old.ignore_changes,
            preview=run_state.dry_run,
        )
        try:
            diff = invert(diff_from_provider(run_state.registry.provider_of(old), call))
        except EngineError as error:
            # what was read is true, whatever the provider thinks of it
            return StepResult(record, failure=error)
        return StepResult(record, failure=unready, diff=diff)


def _read(
    run_state: RunState, record: Resource, call: ProviderCall, state: Properties | None
) -> tuple[ReadResult, InitFailed | None]:
    """What a provider finds, and what it says if that is not ready."""
    try:
        return run_state.registry.provider_of(record).read(call, state), None
    except InitFailed as error:
        return ReadResult(error.id, error.outputs, error.inputs), error


def _reasons(failure: InitFailed | None) -> tuple[str, ...]:
    return failure.reasons if failure else ()


def _modified(old: Resource, record: Resource, run_state: RunState) -> datetime | None:
    same = equal(old.inputs, record.inputs) and equal(old.outputs, record.outputs)
    return old.modified if same else run_state.now()


def diff_from_provider(provider: ResourceProvider, call: ProviderCall) -> Diff:
    """What the provider says differs; where it does not know, what differs in the inputs."""
    diff = provider.diff(call)
    if diff.changes != "unknown":
        return diff
    inputs, _ = reset_ignored(call.inputs, call.old_inputs, call.ignore_changes)
    found = input_diff(call.old_inputs, inputs)
    if found.changes == "none":
        return replace(diff, changes="none")
    return replace(diff, changes="some", changed=found.changed, detailed=found.detailed)
