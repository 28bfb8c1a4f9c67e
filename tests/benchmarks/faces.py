"""Compares `up` of a thousand plans by the native face with the dynamic one, in one run: `make bench`.

ESA answers at once, and then after 50 ms: with the native face only the engine's ``--parallel`` limits how many plans
are started at the same time, with the dynamic one its host has four threads.
"""

import argparse
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from tests.support.engines import ENGINES
from tests.support.faces import DYNAMIC, FACES, NATIVE, Face
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Stack

JOBS = 20
LATENCY = 0.05
PARALLEL = 32
"""Of the engine; the provider's own limit is the same by default, that of the dynamic host is four."""
GOALS = {LATENCY: 0.5, 0.0: 1.0}
"""The most that the native face may take of the dynamic one's time."""


def seeded(plans: int) -> Document:
    """The jobs and their stopped plans."""
    mine = {j: range(j, plans, JOBS) for j in range(JOBS)}
    return seed(
        *(
            job(j, [plan(n, "stopped", start="-1h", end="+3d") for n in numbers])
            for j, numbers in mine.items()
        )
    )


def measured(root: Path, program: str, face: Face, plans: int, latency: float) -> float:
    """How many seconds the `up` took that started all plans."""
    with (
        running(create_app(seed=seeded(plans))) as endpoint,
        closing(Esa(endpoint)) as esa,
    ):
        if latency:
            esa.post("faults", {"faults": [{"kind": "stall", "seconds": latency}]})
        stack = Stack(root, program, endpoint, face)
        # Exports cost the SDK time that grows with the square of their number, whatever the face.
        source = root / "project/program/__main__.py"
        lines = source.read_text().splitlines()
        stack.write_program("\n".join(n for n in lines if "pulumi.export" not in n))
        stack.configure(maxQps=10000)
        stack.declare(
            {
                f"plan-{n}": {"planId": plan_id(n), "jobId": job_id(n % JOBS)}
                for n in range(plans)
            }
        )
        begin = time.monotonic()
        at_once = f"--parallel={PARALLEL}"
        stack.run("up", "--yes", "--skip-preview", at_once, seconds=3600)
        seconds = time.monotonic() - begin
        if len(esa.starts_by_plan()) != plans:
            sys.exit(f"{face.name}: {len(esa.starts_by_plan())} of {plans} started")
        return seconds


def main() -> int:
    """Print both times and their ratio; exit with 1 if a goal is missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=1000)
    parser.add_argument("--engine", choices=ENGINES, default="embedded")
    chosen = parser.parse_args()
    program = ENGINES[chosen.engine]
    if program is None:
        parser.error("the pulumi command is not on PATH")
    missed = 0
    with tempfile.TemporaryDirectory(prefix="faces-") as root:
        for latency, goal in GOALS.items():
            took = {
                name: measured(
                    Path(root) / f"{name}-{latency}",
                    program,
                    face,
                    chosen.plans,
                    latency,
                )
                for name, face in FACES.items()
            }
            ratio = took[NATIVE.name] / took[DYNAMIC.name]
            missed += ratio > goal
            print(
                f"up of {chosen.plans} plans, {latency * 1000:.0f} ms: dynamic {took[DYNAMIC.name]:.1f} s, "
                f"native {took[NATIVE.name]:.1f} s, {ratio:.2f} of it (goal {goal})"
            )
    return int(bool(missed))


if __name__ == "__main__":
    sys.exit(main())
