"""Makes the jobs and plans of `prefetches` for a site, keeps them running, and exports what became of them."""

import pulumi

from pulumi_esa_prefetch import ScheduledPrefetch, SitePrefetch, read_prefetches


def outputs(plan: ScheduledPrefetch) -> dict[str, pulumi.Input[str]]:
    window = pulumi.Output.concat(plan.start_time, "/", plan.end_time)
    return {"job_id": plan.job_id, "status": plan.status, "window": window}


config = pulumi.Config()
declared = read_prefetches(config.require_object("prefetches"), config.require("site"))
prefetches = {name: SitePrefetch(name, args) for name, args in declared.items()}
pulumi.export(
    "plans",
    {
        f"{name}-{window}": outputs(plan)
        for name, prefetch in prefetches.items()
        for window, plan in prefetch.campaign.plans.items()
    },
)
pulumi.export("ready", {name: one.ready for name, one in prefetches.items()})
