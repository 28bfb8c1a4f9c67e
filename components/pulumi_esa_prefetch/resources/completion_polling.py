"""Waiting, in the program's event loop, until plans get as far as they should; changes no plan.

There is one poller for each job: however many of its plans are waited for, one List call tells of all. Who
joins believes no list that was asked for before, and of a later one only what cannot be from before a Start.
"""

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from weakref import WeakKeyDictionary

from pulumi import RunError
from pulumi.runtime.config import get_config

from pulumi_esa_prefetch.api.client_factory import make_client
from pulumi_esa_prefetch.api.errors import (
    BadCredentials,
    Denied,
    EsaError,
    NoCredentials,
    NotFound,
)
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.provider.read_after_write import LAG
from pulumi_esa_prefetch.settings.settings import SettingsError, read_settings

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.client import EsaClient

Until = Literal["finished", "running"]

_GONE = "gone from ESA"
_HOPELESS = (BadCredentials, Denied, NoCredentials)
_LOST = {"stopped", "failed", _GONE}
_SET_GOING = {"waiting", "running"}


@dataclass(frozen=True)
class PollTiming:
    """Seconds: pauses grow from the first to the longest, and begin anew when somebody joins.

    Right after a Start, lists may still show what was before. ``patience``: how long a plan may look
    stopped, failed or gone, from when it is first seen so. ``lag``: how long after joining a list may
    not be believed that a plan is further than its record. ``call``: how long one List call is tried.
    """

    first: float = 1.0
    growth: float = 1.5
    longest: float = 30.0
    patience: float = 10.0
    lag: float = LAG
    call: float = 30.0


@dataclass(frozen=True)
class WaitCondition:
    """How far a plan should get, within how many seconds; ``record``: the status on its record."""

    job_id: str
    plan_id: str
    until: Until
    timeout: float
    record: str

    def is_met_by(self, status: str | None) -> bool:
        """Whether a plan of that status is as far; a finished plan has been running."""
        return status in {self.until, "finished"}

    def may_predate_start(self, status: str) -> bool:
        """Whether a plan may have been so before it was set going, as it was by its record."""
        return self.record in _SET_GOING and status != self.record

    def __str__(self) -> str:
        return f"plan {self.job_id}:{self.plan_id}"


class PlanWaiter:
    """All waiting of one event loop."""

    def __init__(self, client: "EsaClient", timing: PollTiming | None = None) -> None:
        self._timing = timing or PollTiming()
        self._client = client.limited(seconds=self._timing.call)
        self._pollers: dict[str, _JobPoller] = {}

    async def wait(self, condition: WaitCondition) -> str:
        """Wait until the wish is met, and answer the plan's status then.

        Raises RunError, one sentence, if it will not be met, or not in time.
        """
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
                    # What looks as wished does not fail only because it is not believed yet.
                    limit.reschedule(None if state.is_unconfirmed else end)
        except TimeoutError:
            raise state.too_late() from None
        return state.status


@dataclass(frozen=True)
class _PolledList:
    """A job's plans by their ids, and the moment from which on they are: when they were asked for."""

    asked: float
    plans: Mapping[str, Plan]


class _JobPoller:
    """Lists the plans of one job for all who wait for one of them."""

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

    async def look(self) -> _PolledList:
        """The job's plans, after a pause; whoever asks meanwhile gets the same answer."""
        if self._next is None or self._next.done():
            self._next = asyncio.ensure_future(self._look())
        return await asyncio.shield(self._next)

    async def _look(self) -> _PolledList:
        self._joined.clear()
        if self._pause:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._joined.wait(), self._pause)
        grown = max(self._timing.first, self._pause * self._timing.growth)
        self._pause = min(self._timing.longest, grown)
        asked = asyncio.get_running_loop().time()
        try:
            plans = await asyncio.to_thread(
                self._client.list_scheduled_preload_executions, job_id=self._job_id
            )
        except NotFound:
            return _PolledList(asked, {})
        return _PolledList(asked, {plan.id: plan for plan in plans})


class _WaitState:
    """What one who waits has seen of the plan since joining."""

    def __init__(self, condition: WaitCondition, timing: PollTiming) -> None:
        self._condition = condition
        self._timing = timing
        self._loop = asyncio.get_running_loop()
        self._joined = self._loop.time()
        self._lost_since: float | None = None
        self._error: EsaError | None = None
        self.status = "not seen yet"
        self.is_unconfirmed = False

    async def is_met(self, poller: _JobPoller) -> bool:
        self.is_unconfirmed = False
        try:
            answer = await poller.look()
        except _HOPELESS as error:
            raise RunError(f"{self._condition} cannot be waited for: {error}") from None
        except EsaError as error:
            self._error = error
            return False
        if answer.asked < self._joined:
            return False
        self._error = None
        plan = answer.plans.get(self._condition.plan_id)
        self.status = (plan.status or "unknown") if plan else _GONE
        met = self._condition.is_met_by(self.status)
        trusted_from = self._trusted_from(answer.asked)
        if answer.asked >= trusted_from:
            self._give_up_if_lost()
            return met
        if met:
            self.is_unconfirmed = True
            self._loop.call_at(trusted_from, poller.join)
        return False

    def too_late(self) -> RunError:
        failed = f"; the last look failed: {self._error}" if self._error else ""
        return RunError(
            f"{self._condition} is not {self._condition.until} after {self._condition.timeout:g} seconds: it is "
            f"{self.status}{failed}; allow more by timeout, or look at its window and pace"
        )

    def _trusted_from(self, asked: float) -> float:
        """The moment from which on a list cannot say so only because it lags behind a Start."""
        if self.status in _LOST:
            self._lost_since = self._lost_since or asked
            return self._lost_since + self._timing.patience
        self._lost_since = None
        if self._condition.may_predate_start(self.status):
            return self._joined + self._timing.lag
        return asked

    def _give_up_if_lost(self) -> None:
        if self.status not in _LOST:
            return
        gone = self.status == _GONE
        raise RunError(
            f"{self._condition} is {self.status}, so that it will not be {self._condition.until}"
            + ("; if it was removed there, declare it no more" if gone else "")
        )


_waiters: WeakKeyDictionary[asyncio.AbstractEventLoop, PlanWaiter] = WeakKeyDictionary()


def program_waiter() -> PlanWaiter:
    """The watch of the program that runs now, with the stack's settings. Raises RunError."""
    loop = asyncio.get_running_loop()
    if loop not in _waiters:
        try:
            settings = read_settings(get_config, os.environ)
            client = make_client(settings)
        except SettingsError as error:
            raise RunError(str(error)) from None
        _waiters[loop] = PlanWaiter(client)
    return _waiters[loop]
