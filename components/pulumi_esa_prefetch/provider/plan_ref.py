"""A reference to the plan of a Start or Stop, with what is known about it before the call; calls nothing."""

from dataclasses import dataclass, replace
from typing import Self

from pulumi_esa_prefetch.api.models import Plan


@dataclass(frozen=True)
class PlanRef:
    """One plan: its job if known, and what ESA returned for it last, if anything."""

    plan_id: str
    job_id: str | None = None
    before: Plan | None = None

    @classmethod
    def of(cls, plan: Plan, job_id: str) -> Self:
        """The reference to a plan that ESA has listed in that job."""
        return cls(plan.id, job_id, plan)

    def with_job(self, job_id: str | None) -> Self:
        """The same plan in that job."""
        return replace(self, job_id=job_id)

    @property
    def status(self) -> str | None:
        """The plan's last known status, if any."""
        return self.before.status if self.before else None

    def __str__(self) -> str:
        return (
            f"plan {self.job_id}:{self.plan_id}"
            if self.job_id
            else f"plan {self.plan_id}"
        )

    def contradiction(self, answer: Plan) -> str:
        """What is wrong with the job in ESA's answer, as a sentence; empty if nothing is."""
        told = answer.unreadable_job or answer.job_id
        if (
            told is None
            or told == self.job_id
            or not (self.job_id or answer.unreadable_job)
        ):
            return ""
        no_id = ", which is no id" if answer.unreadable_job else ""
        then = f"; job {self.job_id} stays in the state" if self.job_id else ""
        return f"{self}: ESA's answer names the job {told}{no_id}{then}"

    def completed_with(self, answer: Plan) -> Plan:
        """ESA's answer; what it left out is taken from what was known, except the status.

        A known job stays, whatever the answer names.
        """
        known = self.before.model_dump() if self.before else {}
        known |= {"status": None, "request_id": None}
        given = answer.model_dump(exclude_none=True) | {"id": self.plan_id}
        job_id = self.job_id or answer.job_id
        return answer.model_copy(update=known | given | {"job_id": job_id})

    def in_known_job(self, listed: Plan) -> Plan:
        """The plan as a list shows it, in the known job."""
        return listed.model_copy(update={"job_id": self.job_id or listed.job_id})

    def with_unknown_status(self) -> Plan:
        """The plan after a call that had an effect but whose answer could not be read: all but the status."""
        known = self.before or Plan(id=self.plan_id)
        return known.model_copy(
            update={"job_id": self.job_id, "status": None, "request_id": None}
        )
