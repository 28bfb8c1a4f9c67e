"""The job of a probe and its plans, each in a role: made, moved, started, stopped and read; judges nothing."""

from collections.abc import Collection, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, Final

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import PlanUnreadable
from pulumi_esa_prefetch.api.models import STATUSES, Job, Plan, PlanSpec
from pulumi_esa_prefetch.api.plan_list import PlanList
from pulumi_esa_prefetch.probe.outcomes import NotSettled, Outcome
from pulumi_esa_prefetch.probe.probe_calls import SETTLE, ProbeCalls
from pulumi_esa_prefetch.probe.url_budget import UrlBudget

Window = tuple[datetime | None, datetime | None]
Bounds = tuple[datetime, datetime]
"""The times on this machine right before and after a call."""

LIST_LENGTH: Final = 5
"""So many URLs: all questions together then take at most 12, also where each plan has its own place in the list."""
INTERVALS: Final = {
    "parked": 3600,
    "bad": 3601,
    "equal": 3602,
    "no-start": 3603,
    "next": 3604,
    "rest": 3605,
    "last": 3606,
    "deleted": 180,
}
"""The plans by role. Each has its own Interval, by which it is found again if the answer of its Create is lost.

An hour passes before a second batch, except for the plan whose second batch is looked for."""
LIFE: Final = timedelta(minutes=59)
"""So long after the job was made all open windows end: before a plan with an Interval of an hour has a second batch."""
_PARKED: Final = (6.0, 6.5)
"""The hours from now of a window that begins after the probe; too short for two batches, should the job be left."""
_TRIES: Final = 4
_MINUTE: Final = 60.0
_SAME: Final = timedelta(seconds=2)
_MOST_OFFSET: Final = timedelta(minutes=20)
_LAST_CALLS: Final = timedelta(minutes=9)
"""Nothing is asked in this time before the open windows end: a plan that they end looks like one that finished."""
_UNKNOWN_CLOCK: Final = timedelta(minutes=15)
"""ESA refuses calls of a machine whose clock differs by more."""


