"""Steps that read objects: `.get`, the import option, and refresh; they do not decide what follows."""

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
    """Read an object that is not managed by this stack (`.get`).

    With `replacing`, `old` is a managed object that is deleted afterwards.
    """

    ops = "read", "read-replacement"
    pending_type = "reading"
    new: Resource

    def apply(self, run_state: RunState) -> StepResult:
        """Read the object; with an unknown id there are no outputs yet."""
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
    """Bring an existing object under management (import); `then` continues with the record that was read."""

    ops = "import", "import-replacement"
    pending_type = "reading"
    new: Resource
    then: Callable[[StepResult | None], None]

    def apply(self, run_state: RunState) -> StepResult:
        """Read the object with the id that the program gives."""
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
    """Read a recorded object again; until then `new` is the old record."""

    ops = "refresh", "refresh"
    old: PreviousState
    new: Resource

    @property
    def logical(self) -> bool:
        """Counted only by the command `refresh`."""
        return False

    def apply(self, run_state: RunState) -> StepResult:
        """Read the object, then ask the provider for a diff; the outputs are taken over in any case."""
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
            # The object was read, so its outputs are true even if the provider cannot compare them.
            return StepResult(record, failure=error)
        return StepResult(record, failure=unready, diff=diff)


def _read(
    run_state: RunState, record: Resource, call: ProviderCall, state: Properties | None
) -> tuple[ReadResult, InitFailed | None]:
    """What the provider reads, and its error if the object is not initialized."""
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
    """The provider's diff; if the provider does not know, the differences of the inputs."""
    diff = provider.diff(call)
    if diff.changes != "unknown":
        return diff
    inputs, _ = reset_ignored(call.inputs, call.old_inputs, call.ignore_changes)
    found = input_diff(call.old_inputs, inputs)
    if found.changes == "none":
        return replace(diff, changes="none")
    return replace(diff, changes="some", changed=found.changed, detailed=found.detailed)
