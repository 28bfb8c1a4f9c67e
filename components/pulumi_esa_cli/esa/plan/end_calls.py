"""Tells the webhook of a stack how the waits of `plan wait` ended, once for each plan."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from pulumi_esa_cli.esa.plan.scope import Scope
from pulumi_esa_prefetch.operations.waiting import Until, Verdict
from pulumi_esa_prefetch.report.analysis.progress import PlanProgress
from pulumi_esa_prefetch.webhook.plan_end import Outcome, PlanEnd, outcome_of
from pulumi_esa_prefetch.webhook.sender import Webhook


@dataclass(slots=True)
class EndCalls:
    """The calls of the webhook, one for each plan; none without one."""

    call: Callable[[PlanEnd], str] | None = None
    project: str = ""
    stack: str = ""
    problems: list[str] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)

    @classmethod
    def of(cls, scope: Scope) -> "EndCalls":
        """Those for a stack. Raises SettingsError."""
        target = scope.webhook()
        call = Webhook(target).call if target else None
        return cls(call, scope.project, scope.stack)

    def tell(
        self,
        plan: PlanProgress,
        verdict: Verdict,
        until: Until,
        when: datetime,
        seconds: float,
    ) -> None:
        """Say once how the wait for a plan ended."""
        target = plan.target
        if self.call is None or target.plan_id in self._told:
            return
        self._told.add(target.plan_id)
        status = "" if plan.status == "missing" else plan.status
        end = PlanEnd(
            plan=target.plan_id,
            job=target.job_id,
            outcome=_outcome(verdict, status),
            status=status,
            until=until,
            when=when,
            seconds=seconds,
            project=self.project,
            stack=self.stack,
            resource=target.name.removeprefix(target.plan_id),
        )
        problem = self.call(end)
        if problem:
            self.problems.append(problem)


def _outcome(verdict: Verdict, status: str) -> Outcome:
    if verdict is Verdict.REACHED:
        return "reached"
    return "timed_out" if verdict is Verdict.WAITS else outcome_of(status)
