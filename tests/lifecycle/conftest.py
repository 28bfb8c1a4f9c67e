"""One fixture, two engines: the embedded one always, the `pulumi` command where it is on PATH."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import pytest

from pulumi_embedded_engine.testing import PulumiEngine, PulumiStack, Record
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_emulator.testing import LocalEsa
from stacks.prefetch.demo.settings import ROOT
from tests.support.engines import ENGINES
from tests.support.faces import DYNAMIC, FACES
from tests.support.local_esa import Document, Esa
from tests.support.throwaway_stack import TYPES, Stack


class Emulators(Protocol):
    """Starts an emulator on a seed."""

    def __call__(
        self,
        seed: Document,
        *,
        dialects: Iterable[str] = (),
        faults: Document | None = None,
    ) -> Esa: ...


class Stacks(Protocol):
    """Makes a stack, a project of its own, against an emulator."""

    def __call__(self, esa: Esa) -> Stack: ...


@pytest.fixture(params=list(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
    program = ENGINES[request.param]
    if program is None:
        pytest.skip("the pulumi command is not on PATH")
    return program


@pytest.fixture
def emulator() -> Iterator[Emulators]:
    """Start emulators, each on a port of its own."""
    with ExitStack() as running_ones:

        def start(
            seed: Document,
            *,
            dialects: Iterable[str] = (),
            faults: Document | None = None,
        ) -> Esa:
            app = create_app(seed=seed, dialects=dialects, faults=faults)
            return running_ones.enter_context(
                closing(Esa(running_ones.enter_context(running(app))))
            )

        yield start


@pytest.fixture
def face() -> str:
    """The face of the provider; a test of both is parametrized by FACES."""
    return DYNAMIC.name


@pytest.fixture
def stack(tmp_path: Path, engine: str, face: str) -> Stacks:
    """Make stacks, each a project of its own, against an emulator."""
    made: list[Stack] = []

    def make(esa: Esa) -> Stack:
        root = tmp_path / f"stack-{len(made)}"
        made.append(Stack(root, engine, esa.endpoint, FACES[face]))
        return made[-1]

    return make


class PlanStack:
    """A stack of the default program, or of another, whose steps and state a test looks at, not what is printed."""

    def __init__(self, stack: PulumiStack) -> None:
        self.stack = stack

    def declare(self, **plans: Mapping[str, object]) -> None:
        """Declare plans in the stack's config."""
        self.stack.config["esa-prefetch:plans"] = plans

    def records(self) -> Mapping[str, Record]:
        """The records of plans in the state, by name."""
        return {
            name: one for name, one in self.stack.state.items() if one.type in TYPES
        }

    def up_with(self, **plans: Mapping[str, object]) -> None:
        """Declare plans, and apply that."""
        self.declare(**plans)
        self.stack.up()


PlanStacks = Callable[[], PlanStack]


@pytest.fixture
def plan_stack(pulumi_engine: PulumiEngine, esa: LocalEsa) -> PlanStacks:
    """Make stacks against the test's local ESA, each a project of its own."""

    def make() -> PlanStack:
        return PlanStack(
            pulumi_engine.stack(
                ROOT / "stacks/prefetch",
                environ=esa.environment,
                project="esa-prefetch",
            )
        )

    return make
