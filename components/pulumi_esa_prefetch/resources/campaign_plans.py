"""What a campaign declares of its plans, and what its outputs say about all of them; for both faces.

The names of fields are those of the provider (``plan_id``).
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from pulumi import Output

from pulumi_esa_prefetch.api.esa_times import parse_time
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs
from pulumi_esa_prefetch.resources.duplicates import duplicate_names
from pulumi_esa_prefetch.resources.plan_arguments import wrong_plan_arguments

FIELDS = tuple(PlanInputs.model_fields)
"""What a plan may declare."""

Plans = Mapping[str, Mapping[str, Any]]


class PlanOutputs(Protocol):
    """The outputs of one plan's resource."""

    @property
    def desired_state(self) -> Output[str]:
        """The declared state."""
        ...

    @property
    def job_id(self) -> Output[str]:
        """Its job."""
        ...

    @property
    def status(self) -> Output[str]:
        """Its status when ESA was last asked."""
        ...

    @property
    def start_time(self) -> Output[str]:
        """The start of its window."""
        ...

    @property
    def end_time(self) -> Output[str]:
        """The end of its window."""
        ...


@dataclass(frozen=True)
class CampaignOutputs:
    """The outputs of a campaign."""

    job_ids: Output[Mapping[str, str]]
    statuses: Output[Mapping[str, str]]
    window: Output[Mapping[str, str]]
    ready: Output[bool]

    @classmethod
    def of(cls, plans: Mapping[str, PlanOutputs]) -> "CampaignOutputs":
        """The outputs that follow from those of the plans."""
        times = Output.all(
            start=[plan.start_time for plan in plans.values()],
            end=[plan.end_time for plan in plans.values()],
        )
        pairs = [(plan.desired_state, plan.status) for plan in plans.values()]
        return cls(
            _each(plans, lambda plan: plan.job_id),
            _each(plans, lambda plan: plan.status),
            times.apply(lambda both: window(both["start"], both["end"])),
            Output.all(*(Output.all(*pair) for pair in pairs)).apply(
                lambda seen: all(is_as_declared(*pair) for pair in seen)
            ),
        )


def merged(plans: Plans, defaults: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Each plan's fields, with the defaults where it does not give them itself."""
    return {name: _given(defaults) | _given(plan) for name, plan in plans.items()}


def wrong_plans(plans: Plans) -> Iterator[str]:
    """Report what is wrong with merged plans, as clauses; values that are not known yet are left out."""
    for name, plan in plans.items():
        for field in plan.keys() - set(FIELDS):
            yield f"{name}.{field} is not one of {', '.join(FIELDS)}"
        if "plan_id" not in plan:
            yield f"{name}.plan_id is missing"
        given = {field: plan[field] for field in FIELDS if field in plan}
        yield from wrong_plan_arguments(given, f"{name}.")
    yield from duplicate_names({n: plan.get("plan_id") for n, plan in plans.items()})


def window(starts: Iterable[str], ends: Iterable[str]) -> dict[str, str]:
    """The earliest start and the latest end; empty if one of them is open."""
    return {"start": _bound(min, starts), "end": _bound(max, ends)}


def is_as_declared(desired_state: str, status: str) -> bool:
    """Whether a plan with that status is as declared."""
    if desired_state == "stopped":
        return status in {"stopped", "finished", "failed"}
    return status in {"waiting", "running", "finished"}


def _each(
    plans: Mapping[str, PlanOutputs], output: Callable[[PlanOutputs], Output[str]]
) -> Output[Mapping[str, str]]:
    if not plans:
        return Output.from_input({})  # without arguments `Output.all` gives a list
    return Output.all(**{name: output(plan) for name, plan in plans.items()})


def _given(plan: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in plan.items() if value is not None}


def _bound(choose: Callable[..., str], times: Iterable[str]) -> str:
    bounds = list(times)
    return choose(bounds, key=parse_time) if bounds and all(bounds) else ""
