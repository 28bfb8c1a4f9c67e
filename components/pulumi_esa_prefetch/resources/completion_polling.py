"""Waits in the program's event loop until plans have finished, or run; changes no plan.

There is one poller per job: one List call serves all waits for plans of that job. A wait ignores a list that
was requested before the wait began, and does not trust a later one that may be older than a Start.
"""

import asyncio
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args
from weakref import WeakKeyDictionary

from pulumi import RunError, get_project, get_stack, log
from pulumi.output import UNKNOWN
from pulumi.runtime import is_dry_run
from pulumi.runtime.config import get_config

from pulumi_esa_prefetch.api.client_factory import make_client
from pulumi_esa_prefetch.api.errors import (
    BadCredentials,
    Denied,
    EsaError,
    NoCredentials,
    NotFound,
    NotFromEsa,
)
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.plan_list import PlanList
from pulumi_esa_prefetch.clock import SystemClock
from pulumi_esa_prefetch.provider.read_after_write import LAG
from pulumi_esa_prefetch.settings.settings import SettingsError, read_settings
from pulumi_esa_prefetch.settings.webhook import WebhookTarget
from pulumi_esa_prefetch.tracing.spans import span
from pulumi_esa_prefetch.webhook.plan_end import Outcome, PlanEnd, outcome_of

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.client import EsaClient

Until = Literal["finished", "running"]

_GONE = "gone from ESA"
_NOT_SEEN = "not seen yet"
_PERMANENT_ERRORS = (BadCredentials, Denied, NotFromEsa, NoCredentials)
_ENDED_EARLY = {"stopped", "failed", _GONE}
_STARTED = {"waiting", "running"}


@dataclass(frozen=True)
class PollTiming:
    """All in seconds but ``growth``, the factor by which pauses between List calls grow.

    Pauses grow from ``first`` to ``longest``. When another wait begins, the next call is made at once.
    Right after a Start a list may still show the status from before it. ``patience``: how long a plan may be
    listed as stopped, failed or gone before its wait fails. ``lag``: how long after a wait began a list is
    not trusted if it shows another status than the state does. ``call``: the limit for one List call with
    its retries.
    """

    first: float = 1.0
    growth: float = 1.5
    longest: float = 30.0
    patience: float = 10.0
    lag: float = LAG
    call: float = 30.0


@dataclass(frozen=True)
class WaitCondition:
    """Which status a plan has to reach, within how many seconds; ``recorded``: its status in the state.

    ``resource``: the name of the resource that waits.
    """

    job_id: str
    plan_id: str
    until: Until
    timeout: float
    recorded: str
    resource: str = ""

    @classmethod
    def of(
        cls, known: Mapping[str, str], until: Until, timeout: float, resource: str = ""
    ) -> "WaitCondition":
        """The condition for the outputs of a plan's resource: ids in lower case, empty where one cannot be read."""
        job_id, plan_id = (object_id(known[name]) for name in ("job_id", "plan_id"))
        return cls(
            job_id or "", plan_id or "", until, timeout, known["status"], resource
        )

    def is_met_by(self, status: str | None) -> bool:
        """Whether a plan with that status has got there; a finished plan has been running too."""
        return status in {self.until, "finished"}

    def may_predate_start(self, status: str) -> bool:
        """Whether that status may be from before the Start that the state shows."""
        return self.recorded in _STARTED and status != self.recorded

    def __str__(self) -> str:
        return f"plan {self.job_id}:{self.plan_id}"


class WaitFailed(RunError):
    """A plan did not get there: it ended otherwise, or the time is over. ``status``: the last one that ESA listed."""

    def __init__(self, sentence: str, outcome: Outcome, status: str) -> None:
        super().__init__(sentence)
        self.outcome: Outcome = outcome
        self.status = status


