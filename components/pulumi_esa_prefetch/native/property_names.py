"""The names of a plan's properties in the schema (``planId``) and in the provider (``plan_id``); pure.

The schema has the names that Pulumi's languages expect. The state of a dynamic resource has the provider's own;
``is_dynamic`` knows it by them.
"""

import re
from collections.abc import Mapping
from difflib import get_close_matches
from typing import Any

from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.provider.plan_properties import (
    PROVIDER_KEY,
    PlanInputs,
    PlanState,
)

Props = dict[str, Any]

INPUTS = {to_camel(name): name for name in PlanInputs.model_fields}
"""Of the properties that are declared: the name in the schema -> that in the provider."""
PROPERTIES = {
    to_camel(name): name
    for name, field in PlanState.model_fields.items()
    if not field.exclude
}
"""Of all properties."""
_IN_SCHEMA = {name: camel for camel, name in PROPERTIES.items()}
_NAMES = re.compile(
    rf"\b({'|'.join(sorted((n for n in _IN_SCHEMA if '_' in n), reverse=True))})\b"
)


def in_provider(props: Mapping[str, Any]) -> Props:
    """Properties under the provider's names; other names stay."""
    return {PROPERTIES.get(name, name): value for name, value in props.items()}


def in_schema(props: Mapping[str, Any]) -> Props:
    """Properties under the schema's names; other names stay."""
    return {_IN_SCHEMA.get(name, name): value for name, value in props.items()}


def sentence_in_schema(text: str) -> str:
    """A sentence with the schema's names: ``give job_id`` becomes ``give jobId``."""
    return _NAMES.sub(lambda found: _IN_SCHEMA[found[0]], text)


def is_dynamic(props: Mapping[str, Any]) -> bool:
    """Whether these are the outputs of a dynamic resource."""
    return PROVIDER_KEY in props or "plan_id" in props


def unknown_inputs(news: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Each declared name that is no input of the schema, and a sentence about it."""
    return [(name, _not_an_input(name)) for name in news if name not in INPUTS]


def _not_an_input(name: str) -> str:
    near = get_close_matches(to_camel(name), INPUTS, n=1)
    meant = f": did you mean {near[0]}?" if near else ""
    return f"{name} is not an input of ScheduledPrefetch{meant}"
