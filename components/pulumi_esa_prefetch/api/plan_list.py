"""The plans that ESA lists for a job, and its entries that cannot be read: these never look like a missing plan."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pulumi_esa_prefetch.api.errors import PlanUnreadable
from pulumi_esa_prefetch.api.models import Plan


@dataclass(frozen=True)
class UnreadablePlan:
    """An entry of a list that is no readable plan: its id and status, if these can be read, and the reason."""

    id: str | None
    status: str | None
    reason: str

    def __str__(self) -> str:
        """Name the plan and the reason."""
        name = f"plan {self.id}" if self.id else "an entry without a plan's id"
        return f"{name} cannot be read: {self.reason}"


class PlanList(list[Plan]):
    """The readable plans of a job; `unreadable` holds the other entries."""

    def __init__(
        self, plans: Iterable[Plan] = (), unreadable: Iterable[UnreadablePlan] = ()
    ) -> None:
        super().__init__(plans)
        self.unreadable = tuple(unreadable)

    def find(self, plan_id: str) -> Plan | None:
        """The plan; None if it is not listed. Raises PlanUnreadable if an entry that cannot be read is or may be it."""
        plan = next((plan for plan in self if plan.id == plan_id), None)
        if plan is None:
            refuse_unreadable(plan_id, self.unreadable)
        return plan


def refuse_unreadable(plan_id: str, unreadable: Sequence[UnreadablePlan]) -> None:
    """Raise PlanUnreadable if one of these entries is the plan, or has no id and may be it."""
    own = next((entry for entry in unreadable if entry.id == plan_id), None)
    if own is not None:
        raise PlanUnreadable(f"ListScheduledPreloadExecutions: {own}")
    nameless = next((entry for entry in unreadable if entry.id is None), None)
    if nameless is not None:
        raise PlanUnreadable(
            f"ListScheduledPreloadExecutions: ESA does not list plan {plan_id} by its id, and {nameless}"
        )