class PlanWaiter:
    """All waits of one event loop; ``report``: gets how each ended, may block, and returns a warning or nothing."""

    def __init__(
        self,
        client: "EsaClient",
        timing: PollTiming | None = None,
        report: Callable[[PlanEnd], str] | None = None,
    ) -> None:
        self._timing = timing or PollTiming()
        self._report = report
        self._client = client.limited(seconds=self._timing.call)
        self._pollers: dict[str, _JobPoller] = {}

    async def wait(self, condition: WaitCondition) -> str:
        """Wait until the condition is met, and return the plan's status then.

        Raises RunError, one sentence, if it cannot be met any longer, or not in time.
        """
        began = asyncio.get_running_loop().time()
        try:
            status = await self._until_met(condition)
        except WaitFailed as failure:
            await self._tell(condition, failure.outcome, failure.status, began)
            raise
        await self._tell(condition, "reached", status, began)
        return status

    async def _until_met(self, condition: WaitCondition) -> str:
        poller = self._pollers.get(condition.job_id)
        if poller is None:
            poller = _JobPoller(self._client, condition.job_id, self._timing)
            self._pollers[condition.job_id] = poller
        poller.join()
        state = _WaitState(condition, self._timing)
        try:
            async with asyncio.timeout(condition.timeout) as limit:
                end = limit.when()
                while not await state.is_met(poller):
                    # A list that meets the condition but is not trusted yet must not end in a timeout.
                    limit.reschedule(None if state.is_unconfirmed else end)
        except TimeoutError:
            raise state.too_late() from None
        return state.status

    async def _tell(
        self, condition: WaitCondition, outcome: Outcome, status: str, began: float
    ) -> None:
        """Report how a wait ended, if somebody wants to know; a failure is a warning."""
        if self._report is None:
            return
        end = PlanEnd(
            plan=condition.plan_id,
            job=condition.job_id,
            outcome=outcome,
            status="" if status in {_GONE, _NOT_SEEN} else status,
            until=condition.until,
            when=SystemClock().now(),
            seconds=asyncio.get_running_loop().time() - began,
            project=get_project(),
            stack=get_stack(),
            resource=condition.resource,
        )
        problem = await asyncio.to_thread(self._report, end)
        if problem:
            log.warn(problem)


async def wait_unless_preview(
    known: Mapping[str, str],
    until: Until,
    seconds: float,
    open_waiter: Callable[[], PlanWaiter],
    resource: str = "",
) -> Any:
    """The status of a plan that its resource has recorded so, once it is reached; a preview waits for nothing.

    Raises RunError.
    """
    condition = WaitCondition.of(known, until, seconds, resource)
    if is_dry_run():
        is_met = condition.is_met_by(condition.recorded)
        return condition.recorded if is_met else UNKNOWN
    if condition.recorded == "finished":
        return "finished"
    if not (condition.job_id and condition.plan_id):
        raise RunError(
            f"plan {known['plan_id']!r} of job {known['job_id']!r} cannot be waited for: an id has 24 hex digits"
        )
    attributes = {"esa.job_id": condition.job_id, "esa.plan_id": condition.plan_id}
    with span(f"wait until {until}", attributes, kind="internal"):
        return await open_waiter().wait(condition)


def wrong_wait(until: object, timeout: object) -> Iterator[str]:
    """Report each argument of a wait that is of a wrong type or value, as a clause."""
    if until not in get_args(Until):
        yield f"until must be {' or '.join(get_args(Until))}"
    if isinstance(timeout, bool) or not (
        isinstance(timeout, int | float) and timeout > 0
    ):
        yield "timeout must be a number of seconds above 0"


@dataclass(frozen=True)
class _PolledList:
    """A job's plans by id, and the time at which they were requested."""

    requested: float
    plans: PlanList


