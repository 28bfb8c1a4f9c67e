"""PrefetchCampaign: a component of many ScheduledPrefetch resources; calls no API."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, overload

from pulumi import ComponentResource, Output, ResourceOptions

from pulumi_esa_prefetch.resources.arguments import Faults, arguments
from pulumi_esa_prefetch.resources.campaign_plans import (
    CampaignOutputs,
    merged,
    wrong_plans,
)
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
        outputs = CampaignOutputs.of(self.plans)
        self.job_ids, self.statuses = outputs.job_ids, outputs.statuses
        self.window, self.ready = outputs.window, outputs.ready
        self.register_outputs(vars(outputs))


def _declared(
    args: PrefetchCampaignArgs, faults: Faults
) -> dict[str, ScheduledPrefetchArgs]:
    faults.add(*_wrong_types(args))
    faults.refuse()
    fields = {name: _fields(plan) for name, plan in args.plans.items()}
    plans = merged(fields, _fields(args.defaults or {}))
    faults.add(*wrong_plans(plans))
    faults.refuse()
    return {name: ScheduledPrefetchArgs(**plan) for name, plan in plans.items()}


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


def _fields(
    plan: ScheduledPrefetchArgs | ScheduledPrefetchArgsDict,
) -> Mapping[str, Any]:
    return vars(plan) if isinstance(plan, ScheduledPrefetchArgs) else plan
