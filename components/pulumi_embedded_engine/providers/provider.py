"""What the engine asks of a provider, and the answers; the provider may be a process or built in."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.diff import NO_DIFF, Diff
from pulumi_embedded_engine.model.property_values import Properties
from pulumi_embedded_engine.model.state_records import Resource


class ProviderError(EngineError):
    """A provider refused or failed: `trace` is its traceback if it sent one, `dead` says that its process is gone."""

    def __init__(self, message: str, trace: str = "", *, dead: bool = False) -> None:
        super().__init__(message)
        self.trace = trace
        self.dead = dead


class InitFailed(ProviderError):
    """The object exists, but is not ready: it is recorded with the `reasons`, and the step counts as failed."""

    def __init__(
        self,
        id_: str,
        outputs: Properties,
        inputs: Properties | None,
        reasons: Sequence[str],
    ) -> None:
        super().__init__("; ".join(reasons) or "the resource did not become ready")
        self.id = id_
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = tuple(reasons)


class DiffUnavailable(ProviderError):
    """The provider cannot tell the difference: its own configuration is not known in a preview."""


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """One input that a provider refuses."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """Inputs as the provider wants them, or what is wrong with them."""

    inputs: Properties
    failures: Sequence[CheckFailure] = ()


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """What Create and Update give: the object's id and outputs."""

    id: str
    outputs: Properties


@dataclass(frozen=True, slots=True)
class ReadResult:
    """What Read gives: a blank id: it is gone, `outputs` None: it never was; `inputs` None keeps the old ones."""

    id: str
    outputs: Properties | None
    inputs: Properties | None


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """What a function gave."""

    outputs: Properties
    failures: Sequence[CheckFailure] = ()


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """What each request about a resource says: which one, what was, what shall be."""

    urn: str
    id: str = ""
    old_inputs: Properties = field(default_factory=dict)
    old_outputs: Properties = field(default_factory=dict)
    inputs: Properties = field(default_factory=dict)
    ignore_changes: Sequence[str] = ()
    timeout: float = 0.0
    preview: bool = False

    @classmethod
    def on(cls, record: Resource, **more: Any) -> "ProviderCall":
        """A request about a recorded object."""
        return cls(record.urn, record.id, record.inputs, record.outputs, **more)


class ResourceProvider(Protocol):
    """What a deployment asks about resources."""

    def check(self, call: ProviderCall) -> CheckResult:
        """Judge and complete `inputs`."""

    def diff(self, call: ProviderCall) -> Diff:
        """Compare `old_outputs` (made from `old_inputs`) with `inputs`."""

    def create(self, call: ProviderCall) -> ObjectResult:
        """Make the object."""

    def read(self, call: ProviderCall, state: Properties | None) -> ReadResult:
        """Look the object up; `old_inputs` and `state` are what is known of it."""

    def update(self, call: ProviderCall) -> ObjectResult:
        """Change the object."""

    def delete(self, call: ProviderCall) -> None:
        """Delete the object."""


class Provider(ResourceProvider, Protocol):
    """What a deployment asks of a provider that it has started; one may have no configuration, and no end."""

    def invoke(
        self, token: str, arguments: Properties, *, preview: bool
    ) -> InvokeResult:
        """Call a function."""

    def check_config(self, urn: str, old: Properties, new: Properties) -> CheckResult:
        """Judge the provider's own configuration."""
        del urn, old, new
        return CheckResult({})

    def diff_config(self, call: ProviderCall) -> Diff:
        """Compare the provider's own configurations."""
        del call
        return NO_DIFF

    def configure(self, urn: str, id_: str, inputs: Properties) -> None:
        """Take the configuration; before any other call about resources."""
        del urn, id_, inputs

    def close(self) -> None:
        """End; nothing is asked any more."""
        return
