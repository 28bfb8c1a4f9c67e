"""The components of the schema, made by ``construct`` in the plugin; their plans are resources of the engine that asks.

The SDK keeps the engine, stack and config of a construct in context variables, and gRPC runs each request in a
context of its own. So constructs that run at the same time do not mix.
"""

import asyncio
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from typing import TYPE_CHECKING, Any

from pulumi import (
    ComponentResource,
    CustomResource,
    Output,
    Resource,
    ResourceOptions,
    RunError,
)
from pulumi.provider import ConstructResult, Provider
from pulumi.runtime import ResourceModule, register_resource_module
from pydantic.alias_generators import to_camel
from semver import Version

from pulumi_esa_prefetch.native.component_inputs import ComponentInputs, check_names
from pulumi_esa_prefetch.native.component_results import result, unknown
from pulumi_esa_prefetch.native.property_names import (
    PROPERTIES,
    in_provider,
    in_schema,
    sentence_in_schema,
)
from pulumi_esa_prefetch.native.verification_component import (
    COMPLETION,
    VERIFICATION,
    GivenCompletion,
    construct_verification,
)
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.resource_hooks import one_sentence
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.resources.arguments import Faults
from pulumi_esa_prefetch.resources.campaign_plans import (
    CampaignOutputs,
    merged,
    wrong_plans,
)
from pulumi_esa_prefetch.resources.completion_polling import (
    PlanWaiter,
    reporter,
    wait_unless_preview,
    wrong_wait,
)

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.client import EsaClient

PACKAGE = "esa-prefetch"
PLAN = f"{PACKAGE}:index:ScheduledPrefetch"
CAMPAIGN = f"{PACKAGE}:index:PrefetchCampaign"
CAMPAIGN_INPUTS = ("plans", "defaults")
COMPLETION_INPUTS = ("plan", "until", "timeout")
COMPLETION_OUTPUTS = ("status", "plan", "starts", "until")
_SEEN = (
    *("plan_id", "job_id", "desired_state", "status", "start_time", "end_time"),
    "starts",
)


class PlanResource(CustomResource):
    """A ScheduledPrefetch of the schema; ``props`` under the provider's names."""

    plan_id: Output[str]
    job_id: Output[str]
    desired_state: Output[str]
    status: Output[str]
    start_time: Output[str]
    end_time: Output[str]
    starts: Output[int]

    def __init__(
        self, resource_name: str, props: Mapping[str, Any], opts: ResourceOptions
    ) -> None:
        outputs = dict.fromkeys(PROPERTIES)
        super().__init__(PLAN, resource_name, outputs | in_schema(props), opts)
        for name in _SEEN:
            setattr(self, name, self.__dict__[to_camel(name)])


