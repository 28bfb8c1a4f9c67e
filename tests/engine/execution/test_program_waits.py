"""How a program waits for its outputs: as the SDK's own wait does, and with one look at each instead of many."""

import threading
from pathlib import Path

import pytest

from pulumi_embedded_engine.execution.cancellation import Cancellation
from tests.support.real_runs import EngineProject

PROGRAM = "from maker import *\nimport asyncio\nimport pulumi\n"
RAISING = """
def fail(made):
    raise ValueError("not this one")
Thing("a").made.apply(fail)
"""
ENDLESS = """
async def for_ever():
    await asyncio.get_running_loop().create_future()
pulumi.Output.from_input(for_ever())
"""
LATER = """
async def later():
    await asyncio.sleep(0.05)
    Thing("later")
    return 5
pulumi.Output.from_input(later())
"""
ASYNC = """
async def main():
    return {"made": Thing("a").made}
pulumi.run(main)
"""
RAISING_ASYNC = """
async def main():
    raise ValueError("not this one")
pulumi.run(main)
"""


@pytest.fixture
def project(tmp_path: Path) -> EngineProject:
    return EngineProject(tmp_path)


@pytest.mark.parametrize(
    "program",
    [RAISING, ENDLESS + RAISING, RAISING_ASYNC],
    ids=["apply", "apply-beside-endless", "async"],
)
def test_what_an_output_raises_ends_the_run_at_once(
    project: EngineProject, program: str
) -> None:
    ran = project.run(PROGRAM + program)

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert "ValueError: not this one" in "\n".join(ran.messages("error"))


def test_what_an_output_registers_late_is_still_made(project: EngineProject) -> None:
    ran = project.run(PROGRAM + LATER)

    assert ran.record("later").outputs["made"] == 1


def test_the_exports_of_an_async_program_are_recorded(project: EngineProject) -> None:
    ran = project.run(PROGRAM + ASYNC)

    assert ran.record("proj-dev").outputs == {"made": 1}


def test_a_cancel_ends_a_program_whose_output_never_resolves(
    project: EngineProject, tmp_path: Path
) -> None:
    gate = tmp_path / "gate"
    program = f"{PROGRAM}{ENDLESS}Thing('a', gate={str(gate)!r})"
    cancellation: Cancellation = project.cancellation

    def cancel() -> None:
        reached = tmp_path / "gate.reached"
        while not reached.exists():
            threading.Event().wait(0.01)
        cancellation.cancel()
        gate.touch()

    canceller = threading.Thread(target=cancel)
    canceller.start()
    ran = project.run(program)
    canceller.join()

    assert ran.outcome is not None
    assert ran.outcome.failed
    assert ran.record("a").id == "id-a"