class _JobPoller:
    """Lists the plans of one job, for all waits for a plan of that job."""

    def __init__(self, client: "EsaClient", job_id: str, timing: PollTiming) -> None:
        self._client = client
        self._job_id = job_id
        self._timing = timing
        self._pause = 0.0
        self._joined = asyncio.Event()
        self._next: asyncio.Task[_PolledList] | None = None

    def join(self) -> None:
        self._pause = 0.0
        self._joined.set()

    async def next_list(self) -> _PolledList:
        """Return the job's plans, after a pause; all calls during the pause get the same list."""
        if self._next is None or self._next.done():
            self._next = asyncio.ensure_future(self._poll())
        return await asyncio.shield(self._next)

    async def _poll(self) -> _PolledList:
        self._joined.clear()
        if self._pause:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._joined.wait(), self._pause)
        grown = max(self._timing.first, self._pause * self._timing.growth)
        self._pause = min(self._timing.longest, grown)
        requested = asyncio.get_running_loop().time()
        try:
            plans = await asyncio.to_thread(
                self._client.list_scheduled_preload_executions, job_id=self._job_id
            )
        except NotFound:
            return _PolledList(requested, PlanList())
        return _PolledList(requested, plans)


class _WaitState:
    """What one wait has seen of its plan since it began."""

    def __init__(self, condition: WaitCondition, timing: PollTiming) -> None:
        self._condition = condition
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._joined = self._loop.time()
        self._ended_since: float | None = None
        self._error: EsaError | None = None
        self.status = _NOT_SEEN
        self.is_unconfirmed = False

    async def is_met(self, poller: _JobPoller) -> bool:
        self.is_unconfirmed = False
        try:
            answer = await poller.next_list()
            plan = answer.plans.find(self._condition.plan_id)
        except _PERMANENT_ERRORS as error:
            raise RunError(f"{self._condition} cannot be waited for: {error}") from None
        except EsaError as error:
            self._error = error
            return False
        if answer.requested < self._joined:
            return False
        self._error = None
        self.status = (plan.status or "unknown") if plan else _GONE
        met = self._condition.is_met_by(self.status)
        trusted_from = self._trusted_from(answer.requested)
        if answer.requested >= trusted_from:
            self._fail_if_ended()
            return met
        if met:
            self.is_unconfirmed = True
            self._loop.call_at(trusted_from, poller.join)
        return False

    def too_late(self) -> WaitFailed:
        failed = f"; the last call failed: {self._error}" if self._error else ""
        return WaitFailed(
            f"{self._condition} is not {self._condition.until} after {self._condition.timeout:g} seconds: it is "
            f"{self.status}{failed}; set a longer timeout, or check its window and pace",
            "timed_out",
            self.status,
        )

    def _trusted_from(self, requested: float) -> float:
        """The time from which a list is trusted: one requested earlier may lag behind a Start."""
        if self.status in _ENDED_EARLY:
            self._ended_since = self._ended_since or requested
            return self._ended_since + self._timing.patience
        self._ended_since = None
        if self._condition.may_predate_start(self.status):
            return self._joined + self._timing.lag
        return requested

    def _fail_if_ended(self) -> None:
        if self.status not in _ENDED_EARLY:
            return
        gone = self.status == _GONE
        raise WaitFailed(
            f"{self._condition} is {self.status}, so it will not be {self._condition.until}"
            + ("; if it was deleted there, remove its declaration" if gone else ""),
            outcome_of(self.status),
            self.status,
        )


_waiters: WeakKeyDictionary[asyncio.AbstractEventLoop, PlanWaiter] = WeakKeyDictionary()


def program_waiter() -> PlanWaiter:
    """The waiter of the running program, with the stack's settings. Raises RunError."""
    loop = asyncio.get_running_loop()
    if loop not in _waiters:
        try:
            settings = read_settings(get_config, os.environ)
            client = make_client(settings)
        except (NoCredentials, SettingsError) as error:
            raise RunError(str(error)) from None
        _waiters[loop] = PlanWaiter(client, report=reporter(settings.webhook))
    return _waiters[loop]


def reporter(webhook: WebhookTarget | None) -> Callable[[PlanEnd], str] | None:
    """What tells a webhook how waits ended; None without one."""
    if webhook is None:
        return None
    from pulumi_esa_prefetch.webhook.sender import Webhook  # noqa: PLC0415 -- heavy

    return Webhook(webhook).call
