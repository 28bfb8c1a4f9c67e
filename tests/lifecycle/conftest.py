"""One fixture, two engines: the embedded one always, the `pulumi` command where it is on PATH."""

from collections.abc import Iterable, Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import pytest

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from tests.support.engines import ENGINES
from tests.support.faces import DYNAMIC, FACES
from tests.support.local_esa import Document, Esa
from tests.support.throwaway_stack import Stack


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
