"""PrefetchCampaign: a component of many ScheduledPrefetch resources; calls no API."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any, overload

from pulumi import ComponentResource, Output, ResourceOptions

from pulumi_esa_prefetch.api.esa_times import parse_time
from pulumi_esa_prefetch.resources.arguments import Faults, arguments
from pulumi_esa_prefetch.resources.duplicates import duplicate_names
from pulumi_esa_prefetch.resources.plan_arguments import wrong_plan_arguments
from pulumi_esa_prefetch.resources.scheduled_prefetch import (
    ScheduledPrefetch,
    ScheduledPrefetchArgs,
    ScheduledPrefetchArgsDict,
)


@dataclass(frozen=True, kw_only=True)
class PrefetchCampaignArgs:
    """The arguments of a `PrefetchCampaign`, as one value.

    :param plans: Name -> the arguments of a `ScheduledPrefetch`, as `ScheduledPrefetchArgs` or as a mapping. The
        names are the program's choice. Required.
    :param defaults: Arguments of every plan that does not give them itself. Default: none.

    Example::

        from pulumi_esa_prefetch import (
            PrefetchCampaign,
            PrefetchCampaignArgs,
            ScheduledPrefetchArgs,
        )

        day = ScheduledPrefetchArgs(plan_id="665d3b48621bccf3fe29e1a7")
        args = PrefetchCampaignArgs(
            plans={"day-1": day}, defaults={"job_id": "665d3af3621bccf3fe29e1a4"}
        )
        launch = PrefetchCampaign("launch", args)
    """

    plans: Mapping[str, ScheduledPrefetchArgs | ScheduledPrefetchArgsDict]
    defaults: ScheduledPrefetchArgsDict | None = None


class PrefetchCampaign(ComponentResource):
    """Keeps many prefetch plans running, or stopped; its outputs are about all of them.

    Each plan is a `ScheduledPrefetch`. The one of ``day-1`` in the campaign ``launch`` has the name
    ``launch-day-1``. Raises RunError, which names the program's line, every plan whose declaration is wrong, and why.

    :param plans: Name -> the arguments of a `ScheduledPrefetch`, as `ScheduledPrefetchArgs` or as a mapping. The
        names are the program's choice. Required.
    :param defaults: Arguments of every plan that does not give them itself. Default: none.

    Example::

        from pulumi_esa_prefetch import PrefetchCampaign

        launch = PrefetchCampaign(
            "launch",
            plans={
                "day-1": {"plan_id": "665d3b48621bccf3fe29e1a7"},
                "day-2": {"plan_id": "665d3b48621bccf3fe29e1a8"},
            },
            defaults={
                "job_id": "665d3af3621bccf3fe29e1a4",
                "triggers": {"release": "1.4.0"},
            },
        )
    """

    plans: Mapping[str, ScheduledPrefetch]
    """Name -> its resource, for a PrefetchCompletion or another output."""
    job_ids: Output[Mapping[str, str]]
    """Name -> its job's id."""
    statuses: Output[Mapping[str, str]]
    """Name -> its status when ESA was last asked."""
    window: Output[Mapping[str, str]]
    """``start``: the earliest of all plans, ``end``: the latest, ISO 8601 in UTC; empty if one is open."""
    ready: Output[bool]
    """Whether every plan was as declared when ESA was last asked: running (or about to, or done), or stopped."""

    @overload
    def __init__(
        self,
        resource_name: str,
        args: PrefetchCampaignArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: ResourceOptions | None = None,
        plans: Mapping[str, ScheduledPrefetchArgs | ScheduledPrefetchArgsDict],
        defaults: ScheduledPrefetchArgsDict | None = None,
    ) -> None: ...

    def __init__(
        self,
        resource_name: str,
        args: PrefetchCampaignArgs | None = None,
        opts: ResourceOptions | None = None,
        **common: Any,
    ) -> None:
        """Declare many plans, by ``PrefetchCampaignArgs`` or by keywords of the same names."""
        faults = Faults.of(self, resource_name)
        args = arguments(PrefetchCampaignArgs, args, common, opts, faults)
        declared = _declared(args, faults)
        super().__init__(
            "esa-prefetch:index:PrefetchCampaign", resource_name, None, opts
        )
        self.plans = {
            name: ScheduledPrefetch(
                f"{resource_name}-{name}", plan, ResourceOptions(parent=self)
            )
            for name, plan in declared.items()
        }
        self.job_ids = self._each(lambda plan: plan.job_id)
        self.statuses = self._each(lambda plan: plan.status)
        self.window = Output.all(
            start=[plan.start_time for plan in self.plans.values()],
            end=[plan.end_time for plan in self.plans.values()],
        ).apply(lambda all_: _window(all_["start"], all_["end"]))
        pairs = [(plan.desired_state, plan.status) for plan in self.plans.values()]
        self.ready = Output.all(*(Output.all(*pair) for pair in pairs)).apply(
            lambda seen: all(_is_as_declared(*pair) for pair in seen)
        )
        self.register_outputs(
            {
                "job_ids": self.job_ids,
                "statuses": self.statuses,
                "window": self.window,
                "ready": self.ready,
            }
        )

    def _each(
        self, output: Callable[[ScheduledPrefetch], Output[str]]
    ) -> Output[Mapping[str, str]]:
        if not self.plans:
            return Output.from_input({})  # without arguments `Output.all` gives a list
        return Output.all(**{name: output(plan) for name, plan in self.plans.items()})