class Components(Provider):
    """The components of one plugin; ``open_session``: the session that the engine has configured."""

    def __init__(
        self, version: str, open_session: Callable[[], ProviderSession]
    ) -> None:
        super().__init__(version)
        self._open_session = open_session
        self._waiters: dict[EsaClient, PlanWaiter] = {}
        self._interrupted = asyncio.Event()

    def cancel(self) -> None:
        """End every wait."""
        self._interrupted.set()

    def resume(self) -> None:
        """Wait again, for another engine."""
        self._interrupted.clear()

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Any,
        options: ResourceOptions | None = None,
    ) -> ConstructResult:
        """Make a component. Raises RunError."""
        if resource_type == CAMPAIGN:
            return self._campaign(name, inputs, options)
        if resource_type == COMPLETION:
            return self._completion(name, inputs, options)
        if resource_type == VERIFICATION:
            return construct_verification(name, inputs, options)
        raise RunError(f"there is no component {resource_type}")

    def _campaign(
        self, name: str, inputs: ComponentInputs, options: ResourceOptions | None
    ) -> ConstructResult:
        faults = Faults(f"PrefetchCampaign {name!r}")
        check_names(inputs, CAMPAIGN_INPUTS, "plans", faults)
        faults.add(*_wrong_types(inputs.given))
        faults.refuse()
        if inputs.unknown:
            campaign = ComponentResource(CAMPAIGN, name, None, options)
            names = [each.name for each in fields(CampaignOutputs)]
            return result(campaign, dict.fromkeys(names, unknown()))
        plans = merged(
            {n: in_provider(plan) for n, plan in inputs.given["plans"].items()},
            in_provider(inputs.given.get("defaults", {})),
        )
        faults.add(*map(sentence_in_schema, wrong_plans(plans)))
        faults.refuse()
        campaign = ComponentResource(CAMPAIGN, name, None, options)
        opts = ResourceOptions(parent=campaign, depends_on=inputs.dependencies)
        made = {n: PlanResource(f"{name}-{n}", p, opts) for n, p in plans.items()}
        return result(campaign, vars(CampaignOutputs.of(made)))

    def _completion(
        self, name: str, inputs: ComponentInputs, options: ResourceOptions | None
    ) -> ConstructResult:
        faults = Faults(f"PrefetchCompletion {name!r}")
        check_names(inputs, COMPLETION_INPUTS, "plan", faults)
        plan = inputs.given.get("plan")
        until = inputs.given.get("until", "finished")
        timeout = inputs.given.get("timeout", 3600.0)
        if plan is not None and not isinstance(plan, PlanResource):
            faults.add("plan must be a ScheduledPrefetch of this provider")
        faults.add(*wrong_wait(until, timeout))
        faults.refuse()
        completion = ComponentResource(COMPLETION, name, None, options)
        if inputs.unknown or plan is None:
            return result(completion, dict.fromkeys(COMPLETION_OUTPUTS, unknown()))
        status = Output.all(
            job_id=plan.job_id, plan_id=plan.plan_id, status=plan.status
        ).apply(
            lambda known: self._unless_interrupted(
                f"plan {known['job_id']}:{known['plan_id']}",
                wait_unless_preview(known, until, timeout, self._open_waiter, name),
            )
        )
        return result(
            completion,
            {
                "status": status,
                "plan": Output.concat(plan.job_id, ":", plan.plan_id),
                "starts": plan.starts,
                "until": until,
            },
        )

    async def _unless_interrupted(self, plan: str, waiting: Any) -> Any:
        wait = asyncio.ensure_future(waiting)
        end = asyncio.ensure_future(self._interrupted.wait())
        try:
            await asyncio.wait({wait, end}, return_when=asyncio.FIRST_COMPLETED)
            if not wait.done():
                raise RunError(
                    f"{plan} is not waited for any longer, as the run was interrupted"
                )
            return await wait
        finally:
            wait.cancel()
            end.cancel()

    def _open_waiter(self) -> PlanWaiter:
        try:
            with one_sentence():
                session = self._open_session()
                client = session.open_client()
        except PrefetchError as error:
            raise RunError(str(error)) from None
        if client not in self._waiters:
            report = reporter(session.webhook)
            self._waiters[client] = PlanWaiter(client, report=report)
        return self._waiters[client]


class _Given(ResourceModule):
    """How a plan or a completion that is given to a component becomes a resource with its outputs."""

    def version(self) -> Version | None:
        """None: of any version."""
        return None

    def construct(self, name: str, typ: str, urn: str) -> Resource:
        """Read its outputs from the engine."""
        opts = ResourceOptions(urn=urn)
        if typ == PLAN:
            return PlanResource(name, {}, opts)
        if typ == COMPLETION:
            return GivenCompletion(name, opts)
        raise RunError(f"{name} is a {typ}, not a {PLAN} or a {COMPLETION}")


register_resource_module(PACKAGE, "index", _Given())


def _wrong_types(given: Mapping[str, Any]) -> Iterator[str]:
    plans = given.get("plans", {})
    if not isinstance(plans, dict):
        yield "plans must be a mapping from names to plans"
        return
    if not isinstance(given.get("defaults", {}), dict):
        yield "defaults must be a mapping of a plan's fields"
    for name, plan in plans.items():
        if not isinstance(plan, dict):
            yield f"{name} must be a mapping of a plan's fields"
