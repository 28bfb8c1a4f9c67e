"""Fixtures: an emulator in this process on a manual clock, or on a socket."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from typing import Protocol

import pytest

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.in_process import EmulatorTransport
from pulumi_esa_emulator.http.server import running
from tests.emulator.seeds import seed
from tests.emulator.signed_client import Document, SignedClient

START = datetime(2026, 6, 1, 12, tzinfo=UTC)


class InProcessEmulator:
    """An emulator in this process, its clock, and its clients."""

    def __init__(self, app: Emulator, clock: ManualClock) -> None:
        self.app = app
        self.clock = clock
        self.esa = SignedClient(EmulatorTransport(app))
        self.control = SignedClient(EmulatorTransport(app)).http

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


class EmulatorFactory(Protocol):
    """Makes emulators in this process."""

    def __call__(
        self,
        document: Document | None = None,
        *,
        dialects: Iterable[str] = (),
        faults: Document | None = None,
    ) -> InProcessEmulator: ...


@pytest.fixture
def new_emulator() -> EmulatorFactory:
    def make(
        document: Document | None = None,
        *,
        dialects: Iterable[str] = (),
        faults: Document | None = None,
    ) -> InProcessEmulator:
        clock = ManualClock(START)
        app = create_app(
            seed=document or seed(), clock=clock, dialects=dialects, faults=faults
        )
        return InProcessEmulator(app, clock)

    return make


class ServerFactory(Protocol):
    """Serves an emulator on a socket; gives its URL and the emulator."""

    def __call__(
        self, document: Document | None = None, *, faults: Document | None = None
    ) -> tuple[str, Emulator]: ...


@pytest.fixture
def serve_emulator() -> Iterator[ServerFactory]:
    with ExitStack() as stack:

        def serve(
            document: Document | None = None, *, faults: Document | None = None
        ) -> tuple[str, Emulator]:
            emulator = create_app(seed=document or seed(), faults=faults)
            return stack.enter_context(running(emulator)), emulator

        yield serve
