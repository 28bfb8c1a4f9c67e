"""Emulators to test: in this process on a manual clock, or on a socket."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Protocol

import pytest

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.in_process import EmulatorTransport
from pulumi_esa_emulator.http.server import running
from tests.emulator.client import Client, Document
from tests.emulator.seeds import seed

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


class House:
    """An emulator in this process, its clocks, and a client of it."""

    def __init__(self, emulator: Emulator, clock: ManualClock) -> None:
        self.emulator = emulator
        self.clock = clock
        self.esa = Client(EmulatorTransport(emulator))
        self.control = Client(EmulatorTransport(emulator)).http

    def plan(self, plan_id: str) -> Document:
        """The plan as the state shows it."""
        state = self.control.get("/_emulator/state").json()
        plans = {one["Id"]: one for job in state["jobs"] for one in job["plans"]}
        return dict(plans[plan_id])

    def status(self, plan_id: str) -> str:
        """The plan's status."""
        return str(self.plan(plan_id)["Status"])

    def submitted(self, job: int = 0) -> int:
        """How many URLs of a job were submitted."""
        state = self.control.get("/_emulator/state").json()
        return int(state["jobs"][job]["TaskSubmitted"])


class Houses(Protocol):
    """Makes houses."""

    def __call__(
        self,
        document: Document | None = None,
        *,
        dialects: Iterable[str] = (),
        faults: Document | None = None,
    ) -> House: ...


@pytest.fixture
def house() -> Houses:
    def make(
        document: Document | None = None,
        *,
        dialects: Iterable[str] = (),
        faults: Document | None = None,
    ) -> House:
        clock = ManualClock(START)
        emulator = create_app(
            seed=document or seed(), clock=clock, dialects=dialects, faults=faults
        )
        return House(emulator, clock)

    return make


class Sockets(Protocol):
    """Serves emulators."""

    def __call__(
        self, document: Document | None = None, *, faults: Document | None = None
    ) -> tuple[str, Emulator]: ...


@pytest.fixture
def served() -> Iterator[Sockets]:
    with ExitStack() as stack:

        def serve(
            document: Document | None = None, *, faults: Document | None = None
        ) -> tuple[str, Emulator]:
            emulator = create_app(seed=document or seed(), faults=faults)
            return stack.enter_context(running(emulator)), emulator

        yield serve
