"""The default program: declares the plans of `esa-prefetch:plans` and exports what became of them."""

import pulumi

from pulumi_esa_prefetch import ScheduledPrefetch
from pulumi_esa_prefetch.resources.plan_config import read_plans


def outputs(plan: ScheduledPrefetch) -> dict[str, pulumi.Input[str]]:
    window = pulumi.Output.concat(plan.start_time, "/", plan.end_time)
    return {"job_id": plan.job_id, "status": plan.status, "window": window}


declared = read_plans(pulumi.Config("esa-prefetch").require_object("plans"))
plans = {name: ScheduledPrefetch(name, args) for name, args in declared.items()}
pulumi.export("plans", {name: outputs(plan) for name, plan in plans.items()})
