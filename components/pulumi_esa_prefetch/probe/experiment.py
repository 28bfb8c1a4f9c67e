"""The steps of a probe in their order: what each sends and reads; `judgements` says what that proves.

A step that proves nothing leaves its questions as not settled, with the reason, and the next step goes on. The order
keeps the number of prefetched URLs down: the plans "next" and "no-start" are used for all that needs a running plan,
then the plan "rest" takes what is left of the list, and after a Reset the plans "last" and "deleted" take a few URLs.
The windows of all plans that run end before a batch that was not reserved, so that no call can take too long.
"""

from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.probe import judgements
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.outcomes import NotSettled, Outcome
from pulumi_esa_prefetch.probe.probe_calls import SETTLE
from pulumi_esa_prefetch.probe.probe_job import INTERVALS, LIST_LENGTH, ProbeJob

LEAD: Final = 90.0
"""Seconds until the StartTime of the plan that shall start by itself."""
GRACE: Final = 180.0
"""Seconds after its StartTime after which a plan that waits still is one that waits for Start."""
_TRIES: Final = 4
_MINUTE: Final = 60.0
_ENDED: Final = ("stopped", "finished", "failed")

Judge = Callable[[], Verdict | None]
Answers = dict[str, "Verdict | str"]


@dataclass
class Experiment:
    """The steps on one job; `answers`: a verdict, or the reason that there is none, by question."""

    job: ProbeJob
    tell: Callable[[str, "Verdict | str"], None]
    answers: Answers = field(default_factory=dict)
    _runner: str = ""
    _overruns: bool = False
    _rest: int = 0
    _count_before: int | None = None
    _counts: bool = False
    _parked_starts: bool | None = None

    def run(self) -> None:
        """Take all steps."""
        for questions, step in self._steps():
            try:
                step()
            except NotSettled as error:
                why = str(error)
            else:
                why = "the answers that came contradict each other"
            for question in questions:
                if question not in self.answers:
                    self._answer(question, why)

    def _steps(self) -> Iterator[tuple[tuple[str, ...], Callable[[], None]]]:
        yield ("bad-plans",), self._bad_plans
        yield ("equal-window",), self._equal_window
        yield ("stop-waiting",), self._stop_waiting
        yield (), self._make_without_start
        yield ("new-plan",), self._new_plan
        yield ("no-start",), self._no_start
        yield (), self._check_counts
        yield ("start-running",), self._start_running
        yield ("stop-stopped", "start-late"), self._stop_and_start_late
        yield ("start-shows",), self._start_shows
        yield ("window-over",), self._window_over
        yield ("cursor",), self._cursor
        yield ("stop-finished", "start-finished"), self._finished
        yield ("stop-failed", "start-failed"), self._failed
        yield ("reset",), self._reset
        yield ("delete-running",), self._delete_running
        yield ("delete-job",), self._delete_job

    def _bad_plans(self) -> None:
        job = self.job
        start, end = job.parked
        windows = {"parked": (start, end), "bad": (end, start)}

        def judge() -> Verdict | None:
            outcome = job.create_once(windows)
            good, bad = ("parked" in job.ids), ("bad" in job.ids)
            verdict = judgements.bad_plans(outcome, good=good, bad=bad)
            if verdict and verdict.answer == "refused":
                job.need("parked", job.parked)  # so it was for the bad one
            return verdict

        self._try("bad-plans", judge)

    def _equal_window(self) -> None:
        job = self.job
        start = job.parked[0]

        def judge() -> Verdict | None:
            outcome = job.create_once({"equal": (start, start)})
            verdict = judgements.equal_window(outcome, listed="equal" in job.ids)
            if verdict and verdict.answer == "refused":
                job.need("last", job.parked)  # so it was not for want of room
            return verdict

        self._try("equal-window", judge)

    def _stop_waiting(self) -> None:
        self.job.need("parked", self.job.parked)
        self._handled("stop-waiting", "waiting", "parked", self.job.stop)

    def _make_without_start(self) -> None:
        self.job.reserve()
        self.job.need("no-start", (None, self.job.end))
        self._count_before = self.job.submitted()

    def _new_plan(self) -> None:
        job = self.job
        job.reserve()
        start = job.now() + timedelta(seconds=LEAD)
        job.need("next", (start, job.end))
        job.calls.wait(max(0.0, (start - job.now()).total_seconds()))
        if job.becomes("next", "running", seconds=GRACE):
            self._answer("new-plan", Verdict("starts"))
            return
        status = job.status("next")
        if status != "waiting":
            raise NotSettled(f"a new plan is {status} after its StartTime")
        job.run("next")  # so its site lets plans run
        self._answer("new-plan", Verdict("waits", "still waiting three minutes later"))

    def _no_start(self) -> None:
        job = self.job
        readings: list[datetime | None] = []
        for _ in range(6):
            job.calls.wait(_MINUTE / 15)
            plan = job.plan("no-start")
            readings += [plan.start_time] if plan is not None else []
        status = job.status("no-start")
        made = job.created_within("no-start")
        self._try(
            "no-start", lambda: judgements.no_start(readings, made, status), tries=1
        )

    def _check_counts(self) -> None:
        """Learn whether TaskSubmitted counts batches: some questions need it."""
        job = self.job
        job.run("next")
        if self._count_before is None:
            return
        before = self._count_before
        job.calls.until(lambda: (job.submitted_now() or 0) > before, _MINUTE)
        self._counts = job.submitted() == before + 1

    def _start_running(self) -> None:
        job = self.job
        self._need_counts()

        def judge() -> Verdict | None:
            job.run("next")
            before = job.submitted()
            outcome = job.start("next")
            job.calls.until(
                lambda: outcome.kind == "refused" or job.submitted_now() != before,
                _MINUTE / 2,
            )
            verdict = judgements.start_running(outcome, before, job.submitted())
            self._need_counts()
            return verdict if job.status("next") == "running" else None

        self._try("start-running", judge)

    def _stop_and_start_late(self) -> None:
        job = self.job
        job.run("next")
        job.halt("next")
        self._handled("stop-stopped", "stopped", "next", job.stop)
        if job.move("next", job.over) != "stopped":
            raise NotSettled("a stopped plan changed as its window was moved")
        self._handled("start-late", "stopped", "next", job.start)

    def _start_shows(self) -> None:
        job = self.job
        self._runner = "next" if job.status("next") == "stopped" else "no-start"
        runner = self._runner
        if runner == "next":
            job.move(runner, job.open)

        def judge() -> Verdict | None:
            if job.status(runner) == "running":
                job.halt(runner)
            outcome = job.start(runner)
            return judgements.start_shows(outcome, ran=job.becomes(runner, "running"))

        self._try("start-shows", judge)

    def _window_over(self) -> None:
        job, runner = self.job, self._runner or "no-start"
        job.run(runner)
        if job.submitted() >= LIST_LENGTH:
            raise NotSettled("the URL list ended before the window")
        end = job.now() + timedelta(seconds=_MINUTE / 2)
        job.move(runner, (None, end))
        job.calls.wait(_MINUTE / 2)
        if not job.becomes(runner, "finished", "failed", seconds=2 * _MINUTE):
            self._overruns = True
            raise NotSettled(f"a plan is {job.status(runner)} after its EndTime")
        self._answer("window-over", Verdict(job.status(runner)))

    def _cursor(self) -> None:
        job = self.job
        self._need_counts()
        before = job.submitted()
        rest = LIST_LENGTH - before
        if not 0 < before < LIST_LENGTH:
            raise NotSettled(f"{before} of {LIST_LENGTH} URLs were submitted before it")
        job.reserve(rest)
        self._rest = rest
        job.need("rest", job.open, rest)
        job.calls.until(lambda: job.submitted_now() == LIST_LENGTH, _MINUTE / 2)
        if job.status("rest") == "waiting":
            job.start("rest", urls=0)
        job.becomes("rest", "finished", seconds=_MINUTE)
        count, status = job.submitted(), job.status("rest")
        if count != LIST_LENGTH or status not in {"finished", "running"}:
            raise NotSettled(
                f"{count} URLs were submitted, and the last plan is {status}"
            )
        answer = "job" if status == "finished" else "plan"
        self._answer("cursor", Verdict(answer, f"the plan is {status}"))

    def _finished(self) -> None:
        job = self.job
        role = job.with_status("finished") or self._finish_rest()
        self._handled("stop-finished", "finished", role, job.stop)
        self._start_parked("finished", role)

    def _finish_rest(self) -> str:
        """Let the plan "rest" submit what it has not: where each plan has its own place in the list."""
        job, cursor = self.job, self.answers.get("cursor")
        if not isinstance(cursor, Verdict) or cursor.answer != "plan":
            raise NotSettled("no plan finished")
        job.halt("rest")
        job.move("rest", job.open, LIST_LENGTH)
        job.reserve(LIST_LENGTH - self._rest)
        for _ in range(_TRIES):
            if job.status("rest") == "stopped":
                job.start("rest", urls=0)
            if job.becomes("rest", "finished"):
                job.submitted()
                return "rest"
        raise NotSettled("no plan finished")

    def _failed(self) -> None:
        job = self.job
        try:
            role: str | None = self._fail()
        except NotSettled:  # a window that ended may have left another one
            role = job.with_status("failed")
        if role is None:
            raise NotSettled("no plan failed: it needs one, of whatever cause")
        self._handled("stop-failed", "failed", role, job.stop)
        self._start_parked("failed", role)

    def _fail(self) -> str:
        """Let a plan fail: its window is over before it could open."""
        job = self.job
        job.need("parked", job.parked)
        job.start("parked")
        job.move("parked", job.over)
        if not job.becomes("parked", "failed"):
            raise NotSettled(f"it is {job.status('parked')}")
        return "parked"

    def _start_parked(self, status: str, role: str) -> None:
        """Learn what Start does to a plan that has ended, in a window that has not begun: it costs no URL."""
        found = self.job.move(role, self.job.parked)
        if found != status:
            raise NotSettled(f"a {status} plan is {found} after its window was moved")
        self._need_parked_starts()
        self._handled(f"start-{status}", status, role, self.job.start)

    def _need_parked_starts(self) -> None:
        """Raise NotSettled unless ESA takes a Start before the window of a plan that waits."""
        job = self.job
        if self._parked_starts is None:
            job.need("last", job.parked)
            outcome = job.start("last")
            if outcome.kind in {"done", "refused"}:
                self._parked_starts = outcome.kind == "done"
        if self._parked_starts is False:
            raise NotSettled("Start before the window of a waiting plan is refused too")

    def _reset(self) -> None:
        job = self.job
        idle = self._reset_without_running()
        self._run_last()

        def judge() -> Verdict | None:
            before = job.submitted()
            outcome = job.reset()
            rewound = job.submitted() == 0 < before
            accepted = judgements.reset_while_running(outcome, rewound=rewound)
            if accepted is None:
                return None
            if accepted and idle is None:
                raise NotSettled("no plan had ended that a Reset could change")
            return idle if accepted else Verdict("refused", outcome.seen)

        self._try("reset", judge)

    def _reset_without_running(self) -> Verdict | None:
        """Reset the job while no plan runs; what that does to a plan that has ended, if there is one."""
        job = self.job
        for running, status in job.statuses().items():
            if status == "running":
                job.halt(running)
        for ended, status in job.statuses().items():
            if status in _ENDED:
                job.move(ended, job.parked)
        role = job.with_status(*_ENDED)
        for _ in range(_TRIES):
            status = job.status(role) if role else ""
            before = job.submitted()
            outcome = job.reset()
            if outcome.kind == "refused":
                raise NotSettled(f"Reset with no running plan: {outcome.seen}")
            rewound = job.submitted() == 0 < before
            after = job.status(role) if role else ""
            verdict = judgements.reset_without_running(
                outcome, status, after, rewound=rewound
            )
            if verdict is not None:
                return verdict if role else None
        raise NotSettled("Reset got no usable answer")

    def _run_last(self) -> None:
        """Have the plan running with which the job is deleted."""
        job = self.job
        job.need("last", job.parked)
        if job.status("last") != "running":
            job.reserve()  # it may start by itself
            job.move("last", job.open)
            job.run("last")

    def _delete_running(self) -> None:
        """Delete a plan with a short Interval; its window ends before a batch that was not reserved."""
        job, interval = self.job, INTERVALS["deleted"]
        self._need_counts()
        if job.offset is None or self._overruns:
            raise NotSettled("when the window of a plan ends is not known")
        if job.submitted() + 2 > LIST_LENGTH:
            raise NotSettled("too little is left of the URL list")
        later = next((n for n in (3, 2) if job.budget.has_room(n + 1)), 1)
        job.hold(later)
        end = job.now() + timedelta(seconds=(later + 1) * interval - 5)
        try:
            job.reserve()  # it may start by itself
            job.need("deleted", (job.open[0], min(end, job.end)))
            job.run("deleted")
            self._try("delete-running", lambda: self._deleted(min(end, job.end)))
        finally:
            self._end_deleted(end)

    def _deleted(self, end: datetime) -> Verdict | None:
        job, plan_id = self.job, self.job.ids["deleted"]
        outcome: Outcome[str] = job.calls.make(
            lambda esa: esa.delete_scheduled_preload_execution(plan_id=plan_id)
        )
        if job.is_listed("deleted"):
            verdict = judgements.delete_listed(outcome)
            if verdict:
                self._delete_waiting()
            return verdict
        job.calls.wait(_MINUTE / 2)  # a batch from before the Delete counts by now
        before, seconds = job.submitted(), INTERVALS["deleted"] + _MINUTE
        if before >= LIST_LENGTH or job.is_after(end, INTERVALS["deleted"] + SETTLE):
            raise NotSettled("a batch after the Delete cannot be waited for")
        grew = job.calls.until(lambda: (job.submitted_now() or 0) > before, seconds)
        job.submitted()
        return judgements.delete_unlisted(grew=grew)

    def _end_deleted(self, end: datetime) -> None:
        """Stop the plan with the short Interval, or wait until its window is over: then it submits nothing."""
        job, found = self.job, self.answers.get("delete-running")
        answer = found.answer if isinstance(found, Verdict) else ""
        has_ended = answer == "accepted"
        if not has_ended and answer != "ignored" and "deleted" in job.ids:
            with suppress(NotSettled):
                job.halt("deleted")
                has_ended = True
        if not has_ended:
            left = (end - job.now()).total_seconds()
            job.calls.wait(max(0.0, left) + _MINUTE / 2)
        job.budget.release()

    def _delete_waiting(self) -> None:
        """Raise NotSettled unless ESA deletes a plan that waits."""
        job = self.job
        job.need("bad", job.parked)
        plan_id = job.ids["bad"]
        for _ in range(_TRIES):
            job.calls.make(
                lambda esa: esa.delete_scheduled_preload_execution(plan_id=plan_id)
            )
            if not job.is_listed("bad"):
                del job.ids["bad"]
                return
        raise NotSettled("Delete of a waiting plan has no effect either")

    def _delete_job(self) -> None:
        job = self.job
        self._run_last()
        job.submitted()  # for the last time, if the job is deleted

        def judge() -> Verdict | None:
            outcome: Outcome[str] = job.calls.make(
                lambda esa: esa.delete_scheduled_preload_job(job_id=job.id)
            )
            return judgements.delete_job(outcome, listed=job.exists())

        self._try("delete-job", judge)

    def _handled(
        self,
        question: str,
        status: str,
        role: str,
        send: Callable[[str], Outcome[Plan]],
    ) -> None:
        """Answer a question of the kind accepted, ignored or refused, on a plan that has this status."""
        job = self.job

        def judge() -> Verdict | None:
            before = job.status(role)
            if before != status:
                raise NotSettled(f"a plan that should be {status} is {before}")
            return judgements.handling(before, send(role), job.status(role))

        self._try(question, judge)

    def _need_counts(self) -> None:
        """Raise NotSettled unless each batch counts."""
        if not self._counts:
            raise NotSettled(
                "TaskSubmitted did not grow by one as one URL was submitted"
            )

    def _try(self, question: str, judge: Judge, tries: int = _TRIES) -> None:
        for _ in range(tries):
            verdict = judge()
            if verdict is not None:
                self._answer(question, verdict)
                return
        raise NotSettled("no usable answer came, by faults on the way or at ESA")

    def _answer(self, question: str, answer: Verdict | str) -> None:
        if isinstance(answer, Verdict):
            self.job.calls.need_time()
        self.answers[question] = answer
        self.tell(question, answer)
