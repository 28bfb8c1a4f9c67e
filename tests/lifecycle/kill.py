"""Kill -9 of engine, host and emulator at random moments: `make kill`; judges by the emulator's own history."""

import argparse
import random
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from stacks.prefetch.demo.locks import until
from tests.lifecycle.figures import Figures
from tests.support import secret_leaks as leaks
from tests.support.emulator_process import Service
from tests.support.engines import ENGINES
from tests.support.faces import DYNAMIC, FACES, Face
from tests.support.local_esa import Esa, job, job_id, plan, plan_id, seed
from tests.support.processes import kill, provider_host, words
from tests.support.throwaway_stack import Result, Stack

PLANS = 50
# Effects and answers lie this far apart, so that blows fall between them.
STALL = 0.1
STATUSES = ("stopped", "waiting", "failed", "running")
GOING = ("running", "waiting")
SECRET = "emulator-secret"
TOLD_EACH = 20
"""Rounds, for who waits."""
VICTIMS = ("engine", "host", "emulator")
SEED = seed(
    *(
        job(
            n,
            [plan(n, STATUSES[n % 4], start="+1d" if n % 4 == 1 else "-1h", end="+3d")],
        )
        for n in range(PLANS)
    )
)
PLANS_DECLARED = {
    f"plan-{n}": {"planId": plan_id(n), "jobId": job_id(n)} for n in range(PLANS)
}
WANTED = {plan_id(n): int(n % 4 != 3) for n in range(PLANS)}


@dataclass(frozen=True)
class Blow:
    """Who is killed, and how long after the start."""

    victim: str
    after: float


class Round:
    """One `up` of fifty plans that is hit once, and the one `up --refresh` that has to mend it."""

    def __init__(self, root: Path, program: str, face: Face) -> None:
        root.mkdir()
        self._root = root
        self._service = Service(root / "esa", SEED)
        self._word = face.process_word(root / "stack")
        self._stack = Stack(root / "stack", program, self._service.endpoint, face)
        self._stack.configure(plans=PLANS_DECLARED, deadline=20)
        with closing(Esa(self._service.endpoint)) as esa:
            esa.post("faults", {"faults": [{"kind": "stall", "seconds": STALL}]})

    def undisturbed(self) -> float:
        """How long `up` takes when nobody is killed."""
        with closing(self._service):
            begin = time.monotonic()
            self._stack.up()
            return time.monotonic() - begin

    def hit(self, blow: Blow) -> "Outcome":
        """Strike, mend, and look."""
        with closing(self._service):
            struck, host = self._strike(blow)
            if any((self._stack.root / "state/.pulumi/locks").rglob("*.json")):
                self._stack.check("cancel", "--yes", "test")
            result = self._stack.run("up", "--refresh", "--yes", "--skip-preview")
            wrong = [*self._wrong(), *_complaint(result)]
        wrong += [
            f"a secret is in {path}" for path in leaks.in_files(self._root, [SECRET])
        ]
        if host is not None and self._word in words(host):
            wrong.append("the provider's host was left behind")
        return Outcome(blow, struck, tuple(wrong))

    def _strike(self, blow: Blow) -> tuple[bool, int | None]:
        process = subprocess.Popen(
            self._stack.command("up", "--yes", "--skip-preview"),
            cwd=self._stack.root / "project",
            env=self._stack.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        if blow.victim == "host":  # its moments begin when it is there
            until(
                lambda: bool(process.poll() or provider_host(process.pid, self._word)),
                60,
            )
        time.sleep(blow.after)
        host = provider_host(process.pid, self._word)
        struck = process.poll() is None and self._kill(blow.victim, process.pid, host)
        process.wait(timeout=240)
        return struck, host

    def _kill(self, victim: str, engine: int, host: int | None) -> bool:
        if victim == "emulator":
            self._service.kill()
            self._service.start()
            return True
        pid = engine if victim == "engine" else host
        return pid is not None and kill(pid)

    def _wrong(self) -> Iterator[str]:
        with closing(Esa(self._service.endpoint)) as esa:
            starts = esa.starts_by_plan()
            true = {key: one["Status"] for key, one in esa.plans().items()}
        recorded = self._stack.statuses()
        for key, wanted in WANTED.items():
            if starts.get(key, 0) != wanted:
                yield f"{key} was started {starts.get(key, 0)} times, not {wanted}"
            if recorded.get(key) != true[key] or true[key] not in GOING:
                yield f"{key} is {true[key]}, on record {recorded.get(key)}"


@dataclass(frozen=True)
class Outcome:
    """What one blow did."""

    blow: Blow
    struck: bool
    wrong: tuple[str, ...]


def _complaint(result: Result) -> list[str]:
    if result.code == 0:
        return []
    return [f"up --refresh exited {result.code}: {result.output[-1500:]}"]


def blows(times: int, seconds: float, chance: random.Random) -> list[Blow]:
    """So many blows at random moments, the victims in turn."""
    return [
        Blow(VICTIMS[number % len(VICTIMS)], chance.uniform(0, seconds))
        for number in range(times)
    ]


def strike_all(
    root: Path, program: str, face: Face, times: int, chance: int, at_once: int
) -> Figures:
    """Let all blows fall, some rounds side by side."""
    seconds = Round(root / "undisturbed", program, face).undisturbed()
    planned = blows(times, seconds, random.Random(chance))

    def strike(numbered: tuple[int, Blow]) -> Outcome:
        number, blow = numbered
        place = root / f"round-{number}"
        outcome = Round(place, program, face).hit(blow)
        if not outcome.wrong:
            shutil.rmtree(place)
        return outcome

    outcomes: list[Outcome] = []
    with ThreadPoolExecutor(at_once) as pool:
        for outcome in pool.map(strike, enumerate(planned)):
            outcomes.append(outcome)
            if len(outcomes) % TOLD_EACH == 0:
                wrong = sum(bool(one.wrong) for one in outcomes)
                print(
                    f"{len(outcomes)} of {times} rounds, {wrong} not as declared",
                    file=sys.stderr,
                )
    return _figures(seconds, outcomes)


def _figures(seconds: float, outcomes: list[Outcome]) -> Figures:
    figures = Figures()
    figures.show("an undisturbed up of fifty plans: seconds", f"{seconds:.1f}")
    for victim in VICTIMS:
        struck = [one for one in outcomes if one.blow.victim == victim and one.struck]
        figures.show(f"kills of the {victim} while up ran", len(struck))
    for one in outcomes:
        for text in one.wrong:
            figures.show(f"{one.blow.victim} after {one.blow.after:.2f} s", text)
    figures.check(
        "rounds not as declared after one up",
        sum(bool(one.wrong) for one in outcomes),
        0,
    )
    return figures


def main() -> int:
    """Print the figures; exit with 1 if a round ended otherwise than declared."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--at-once", type=int, default=2)
    parser.add_argument("--engine", choices=ENGINES, default="embedded")
    parser.add_argument("--face", choices=FACES, default=DYNAMIC.name)
    chosen = parser.parse_args()
    program = ENGINES[chosen.engine]
    if program is None:
        parser.error("the pulumi command is not on PATH")
    with tempfile.TemporaryDirectory(
        prefix="kill-", ignore_cleanup_errors=True
    ) as root:
        figures = strike_all(
            Path(root),
            program,
            FACES[chosen.face],
            chosen.times,
            chosen.seed,
            chosen.at_once,
        )
    print(figures.text())
    return int(bool(figures.broken))


if __name__ == "__main__":
    sys.exit(main())
