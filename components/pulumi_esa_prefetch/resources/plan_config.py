"""Reads plans from a stack's config, `esa-prefetch:plans`; declares no resource."""

from collections.abc import Iterator, Mapping
from typing import Any

import pulumi
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs, read_declaration
from pulumi_esa_prefetch.resources.duplicates import duplicate_names
from pulumi_esa_prefetch.resources.property_values import wrong_values
from pulumi_esa_prefetch.resources.scheduled_prefetch import ScheduledPrefetchArgs
from pulumi_esa_prefetch.resources.secret_config import hide, secrecy

SETTING = "esa-prefetch:plans"
_PROPERTIES = {to_camel(name): name for name in PlanInputs.model_fields}
_ID_NAMES = ("plan_id", "job_id")


class PlanConfigError(pulumi.RunError):
    """The plans in the config are wrong; one sentence that names each wrong entry and field."""


def read_plans(config: object) -> dict[str, ScheduledPrefetchArgs]:
    """Read the plans of a stack's config: name -> {planId, jobId, desiredState, ...}.

    If their key of the config holds a secret, the values of ``triggers`` become secrets. Raises
    PlanConfigError, which names every wrong entry and field and every plan with two names, and shows no value.
    """
    if isinstance(config, pulumi.Output):
        raise PlanConfigError(f"{SETTING} is an output: read it by require_object")
    if not isinstance(config, Mapping):
        raise PlanConfigError(f"{SETTING} must be a mapping from names to plans")
    wrong = [
        one_line(f"{name}{text}")
        for name, plan in config.items()
        for text in _wrong(plan)
    ]
    wrong += [one_line(text) for text in duplicate_names(_ids(config))]
    if wrong:
        raise PlanConfigError(f"{SETTING}: {'; '.join(wrong)}")
    is_secret = secrecy(SETTING)
    return {
        str(name): ScheduledPrefetchArgs(**hide(_props(plan), ["triggers"], is_secret))
        for name, plan in config.items()
    }


def _wrong(plan: object) -> Iterator[str]:
    """What is wrong with an entry, as clauses that follow its name."""
    if not isinstance(plan, Mapping):
        yield " must be a mapping of a plan's fields"
        return
    for field in plan.keys() - _PROPERTIES.keys():
        yield f".{field} is not one of {', '.join(_PROPERTIES)}"
    if plan.get("planId") is None:
        yield ".planId is missing"
    yield from wrong_values(plan.get("triggers"), ".triggers")
    for name, reason in read_declaration(_props(plan)).failures:
        field = to_camel(name)
        unquoted = name in _ID_NAMES and isinstance(plan[field], int | float)
        yield f".{field} {'is read as a number: quote it' if unquoted else reason}"


def _ids(config: Mapping[str, Any]) -> dict[str, object]:
    plans = {name: plan for name, plan in config.items() if isinstance(plan, Mapping)}
    return {str(name): plan.get("planId") for name, plan in plans.items()}


def _props(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {_PROPERTIES[key]: plan[key] for key in _PROPERTIES if key in plan}
