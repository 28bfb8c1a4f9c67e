"""The provider of package `pulumi`, built into every engine: stack references and functions."""

import uuid
from collections.abc import Callable, Mapping
from typing import Any, Final

from pulumi_embedded_engine.model.diff import NO_DIFF, Diff
from pulumi_embedded_engine.model.property_values import Properties, equal, has_secret
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import type_of
from pulumi_embedded_engine.providers.provider import (
    CheckFailure,
    CheckResult,
    InvokeResult,
    ObjectResult,
    Provider,
    ProviderCall,
    ProviderError,
    ReadResult,
)

STACK_REFERENCE: Final = "pulumi:pulumi:StackReference"


class BuiltinProvider(Provider):
    """Runs in the engine's own process."""

    def __init__(
        self,
        stack_outputs: Callable[[str], Mapping[str, Any]],
        find: Callable[[str], Resource | None],
    ) -> None:
        self._stack_outputs = stack_outputs
        self._find = find

    def check(self, call: ProviderCall) -> CheckResult:
        """Check the inputs."""
        type_ = type_of(call.urn)
        if type_ != STACK_REFERENCE:
            raise ProviderError(f"unrecognized resource type '{type_}'")
        failures = [
            CheckFailure(key, f'unknown property "{key}"')
            for key in call.inputs
            if key != "name"
        ]
        if "name" not in call.inputs:
            failures.append(CheckFailure("name", 'missing required property "name"'))
        return CheckResult(call.inputs, failures)

    def diff(self, call: ProviderCall) -> Diff:
        """Compare the name."""
        if equal(call.inputs.get("name"), call.old_inputs.get("name")):
            return NO_DIFF
        return Diff("some", replaces=["name"])

    def create(self, call: ProviderCall) -> ObjectResult:
        """Look up the stack."""
        id_ = "" if call.preview else str(uuid.uuid4())
        return ObjectResult(id_, self._reference(call.inputs))

    def read(self, call: ProviderCall, state: Properties | None) -> ReadResult:
        """Look up the stack again."""
        if type_of(call.urn) == STACK_REFERENCE:
            if "name" not in call.old_inputs:
                raise ProviderError("stack reference can not be imported")
            return ReadResult(
                call.id, self._reference(call.old_inputs), call.old_inputs
            )
        return ReadResult(call.id, state, call.old_inputs)

    def update(self, call: ProviderCall) -> ObjectResult:
        """Never needed: another name is a replacement."""
        return ObjectResult(call.id, call.old_outputs)

    def delete(self, call: ProviderCall) -> None:
        """A stack reference has no object to delete."""

    def invoke(
        self, token: str, arguments: Properties, *, preview: bool
    ) -> InvokeResult:
        """Return stack outputs, or a record of this run."""
        del preview
        if token == "pulumi:pulumi:readStackOutputs":  # noqa: S105 - a function's name
            return InvokeResult(self._reference(arguments))
        if token == "pulumi:pulumi:getResource":  # noqa: S105 - a function's name
            return InvokeResult(self._resource(str(arguments.get("urn", ""))))
        raise ProviderError(f"unrecognized function name: '{token}'")

    def _reference(self, inputs: Properties) -> Mapping[str, Any]:
        name = inputs.get("name")
        if not isinstance(name, str):
            raise ProviderError("the name of a stack reference must be a known string")
        outputs = self._stack_outputs(name)
        secrets = sorted(key for key, value in outputs.items() if has_secret(value))
        return {"name": name, "outputs": outputs, "secretOutputNames": secrets}

    def _resource(self, urn: str) -> Mapping[str, Any]:
        record = self._find(urn)
        if record is None:
            raise ProviderError(f"unknown resource {urn}")
        return {
            "urn": urn,
            "id": record.id,
            "provider": record.provider,
            "state": record.outputs,
        }
