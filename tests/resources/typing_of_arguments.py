"""Which arguments of the resources a type checker accepts and refuses; mypy reads this in `make check`.

Under mypy strict an `ignore` where there is no error is an error itself: so each one proves that a call is refused.
"""

from typing import assert_type

from pulumi import Output, ResourceOptions

from pulumi_esa_prefetch import (
    PrefetchCampaign,
    PrefetchCampaignArgs,
    PrefetchCompletion,
    PrefetchCompletionArgs,
    PrefetchVerification,
    PrefetchVerificationArgs,
    PrefetchWindow,
    ScheduledPrefetch,
    ScheduledPrefetchArgs,
    ScheduledPrefetchArgsDict,
    SitePrefetch,
    SitePrefetchArgs,
)

PLAN = "665d3b48621bccf3fe29e1a7"
ARGS = ScheduledPrefetchArgs(plan_id=PLAN)
OPTS = ResourceOptions()


def plan_by_keywords(later: Output[str]) -> None:
    plan = ScheduledPrefetch(
        "x",
        plan_id=later,
        job_id=None,
        desired_state="stopped",
        triggers={"release": later},
        rerun="resume",
        on_destroy="delete",
        restart_failed=False,
        restart_finished=Output.from_input(True),
        opts=OPTS,
    )
    assert_type(plan, ScheduledPrefetch)
    assert_type(plan.status, Output[str])


def plan_by_args() -> None:
    ScheduledPrefetch("x", ARGS)
    ScheduledPrefetch("x", ARGS, OPTS)
    ScheduledPrefetch("x", args=ARGS, opts=OPTS)


def refused_plans() -> None:
    ScheduledPrefetch("x")  # type: ignore[call-overload]
    ScheduledPrefetch("x", job_id=PLAN)  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=1)  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=None)  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=PLAN, planId=PLAN)  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=PLAN, job_id=1)  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=PLAN, desired_state="on")  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=PLAN, triggers=["1"])  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=PLAN, rerun="start")  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=PLAN, on_destroy=True)  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=PLAN, restart_failed="no")  # type: ignore[call-overload]
    ScheduledPrefetch("x", plan_id=PLAN, restart_finished=1.5)  # type: ignore[call-overload]
    ScheduledPrefetch("x", ARGS, plan_id=PLAN)  # type: ignore[call-overload]
    ScheduledPrefetch("x", PLAN)  # type: ignore[call-overload]
    ScheduledPrefetch("x", OPTS, plan_id=PLAN)  # type: ignore[call-overload]


def refused_mappings() -> None:
    accepted: ScheduledPrefetchArgsDict = {"plan_id": PLAN, "rerun": "resume"}
    PrefetchCampaign("x", plans={"a": accepted, "b": ARGS}, defaults=accepted)
    PrefetchCampaign("x", plans={"a": {"planId": PLAN}})  # type: ignore[dict-item]
    PrefetchCampaign("x", plans={"a": {"plan_id": 1}})  # type: ignore[dict-item]
    PrefetchCampaign("x", plans={}, defaults={"rerun": "start"})  # type: ignore[call-overload]


def refused_components(plan: ScheduledPrefetch, window: PrefetchWindow) -> None:
    PrefetchCampaign("x", PrefetchCampaignArgs(plans={}), OPTS)
    PrefetchCampaign("x", plan={})  # type: ignore[call-overload]
    PrefetchCompletion("x", PrefetchCompletionArgs(plan=plan), OPTS)
    PrefetchCompletion("x", plan=plan, until="running", timeout=60, opts=OPTS)
    PrefetchCompletion("x", plan=plan, until="stopped")  # type: ignore[call-overload]
    PrefetchCompletion("x", plan=plan, seconds=60)  # type: ignore[call-overload]
    SitePrefetch("x", SitePrefetchArgs(site=1, windows={"now": window}), OPTS)
    SitePrefetch("x", site="1", windows={"now": window}, urls=[PLAN], opts=OPTS)
    SitePrefetch("x", site="1", windows=[window])  # type: ignore[call-overload]
    SitePrefetch("x", site="1", windows={}, url=[PLAN])  # type: ignore[call-overload]


def verifications(done: PrefetchCompletion, site: SitePrefetch) -> None:
    urls = ["https://www.example.com/a.js"]
    args = PrefetchVerificationArgs(completion=done, urls=site)
    PrefetchVerification("x", args, OPTS)
    found = PrefetchVerification("x", completion=done, urls=urls, sample=5, opts=OPTS)
    assert_type(found.warm_ratio, Output[float])
    PrefetchVerification("x", completion=done)  # type: ignore[call-overload]
    PrefetchVerification("x", completion=done, urls=urls, samples=5)  # type: ignore[call-overload]
