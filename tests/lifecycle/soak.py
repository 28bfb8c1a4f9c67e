"""A thousand plans through an ESA with quotas that fails one call in five; judges by the emulator's history."""

import argparse
import random
import sys
import tempfile
import time
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials, StaticCredentials
from tests.lifecycle.faults import PASSING, PUBLISHED, hitting
from tests.lifecycle.figures import Figures
from tests.support import secret_leaks as leaks
from tests.support.engines import ENGINES
from tests.support.faces import DYNAMIC, FACES, Face
from tests.support.local_esa import Document, Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Stack

STATUSES = ("stopped", "waiting", "failed", "running", "finished")
TO_START = ("stopped", "waiting", "failed")
FAILING = 0.2
DRIFTING = 0.1
REFUSED = 0.05
SECRET = "emulator-secret"
DEMO_KEY = StaticCredentials(Credentials("emulator-key", SECRET))


@dataclass(frozen=True)
class Size:
    """How much there is, and by which chance."""

    plans: int = 1000
    jobs: int = 20
    seed: int = 1

    def job_of(self, number: int) -> int:
        """The job that a plan belongs to."""
        return number % self.jobs

    def status_of(self, number: int) -> str:
        """What a plan does when nobody has touched it."""
        return STATUSES[number // self.jobs % len(STATUSES)]


class Soak:
    """One stack and one ESA, and all that is done to both."""

    def __init__(self, stack: Stack, esa: Esa, size: Size) -> None:
        self.figures = Figures()
        self._stack = stack
        self._esa = esa
        self._size = size
        self._said: list[str] = []
        self._numbers = range(size.plans)
        self._wanted = {
            plan_id(n): int(size.status_of(n) in TO_START) for n in self._numbers
        }

    def run(self) -> Figures:
        """Up, drift, refresh, up, destroy, with a count after each."""
        self._stack.declare({f"plan-{n}": self._declared(n) for n in self._numbers})
        self._misbehave(self._size.seed)
        self._command("up")
        self._expect_as_declared("up")
        self._misbehave(None)
        self._drift()
        self._misbehave(self._size.seed + 1)
        self._command("refresh")
        self._command("up")
        self._expect_as_declared("drift and up")
        self._expect_starts()
        self._command("destroy")
        self._expect_nothing_left()
        self._expect_few_refused()
        self._expect_no_secret()
        return self.figures

    def _declared(self, number: int) -> Document:
        on_destroy = "delete" if number % 3 == 0 else "stop"
        job = job_id(self._size.job_of(number))
        return {"planId": plan_id(number), "jobId": job, "onDestroy": on_destroy}

    def _misbehave(self, chance: int | None) -> None:
        """Let one call in five fail, all kinds being as likely, and count calls; None: do neither."""
        share = 1 - (1 - FAILING) ** (1 / len(PASSING))
        faults = [fault for kind in PASSING.values() for fault in kind] + PUBLISHED
        document = hitting(faults, share, chance or 0)
        self._esa.post("faults", document if chance is not None else {"faults": []})

    def _drift(self) -> None:
        """Stop running plans behind the stack's back."""
        going = [
            n for n, one in self._esa.plans().items() if one["Status"] == "running"
        ]
        chosen = random.Random(self._size.seed).sample(
            sorted(going), int(DRIFTING * self._size.plans)
        )
        with EsaClient(self._esa.endpoint, DEMO_KEY) as client:
            for one in chosen:
                client.stop_scheduled_preload_execution(plan_id=one)
                self._wanted[one] += 1
        self.figures.show("plans stopped behind the stack's back", len(chosen))

    def _command(self, command: str) -> None:
        begin = time.monotonic()
        before = len(self._esa.history())
        result = self._stack.run(command, "--yes", "--skip-preview", seconds=3600)
        seconds = time.monotonic() - begin
        calls = self._esa.history()[before:]
        failed = sum(call["status"] != 200 for call in calls)
        self._said.append(result.output)
        self.figures.show(f"{command}: seconds", f"{seconds:.1f}")
        self.figures.show(
            f"{command}: calls, of them not answered by 200", f"{len(calls)}, {failed}"
        )
        self.figures.check(f"{command}: exit code", result.code, 0)
        if result.code:
            print(result.output[-3000:], file=sys.stderr)

    def _expect_as_declared(self, after: str) -> None:
        true = {key: one["Status"] for key, one in self._esa.plans().items()}
        recorded = self._stack.statuses()
        idle = [key for key, status in true.items() if status in {"stopped", "failed"}]
        unlike = [key for key, status in recorded.items() if status != true[key]]
        self.figures.check(
            f"after {after}: plans on record", len(recorded), self._size.plans
        )
        self.figures.check(f"after {after}: plans not as declared", len(idle), 0)
        self.figures.check(f"after {after}: records unlike ESA", len(unlike), 0)

    def _expect_starts(self) -> None:
        starts = self._esa.starts_by_plan()
        counts = {key: starts.get(key, 0) for key in self._wanted}
        twice = [key for key, count in counts.items() if count > self._wanted[key]]
        never = [key for key, count in counts.items() if count < self._wanted[key]]
        self.figures.show("Starts sent", self._esa.starts())
        self.figures.check(
            "Starts with an effect", sum(counts.values()), sum(self._wanted.values())
        )
        self.figures.check("plans started once too often", len(twice), 0)
        self.figures.check("plans that had to be started and were not", len(never), 0)

    def _expect_nothing_left(self) -> None:
        left = self._stack.deployment()
        plans = self._esa.plans()
        deleted = {plan_id(n) for n in self._numbers if n % 3 == 0}
        going = [one for one in plans.values() if one["Status"] == "running"]
        self.figures.check("records left", len(left.get("resources", [])), 0)
        self.figures.check(
            "pending operations left", len(left.get("pending_operations", [])), 0
        )
        self.figures.check("plans that still run", len(going), 0)
        self.figures.check(
            "plans that were to be deleted and are there",
            len(deleted & plans.keys()),
            0,
        )

    def _expect_few_refused(self) -> None:
        """Whether ESA refused few calls for their rate, chance included."""
        calls = self._esa.history()
        share = sum(call["code"] == "TooManyRequests" for call in calls) / len(calls)
        self.figures.show("calls refused for their rate", f"{share:.1%}")
        self.figures.check("more of them than one in twenty", share >= REFUSED, False)

    def _expect_no_secret(self) -> None:
        texts = [*self._said, str(self._esa.history())]
        files = leaks.in_files(self._stack.root, [SECRET])
        found = [text for text in texts if leaks.in_text(text, [SECRET])]
        self.figures.check(
            "files, outputs, histories with a secret", len(files) + len(found), 0
        )


def seeded(size: Size) -> Document:
    """The jobs and plans that the soak begins with."""
    jobs = []
    for number in range(size.jobs):
        mine = [n for n in range(size.plans) if size.job_of(n) == number]
        jobs.append(job(number, [_plan(n, size.status_of(n)) for n in mine], urls=5000))
    return seed(*jobs)


def _plan(number: int, status: str) -> Document:
    return plan(
        number, status, start="+1d" if status == "waiting" else "-1h", end="+3d"
    )


def soak(root: Path, program: str, face: Face, size: Size) -> Figures:
    """Run it on an engine, with a face of the provider, in a folder."""
    with (
        running(create_app(seed=seeded(size))) as endpoint,
        closing(Esa(endpoint)) as esa,
    ):
        return Soak(Stack(root, program, endpoint, face), esa, size).run()


def main() -> int:
    """Print the figures; exit with 1 if one is not as it has to be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=Size.plans)
    parser.add_argument("--jobs", type=int, default=Size.jobs)
    parser.add_argument("--seed", type=int, default=Size.seed)
    parser.add_argument("--engine", choices=ENGINES, default="embedded")
    parser.add_argument("--face", choices=FACES, default=DYNAMIC.name)
    chosen = parser.parse_args()
    program = ENGINES[chosen.engine]
    if program is None:
        parser.error("the pulumi command is not on PATH")
    with tempfile.TemporaryDirectory(prefix="soak-") as root:
        size = Size(chosen.plans, chosen.jobs, chosen.seed)
        figures = soak(Path(root) / "stack", program, FACES[chosen.face], size)
    print(figures.text())
    return int(bool(figures.broken))


if __name__ == "__main__":
    sys.exit(main())
