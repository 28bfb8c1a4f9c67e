"""What a component gives back to the engine that has asked for it, under the schema's names."""

from collections.abc import Mapping
from typing import Any

from pulumi import ComponentResource, Output
from pulumi.output import UNKNOWN
from pulumi.provider import ConstructResult
from pydantic.alias_generators import to_camel


def unknown() -> Output[Any]:
    """An output that only the deployment knows."""
    return Output.from_input(UNKNOWN)


def result(component: ComponentResource, outputs: Mapping[str, Any]) -> ConstructResult:
    """The component with its outputs, which are also recorded."""
    state = {to_camel(name): value for name, value in outputs.items()}
    component.register_outputs(state)
    return ConstructResult(component.urn, state)
