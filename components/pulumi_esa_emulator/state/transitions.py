"""The state machine of a plan: pure functions of plan, site and time.

waiting -> running at its opening time; running -> finished when the list is done or the
window ends; running -> stopped by Stop; any status -> waiting or running by Start.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from pulumi_esa_emulator.dialects import Rules
from pulumi_esa_emulator.errors import Problem
from pulumi_esa_emulator.state.records import PlanRecord, SiteRecord


@dataclass(frozen=True, slots=True)
class ListPosition:
    """The position in a URL list of `total` URLs where the next batch begins."""

    submitted: int
    total: int

    @property
    def done(self) -> bool:
        """Whether all URLs are submitted."""
        return self.submitted >= self.total


@dataclass(frozen=True, slots=True)
class Transition:
    """The plan after a scheduled transition, and how many URLs it submitted."""

    plan: PlanRecord
    count: int = 0


def next_transition_at(
    plan: PlanRecord, site: SiteRecord, rules: Rules
) -> datetime | None:
    """When the plan has its next scheduled transition; None: never."""
    if plan.status == "running":
        return _earliest(plan.next_at, plan.end_time)
    if plan.status == "waiting" and _is_queued(plan, rules):
        return _earliest(opening_time(plan, site), plan.end_time)
    return None


def opening_time(plan: PlanRecord, site: SiteRecord) -> datetime | None:
    """When a queued plan starts to run; None while its site is not active."""
    if site.status != "active":
        return None
    # Not before the plan was queued, nor before its site became active.
    floors = (plan.start_time, plan.queued_at, site.active_since)
    return max(floor for floor in floors if floor is not None)


def transition(
    plan: PlanRecord, position: ListPosition, at: datetime, rules: Rules
) -> Transition:
    """The scheduled transition of a plan, at the moment when it is due."""
    if plan.status == "waiting":
        return Transition(_open(plan, at))
    if plan.end_time is not None and at >= plan.end_time:
        return Transition(replace(plan, status=rules.window_over, next_at=None))
    if position.done:
        return Transition(replace(plan, status="finished", next_at=None))
    return _submit(plan, position, at)


def start(
    plan: PlanRecord, site: SiteRecord, rules: Rules, now: datetime
) -> PlanRecord:
    """The plan after Start, unchanged if Start is ignored; Problem if refused."""
    if _ignored(rules.on_start(plan.status)):
        return plan
    if plan.status == "running":
        return replace(plan, next_at=now)
    if plan.end_time is not None and now >= plan.end_time:
        return _start_late(plan, rules, now)
    if plan.status == "waiting" and plan.started:
        return plan
    queued = replace(_queued(plan, now), started=True)
    opens = None if rules.start_shows == "waiting" else opening_time(queued, site)
    return _open(queued, now) if opens is not None and opens <= now else queued


def stop(plan: PlanRecord, rules: Rules) -> PlanRecord:
    """The plan after Stop, unchanged if Stop is ignored; Problem if refused."""
    if plan.status == "running":
        return replace(plan, status="stopped", next_at=None)
    _ignored(rules.on_stop(plan.status))
    return plan


def requeue(plan: PlanRecord, now: datetime) -> PlanRecord:
    """The plan waiting again, as new, for the dialect reset-requeues."""
    if plan.status in {"waiting", "running"}:
        return plan
    return replace(_queued(plan, now), started=False)


def check_window(start: datetime | None, end: datetime | None, rules: Rules) -> None:
    """Raise Problem if the window ends before it begins."""
    if start is None or end is None or end > start:
        return
    if end < start or rules.equal_window == "refused":
        raise Problem("InvalidEndTime.Mismatch")


def _is_queued(plan: PlanRecord, rules: Rules) -> bool:
    by_itself = plan.start_time is not None and rules.new_plan == "starts"
    return plan.started or by_itself


def _queued(plan: PlanRecord, now: datetime) -> PlanRecord:
    return replace(plan, status="waiting", queued_at=now, next_at=None)


def _open(plan: PlanRecord, at: datetime) -> PlanRecord:
    if plan.end_time is not None and at >= plan.end_time:
        # Its window ended, or was in the past, before the first batch.
        return replace(plan, status="failed", next_at=None)
    return replace(plan, status="running", next_at=at)


def _submit(plan: PlanRecord, position: ListPosition, at: datetime) -> Transition:
    count = min(plan.slice_len, position.total - position.submitted)
    if position.submitted + count >= position.total:
        return Transition(replace(plan, status="finished", next_at=None), count)
    return Transition(
        replace(plan, next_at=at + timedelta(seconds=plan.interval)), count
    )


def _start_late(plan: PlanRecord, rules: Rules, now: datetime) -> PlanRecord:
    if rules.start_late == "refused":
        raise Problem("InvalidEndTime.Mismatch")
    if rules.start_late == "ignored":
        return plan
    return replace(plan, status="running", started=True, queued_at=now, next_at=now)


def _ignored(answer: str) -> bool:
    if answer == "refused":
        raise Problem("InvalidExecution.Status")
    return answer == "ignored"


def _earliest(*moments: datetime | None) -> datetime | None:
    return min((moment for moment in moments if moment is not None), default=None)