class ProbeJob:
    """One job of the probe; `ids`: its plans by role."""

    def __init__(
        self, calls: ProbeCalls, budget: UrlBudget, job: Job, site_id: str, made: Bounds
    ) -> None:
        self.calls = calls
        self.budget = budget
        self.id = job.id
        self._site_id = site_id
        self.ids: dict[str, str] = {}
        self.created: dict[str, Bounds] = {}
        self.lag = 0.0
        self.offset = offset_bounds(job.created_at, made)
        margin = _UNKNOWN_CLOCK if self.offset is None else timedelta()
        created = made[0] if self.offset is None else made[0] + self.offset[1]
        self._end = created + LIFE - margin
        calls.ends = made[0] + LIFE - margin - _LAST_CALLS

    def now(self) -> datetime:
        """The time at ESA, in whole seconds; if calls are slow, an earlier one."""
        offset = self.offset[0] if self.offset else timedelta()
        return (self.calls.now() + offset).replace(microsecond=0)

    def window(self, begins: float, ends: float) -> Window:
        """A window from and to so many hours from now."""
        now = self.now()
        return now + timedelta(hours=begins), now + timedelta(hours=ends)

    @property
    def open(self) -> Window:
        """A window that began an hour ago, and ends before a plan of an hour's Interval can submit twice."""
        return self.window(-1, 0)[0], self.end

    @property
    def parked(self) -> Window:
        """A window that begins in six hours."""
        return self.window(*_PARKED)

    @property
    def end(self) -> datetime:
        """The time at ESA at which all open windows end."""
        return self._end.replace(microsecond=0)

    @property
    def over(self) -> Window:
        """A window that ended an hour ago."""
        return self.window(-2, -1)

    def is_after(self, moment: datetime, seconds: float) -> bool:
        """Whether it may be later than this moment at ESA in so many seconds."""
        latest = self.offset[1] if self.offset else _UNKNOWN_CLOCK
        return self.calls.now() + latest + timedelta(seconds=seconds) > moment

    def created_within(self, role: str) -> Bounds | None:
        """The times at ESA between which the plan was created; None if they are not known."""
        if role not in self.created or self.offset is None:
            return None
        before, after = self.created[role]
        return before + self.offset[0], after + self.offset[1]

    def create_once(
        self, windows: Mapping[str, Window], slice_len: int = 1
    ) -> Outcome[Any]:
        """Create plans for these roles by one call; those that ESA lists after it are in `ids`."""
        specs = [
            PlanSpec(
                start_time=start,
                end_time=end,
                interval=INTERVALS[role],
                slice_len=slice_len,
            )
            for role, (start, end) in windows.items()
        ]
        before = self.calls.now()
        outcome = self.calls.make(
            lambda esa: esa.create_scheduled_preload_executions(
                job_id=self.id, executions=specs
            )
        )
        after = self.calls.now()
        for role in windows:
            self.created[role] = (self.created.get(role, (before,))[0], after)
        if outcome.kind == "done":
            self._measure_lag({INTERVALS[role] for role in windows})
        listed = self.calls.settled(self._ids_by_interval)
        for role in windows:
            if INTERVALS[role] in listed:
                self.ids[role] = listed[INTERVALS[role]]
        return outcome

    def need(self, role: str, window: Window, slice_len: int = 1) -> None:
        """Create the plan of this role unless it is there; raises NotSettled."""
        for _ in range(_TRIES):
            if role in self.ids:
                return
            outcome = self.create_once({role: window}, slice_len)
            if outcome.kind == "refused":
                raise NotSettled(f"ESA refused a plan: {outcome.seen}")
        if role not in self.ids:
            raise NotSettled("a plan could not be made")

    def plan(self, role: str) -> Plan | None:
        """The plan as ESA lists it now; None if it is not listed, or not readable."""
        if role not in self.ids:
            raise NotSettled("its plan could not be made")
        with suppress(PlanUnreadable):
            return self._plans().find(self.ids[role])
        return None

    def status(self, role: str) -> str:
        """The plan's status, by two reads; raises NotSettled."""
        return self.calls.settled(lambda: self._status_now(role))

    def statuses(self) -> dict[str, str]:
        """The statuses of all plans of the probe, by two reads; raises NotSettled."""

        def look() -> dict[str, str] | None:
            plans = self._plans()
            if plans.unreadable:
                return None
            by_id = {plan.id: plan.status or "" for plan in plans}
            found = {role: by_id[one] for role, one in self.ids.items() if one in by_id}
            return found if set(found.values()) <= set(STATUSES) else None

        return self.calls.settled(look)

    def with_status(self, *wanted: str) -> str | None:
        """The role of a plan that has one of these statuses."""
        found = self.statuses()
        return next((role for role, status in found.items() if status in wanted), None)

    def is_listed(self, role: str) -> bool:
        """Whether ESA lists the plan, by two reads; raises NotSettled."""
        wanted = self.ids[role]

        def look() -> bool | None:
            plans = self._plans()
            return None if plans.unreadable else wanted in {plan.id for plan in plans}

        return self.calls.settled(look)

    def becomes(self, role: str, *wanted: str, seconds: float = _MINUTE) -> bool:
        """Whether the plan gets one of these statuses in time, and keeps it for two reads."""
        statuses: Collection[str] = wanted
        return (
            self.calls.until(lambda: self._status_now(role) in statuses, seconds)
            and self.status(role) in statuses
        )

    def exists(self) -> bool:
        """Whether ESA lists the job, by two reads; raises NotSettled."""
        return self.calls.settled(
            lambda: self.id in {job.id for job in self.calls.read(self._jobs)}
        )

    def submitted(self) -> int:
        """The job's TaskSubmitted, by two reads; raises NotSettled."""
        count = self.calls.settled(self.submitted_now)
        self.budget.read(count)
        return count

    def submitted_now(self) -> int | None:
        """The job's TaskSubmitted."""
        return self.calls.read(
            lambda esa: esa.get_scheduled_preload_job(job_id=self.id)
        ).task_submitted

    def reserve(self, urls: int = 1) -> None:
        """Set URLs aside for the next call, after a count of what was used if it seems too much; raises NotSettled."""
        if not self.budget.has_room(urls):
            self.submitted()
        self.budget.reserve(urls)

    def hold(self, urls: int) -> None:
        """Set URLs aside for later batches of a plan; raises NotSettled."""
        if not self.budget.has_room(urls):
            self.submitted()
        self.budget.hold(urls)

    def start(self, role: str, urls: int = 1) -> Outcome[Plan]:
        """Send Start, which may submit so many URLs."""
        self.reserve(urls)
        plan_id = self.ids[role]
        return self.calls.make(
            lambda esa: esa.start_scheduled_preload_execution(plan_id=plan_id)
        )

    def stop(self, role: str) -> Outcome[Plan]:
        """Send Stop."""
        plan_id = self.ids[role]
        return self.calls.make(
            lambda esa: esa.stop_scheduled_preload_execution(plan_id=plan_id)
        )

    def reset(self) -> Outcome[Job]:
        """Send Reset."""
        outcome = self.calls.make(
            lambda esa: esa.reset_scheduled_preload_job(job_id=self.id)
        )
        if outcome.kind in {"done", "lost"}:
            self.budget.was_reset()
        return outcome

    def run(self, role: str) -> None:
        """Have the plan running, by Start unless it runs; raises NotSettled."""
        if role not in self.ids:
            raise NotSettled("its plan could not be made")
        if self._started_by_itself(role):
            return
        for _ in range(_TRIES):
            self.start(role)
            if self.becomes(role, "running"):
                return
        raise NotSettled(
            f"a plan did not run after Start, it is {self.status(role)}: is the site active?"
        )

    def halt(self, role: str) -> None:
        """Have the plan stopped; raises NotSettled if it is not."""
        for _ in range(_TRIES):
            self.stop(role)
            if self.becomes(role, "stopped", seconds=2 * SETTLE):
                return
        raise NotSettled(f"a running plan was not stopped, it is {self.status(role)}")

    def move(
        self, role: str, window: Window, slice_len: int | None = None
    ) -> str | None:
        """Move the plan's window; its status after that. Raises NotSettled if ESA does not move it."""
        start, end = window
        outcome: Outcome[Plan] = Outcome("unusable")
        for _ in range(_TRIES):
            plan_id = self.ids[role]
            outcome = self.calls.make(
                lambda esa, plan_id=plan_id: esa.update_scheduled_preload_execution(  # type: ignore[misc]
                    plan_id=plan_id, start_time=start, end_time=end, slice_len=slice_len
                )
            )
            if outcome.kind != "refused" and self.calls.until(
                lambda: self._has_window(role, window), _MINUTE / 4
            ):
                return self.status(role)
        raise NotSettled(f"ESA did not move a plan's window: {outcome.seen}")

    def _started_by_itself(self, role: str) -> bool:
        """Whether the plan runs; one whose window is open may need a moment."""
        status = self.status(role)
        if status == "waiting":
            return self.becomes(role, "running", seconds=_MINUTE / 2)
        return status == "running"

    def _has_window(self, role: str, window: Window) -> bool:
        plan = self.plan(role)
        return plan is not None and all(
            wanted is None or (actual is not None and abs(actual - wanted) < _SAME)
            for wanted, actual in zip(
                window, (plan.start_time, plan.end_time), strict=True
            )
        )

    def _jobs(self, esa: EsaClient) -> list[Job]:
        return esa.list_scheduled_preload_jobs(site_id=self._site_id)

    def _plans(self) -> PlanList:
        return self.calls.read(
            lambda esa: esa.list_scheduled_preload_executions(job_id=self.id)
        )

    def _status_now(self, role: str) -> str | None:
        plan = self.plan(role)
        return plan.status if plan is not None and plan.status in STATUSES else None

    def _ids_by_interval(self) -> dict[int, str] | None:
        plans = self._plans()
        if plans.unreadable or any(plan.interval is None for plan in plans):
            return None
        return {plan.interval: plan.id for plan in plans if plan.interval}

    def _measure_lag(self, intervals: Iterable[int]) -> None:
        """Keep the longest time that a list took to show new plans."""
        wanted, began = set(intervals), self.calls.now()
        sent = began

        def look() -> bool:
            nonlocal sent
            sent = self.calls.now()
            return wanted <= (self._ids_by_interval() or {}).keys()

        self.calls.until(look, _MINUTE)
        self.lag = max(self.lag, (sent - began).total_seconds())


def offset_bounds(
    created_at: datetime | None, made: Bounds
) -> tuple[timedelta, timedelta] | None:
    """How far ESA's clock is from this machine's, at least and at most, by when ESA says that it made the job.

    `made`: the times on this machine before and after that. None if ESA does not say it, or says what cannot be.
    """
    if created_at is None:
        return None
    bounds = created_at - made[1], created_at - made[0]
    is_likely = bounds[1] > -_MOST_OFFSET and bounds[0] < _MOST_OFFSET
    return bounds if is_likely else None
