"""Several stacks at once on one account: how fast their plans are started, how many calls are refused, who gets what.

Each stack has the jobs that `split_by_job` gives it, an engine of its own, and knows nothing of the others. ESA allows
30 calls a second of each action. The figures are from the emulator's history.
"""

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch import split_by_job
from tests.lifecycle.faults import PUBLISHED, START
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Stack

QUOTA = 30
REFUSED = 0.05
FAIR = 0.9
USED = 0.8
STEADY = 1000  # plans: with fewer, the begin and the end are most of the run


@dataclass(frozen=True)
class Size:
    """How many stacks, plans and jobs."""

    stacks: int = 4
    plans: int = 1200
    jobs: int = 80


@dataclass(frozen=True)
class Figure:
    """One operation of all stacks: seconds, calls in them, the share refused, and how equal the stacks' times were."""

    operation: str
    seconds: float
    calls: int
    calls_per_second: float
    refused: float
    fairness: float

    def text(self) -> str:
        """As a line."""
        return (
            f"{self.operation:<10}{self.seconds:7.1f} s {self.calls:6} calls "
            f"{self.calls_per_second:6.1f} a second, refused {self.refused:.1%}, fairness {self.fairness:.2f}"
        )


def fairness(rates: Sequence[float]) -> float:
    """Jain's index of the rates that the stacks got: 1 if all are equal, 1/n if one got all."""
    return sum(rates) ** 2 / (len(rates) * sum(rate * rate for rate in rates))


class Fleet:
    """The stacks and their one ESA."""

    def __init__(self, root: Path, esa: Esa, size: Size) -> None:
        self._esa = esa
        plans = {
            f"plan-{n}": {"planId": plan_id(n), "jobId": job_id(n % size.jobs)}
            for n in range(size.plans)
        }
        self._parts = [one for one in split_by_job(plans, size.stacks) if one]
        self._stacks = []
        for number, part in enumerate(self._parts):
            stack = Stack(root / f"stack-{number}", ESA_PREFETCH, esa.endpoint)
            stack.declare(part)
            self._stacks.append(stack)

    def run(self, operation: str) -> Figure:
        """Run an operation on all stacks at once."""
        before = len(self._esa.history())
        began = time.monotonic()

        def one(stack: Stack) -> float:
            result = stack.run(operation, "--yes", "--skip-preview", seconds=3600)
            if result.code:
                raise SystemExit(f"{operation} failed:\n{result.output[-3000:]}")
            return time.monotonic() - began

        with ThreadPoolExecutor(len(self._stacks)) as pool:
            ended = list(pool.map(one, self._stacks))
        calls = self._esa.history()[before:]
        refused = sum(call["code"] == "TooManyRequests" for call in calls)
        seconds = max(ended)
        rates = [len(p) / took for p, took in zip(self._parts, ended, strict=True)]
        return Figure(
            operation,
            round(seconds, 1),
            len(calls),
            round((len(calls) - refused) / seconds, 1),
            round(refused / len(calls), 4),
            round(fairness(rates), 3),
        )

    def starts_per_second(self) -> float:
        """Starts that passed, from the first to the last."""
        passed = [c for c in self._esa.calls(START) if c["status"] == 200]
        times = sorted(_seconds(call["time"]) for call in passed)
        return (len(times) - 1) / max(0.001, times[-1] - times[0])

    def started_once(self, size: Size) -> bool:
        """Whether every plan was started, and none twice."""
        counts = self._esa.starts_by_plan()
        return len(counts) == size.plans and set(counts.values()) == {1}


def _seconds(moment: str) -> float:
    return datetime.fromisoformat(moment).timestamp()


def seeded(size: Size) -> Document:
    """Stopped plans, and a quota for each action."""
    mine = {j: range(j, size.plans, size.jobs) for j in range(size.jobs)}
    return seed(
        *(
            job(j, [plan(n, "stopped", end="+3d") for n in numbers], urls=1000)
            for j, numbers in mine.items()
        )
    )


def simulate(size: Size, say: Callable[[str], object] = print) -> dict[str, Any]:
    """Run up, refresh and destroy of a fleet, and say each figure; gives them with the missed goals."""
    with (
        tempfile.TemporaryDirectory(prefix="fleet-") as root,
        running(create_app(seed=seeded(size))) as endpoint,
        closing(Esa(endpoint)) as esa,
    ):
        esa.post("faults", {"faults": PUBLISHED})
        fleet = Fleet(Path(root), esa, size)
        up = fleet.run("up")
        say(up.text())
        rate = round(fleet.starts_per_second(), 1)
        say(f"{'':10}Starts a second, of {QUOTA}: {rate}")
        once = fleet.started_once(size)
        others = [fleet.run(name) for name in ("refresh", "destroy")]
        for figure in others:
            say(figure.text())
    all_three = (up, *others)
    calls = sum(one.calls for one in all_three)
    refused = sum(one.refused * one.calls for one in all_three) / calls
    missed = [
        name
        for name, good in {
            "each plan started once": once,
            f"refused below {REFUSED:.0%} in up": up.refused < REFUSED,
            f"refused below {REFUSED:.0%} of all calls": refused < REFUSED,
            f"fairness at least {FAIR}": min(o.fairness for o in all_three) >= FAIR,
            f"at least {USED:.0%} of the quota used": rate >= USED * QUOTA
            or size.plans < STEADY,
        }.items()
        if not good
    ]
    say(f"MISSED: {'; '.join(missed)}" if missed else "all goals met")
    return {
        "size": asdict(size),
        "startsPerSecond": rate,
        "operations": [asdict(one) for one in (up, *others)],
        "missed": missed,
    }


def main() -> int:
    """Print the figures; exit with 1 if a goal is missed."""
    parser = argparse.ArgumentParser(
        description=__doc__, epilog="Example: make fleet PLANS=400"
    )
    for name in ("stacks", "plans", "jobs"):
        default = getattr(Size, name)
        parser.add_argument(f"--{name}", type=int, default=default)
    parser.add_argument("--json", action="store_true", help="print JSON alone")
    chosen = parser.parse_args()
    size = Size(chosen.stacks, chosen.plans, chosen.jobs)
    if min(size.stacks, size.plans, size.jobs) < 1:
        parser.error("--stacks, --plans and --jobs must be at least 1")
    result = simulate(size, (lambda _: None) if chosen.json else print)
    if chosen.json:
        print(json.dumps(result, indent=2))
    return int(bool(result["missed"]))


if __name__ == "__main__":
    sys.exit(main())
