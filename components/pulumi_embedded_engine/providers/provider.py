"""The interface of a provider (process or built in): its calls and their results."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.diff import NO_DIFF, Diff
from pulumi_embedded_engine.model.property_values import Properties
from pulumi_embedded_engine.model.state_records import Resource


class ProviderError(EngineError):
    """A provider rejected a call or failed: `trace` is its traceback, if any; `dead` if its process has ended."""

    def __init__(self, message: str, trace: str = "", *, dead: bool = False) -> None:
        super().__init__(message)
        self.trace = trace
        self.dead = dead


class InitFailed(ProviderError):
    """The object exists but failed to initialize: it is recorded with the `reasons`, and the step fails."""

    def __init__(
        self,
        id_: str,
        outputs: Properties,
        inputs: Properties | None,
        reasons: Sequence[str],
    ) -> None:
        super().__init__(_reasons_text(reasons))
        self.id = id_
        self.outputs = outputs
        self.inputs = inputs
        self.reasons = tuple(reasons)


def _reasons_text(reasons: Sequence[str]) -> str:
    # the words and the layout of the CLI
    if not reasons:
        return "resource init failed"
    count = "1 error" if len(reasons) == 1 else f"{len(reasons)} errors"
    return "\n\t* ".join([f"{count} occurred:", *reasons])


class DiffUnavailable(ProviderError):
    """The provider cannot compute a diff: its own configuration is unknown in a preview."""


@dataclass(frozen=True, slots=True)
class CheckFailure:
    """One input that a provider rejects."""

    property: str
    reason: str


@dataclass(frozen=True, slots=True)
class CheckResult:
    """The checked inputs, or the failures."""

    inputs: Properties
    failures: Sequence[CheckFailure] = ()


@dataclass(frozen=True, slots=True)
class ObjectResult:
    """The result of Create and Update: the object's id and outputs."""

    id: str
    outputs: Properties


@dataclass(frozen=True, slots=True)
class ReadResult:
    """The result of Read.

    An empty `id`: the object no longer exists. `outputs` None: it never existed. `inputs` None: the old ones stay.
    """

    id: str
    outputs: Properties | None
    inputs: Properties | None


@dataclass(frozen=True, slots=True)
class InvokeResult:
    """The result of a function."""

    outputs: Properties
    failures: Sequence[CheckFailure] = ()


@dataclass(frozen=True, slots=True)
class ProviderCall:
    """The arguments of a call about one resource: which one, its old state, its new inputs."""

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
        """A call about a recorded object."""
        return cls(record.urn, record.id, record.inputs, record.outputs, **more)


class ResourceProvider(Protocol):
    """The calls about resources."""

    def check(self, call: ProviderCall) -> CheckResult:
        """Check and complete `inputs`."""

    def diff(self, call: ProviderCall) -> Diff:
        """Compare `old_outputs` (created from `old_inputs`) with `inputs`."""

    def create(self, call: ProviderCall) -> ObjectResult:
        """Create the object."""

    def read(self, call: ProviderCall, state: Properties | None) -> ReadResult:
        """Read the object; `old_inputs` and `state` are what is recorded."""

    def update(self, call: ProviderCall) -> ObjectResult:
        """Update the object."""

    def delete(self, call: ProviderCall) -> None:
        """Delete the object."""


class Provider(ResourceProvider, Protocol):
    """The calls of a provider that the engine has started; configuration and end are optional."""

    def invoke(
        self, token: str, arguments: Properties, *, preview: bool
    ) -> InvokeResult:
        """Call a function."""

    def check_config(self, urn: str, old: Properties, new: Properties) -> CheckResult:
        """Check the provider's own configuration."""
        del urn, old, new
        return CheckResult({})

    def diff_config(self, call: ProviderCall) -> Diff:
        """Compare the provider's own configurations."""
        del call
        return NO_DIFF

    def configure(self, urn: str, id_: str, inputs: Properties) -> None:
        """Set the configuration, before any call about resources."""
        del urn, id_, inputs

    def close(self) -> None:
        """End the provider."""
        return
