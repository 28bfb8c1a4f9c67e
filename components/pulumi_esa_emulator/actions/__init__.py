"""The fourteen API actions by name; `jobs`, `plans`, `quotas` and `purges` hold what each does."""

from collections.abc import Callable
from dataclasses import dataclass

from pulumi_esa_emulator.actions import jobs, plans, purges, quotas
from pulumi_esa_emulator.actions.context import ActionContext, ActionResult


@dataclass(frozen=True, slots=True)
class Action:
    """An operation: its name in the API, and the function of the same name in snake case."""

    name: str
    run: Callable[[ActionContext], ActionResult]

    @property
    def reads(self) -> bool:
        """Whether it is a GET that changes nothing (product metadata of ESA)."""
        return self.name.startswith(("Get", "List", "Describe"))


def _action(run: Callable[[ActionContext], ActionResult]) -> Action:
    name = "".join(word.capitalize() for word in run.__name__.split("_"))
    return Action(name, run)


ACTIONS = {
    action.name: action
    for action in map(
        _action,
        (
            jobs.create_scheduled_preload_job,
            jobs.get_scheduled_preload_job,
            jobs.list_scheduled_preload_jobs,
            jobs.reset_scheduled_preload_job,
            jobs.delete_scheduled_preload_job,
            plans.create_scheduled_preload_executions,
            plans.list_scheduled_preload_executions,
            plans.update_scheduled_preload_execution,
            plans.start_scheduled_preload_execution,
            plans.stop_scheduled_preload_execution,
            plans.delete_scheduled_preload_execution,
            quotas.list_instance_quotas,
            purges.purge_caches,
            purges.describe_purge_tasks,
        ),
    )
}
