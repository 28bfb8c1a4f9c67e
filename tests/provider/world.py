"""An emulator in this process, and the hooks with a session for it; the clock moves only by sleeps."""

import json
import random
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import httpx

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.in_process import EmulatorTransport
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials, StaticCredentials
from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.provider.session import ProviderSession
from tests.support.local_esa import job, job_id, plan, plan_id, seed

JOB, PLAN = job_id(1), plan_id(1)
ID = f"{JOB}:{PLAN}"
START, STOP = "StartScheduledPreloadExecution", "StopScheduledPreloadExecution"
LIST, DELETE = "ListScheduledPreloadExecutions", "DeleteScheduledPreloadExecution"
RESET, GET_JOB = "ResetScheduledPreloadJob", "GetScheduledPreloadJob"

LOST_AFTER = [
    {"kind": "reset", "when": "after"},
    {"kind": "server-error", "when": "after"},
    {"kind": "server-error", "when": "after", "status": 503},
    {"kind": "html", "when": "after"},
    {"kind": "truncated"},
    {"kind": "truncated", "keep": 0.0},
]
LOST_BEFORE = [
    {"kind": "reset", "when": "before"},
    {"kind": "server-error", "when": "before"},
    {"kind": "html", "when": "before"},
]


class Wire(EmulatorTransport):
    """In-process HTTP; ``spoiled``: by action, the keys that replace those of its answers.

    ``unanswered``: the action whose next call gets no answer; `deliver` carries it out.
    """

    spoiled: Mapping[str, Mapping[str, object]] = {}
    unanswered = ""
    _kept: httpx.Request | None = None

    def deliver(self) -> None:
        """Carry out the call that got no answer."""
        assert self._kept is not None
        super().handle_request(self._kept)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        action = request.headers.get("x-acs-action", "")
        if action == self.unanswered:
            # a copy, because the client removes the signature when the call has ended
            copy = httpx.Request(
                request.method,
                request.url,
                headers=request.headers,
                content=request.read(),
            )
            self.unanswered, self._kept = "", copy
            raise httpx.ReadTimeout("timed out", request=request)
        answer = super().handle_request(request)
        instead = self.spoiled.get(action)
        if not instead:
            return answer
        return httpx.Response(200, json=json.loads(answer.read()) | instead)


class World:
    """One ESA, one session, one provider."""

    def __init__(
        self,
        *statuses: str,
        dialects: tuple[str, ...] = (),
        faults: tuple[Mapping[str, Any], ...] = (),
        jobs: list[dict[str, Any]] | None = None,
        site: Mapping[str, Any] | None = None,
        deadline: float = 60.0,
        start: str = "-1h",
        end: str = "+8h",
        now: datetime | None = None,
    ) -> None:
        plans = [
            plan(n, status, start=start, end=end)
            for n, status in enumerate(statuses, 1)
        ]
        content = seed(*(jobs or [job(1, plans)]))
        content["sites"][0].update(site or {})
        self.clock = ManualClock(now or datetime.now(UTC))
        self.esa = create_app(
            seed=content,
            dialects=dialects,
            faults={"seed": 7, "faults": list(faults)},
            clock=self.clock,
            wall_clock=self.clock,
        )
        self.wire = Wire(self.esa)
        self.client = EsaClient(
            "http://esa.test",
            StaticCredentials(Credentials("emulator-key", "emulator-secret")),
            clock=self.clock,
            rng=random.Random(7),
            transport=self.wire,
            deadline=deadline,
        )
        self.deadline = deadline
        self.provider = self.process()

    @property
    def session(self) -> ProviderSession:
        return self.provider.session

    def process(self) -> PlanProvider:
        """A new provider with its own session, as in another process."""
        provider = PlanProvider()
        provider.session = ProviderSession(
            lambda: self.client,
            clock=self.clock,
            rng=random.Random(7),
            deadline=self.deadline,
        )
        return provider

    def next_process(self) -> PlanProvider:
        """Continue as another process."""
        self.provider = self.process()
        return self.provider

    def calls(self, action: str, an_id: str | None = None) -> int:
        """How many requests for the action ESA received."""
        return sum(
            entry.action == action and an_id in {None, entry.parameters.get("Id")}
            for entry in self.esa.history
        )

    def effects(self) -> list[str]:
        """The actions that had an effect, oldest first."""
        return [str(entry.action) for entry in self.esa.history if entry.effect]

    def writes(self) -> list[str]:
        """The requested actions that do not only read, oldest first."""
        actions = [str(event.action) for event in self.esa.history]
        return [action for action in actions if action not in {LIST, GET_JOB}]

    def status(self, number: int = 1) -> str:
        """A plan's actual status, by its number."""
        return self.status_of(plan_id(number))

    def status_of(self, an_id: str) -> str:
        """A plan's actual status, by its id."""
        with self.esa.state.locked() as current:
            found = current.records.plan(an_id)
            return found.status if found else "gone"


def props(**given: Any) -> dict[str, Any]:
    """A declaration of the first plan."""
    return {"plan_id": PLAN, "job_id": JOB, **given}


def created(world: World, **given: Any) -> dict[str, Any]:
    """The outputs of the first plan after it was created."""
    outs = world.provider.create(props(**given)).outs
    assert outs is not None
    return outs


def fault(kind: dict[str, Any], *, action: str = START, **more: Any) -> dict[str, Any]:
    """A fault of that kind, in the next call of the action unless ``more`` says when."""
    return kind | {"actions": action} | (more or {"times": 1})


def fault_id(kind: dict[str, Any]) -> str:
    """The name of a test's row by its fault."""
    return "-".join(str(value) for value in kind.values())