def _declared(
    args: PrefetchCampaignArgs, faults: Faults
) -> dict[str, ScheduledPrefetchArgs]:
    faults.add(*_wrong_types(args))
    faults.refuse()
    merged = {
        name: _given(args.defaults or {}) | _given(plan)
        for name, plan in args.plans.items()
    }
    ids = {name: plan.get("plan_id") for name, plan in merged.items()}
    faults.add(*_wrong_fields(merged), *duplicate_names(ids))
    faults.refuse()
    return {name: ScheduledPrefetchArgs(**plan) for name, plan in merged.items()}


def _wrong_types(args: PrefetchCampaignArgs) -> Iterator[str]:
    """Report arguments of a wrong type, which a program without type checks may give."""
    plans: object = args.plans
    defaults: object = args.defaults or {}
    if not isinstance(defaults, Mapping):
        yield "defaults must be a mapping of a plan's fields"
    if not isinstance(plans, Mapping):
        if plans is not None:  # that it is missing has been said
            yield "plans must be a mapping from names to plans"
        return
    for name, plan in plans.items():
        if not isinstance(name, str):
            yield f"plans has a key of type {type(name).__name__}: make it a string"
        if not isinstance(plan, ScheduledPrefetchArgs | Mapping):
            yield f"{name} must be ScheduledPrefetchArgs or a mapping of its fields"


def _given(plan: ScheduledPrefetchArgs | Mapping[str, Any]) -> dict[str, Any]:
    given = vars(plan) if isinstance(plan, ScheduledPrefetchArgs) else plan
    return {name: value for name, value in given.items() if value is not None}


def _wrong_fields(plans: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    known = [field.name for field in fields(ScheduledPrefetchArgs)]
    for name, plan in plans.items():
        for field in plan.keys() - set(known):
            yield f"{name}.{field} is not one of {', '.join(known)}"
        if "plan_id" not in plan:
            yield f"{name}.plan_id is missing"
        given = {field: plan[field] for field in known if field in plan}
        yield from wrong_plan_arguments(given, f"{name}.")


def _window(starts: Iterable[str], ends: Iterable[str]) -> dict[str, str]:
    return {"start": _bound(min, starts), "end": _bound(max, ends)}


def _bound(choose: Callable[..., str], times: Iterable[str]) -> str:
    bounds = list(times)
    return choose(bounds, key=parse_time) if bounds and all(bounds) else ""


def _is_as_declared(desired_state: str, status: str) -> bool:
    if desired_state == "stopped":
        return status in {"stopped", "finished", "failed"}
    return status in {"waiting", "running", "finished"}
