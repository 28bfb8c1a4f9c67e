"""The goals of `make bench`, and the judgement of what was measured; measures nothing.

Everything is a ratio of two things that one run has measured on one machine, except for what people wait for at a
terminal: seconds and bytes of the reports.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

# What has to be measured on a quiet machine, and is then held against every later run.
BASELINE: Final = Path(__file__).with_name("baseline.json")
# A ratio may be so much worse than the baseline: runs on one machine differ by less than this.
WORSE: Final = 1.25


@dataclass(frozen=True, slots=True)
class Goal:
    """A row of the bench: what is compared, and the most that it may be."""

    name: str
    what: str
    most: float


GOALS: Final = (
    Goal("up/null", "up of 1,000 plans, to a provider that does nothing", 1.30),
    Goal("no change/null", "up without a change, to the same", 1.10),
    Goal("refresh/null", "refresh, to the same", 1.10),
    Goal("destroy/null", "destroy, to the same", 1.60),
    Goal("up/cli", "up, to the pulumi command", 0.10),
    Goal("no change/cli", "up without a change, to the same", 0.60),
    Goal("refresh/cli", "refresh, to the same", 0.75),
    Goal("up/null 50 ms", "up at 50 ms a call, to a provider that waits so", 1.05),
    Goal("destroy/null 50 ms", "destroy at 50 ms a call, to the same", 1.05),
    Goal("up/quota", "up at 30 calls a second, to calls / 30", 1.05),
    Goal("native/dynamic 50 ms", "up of the native face, to the dynamic one", 0.50),
    Goal("native/dynamic", "the same without latency", 1.00),
    Goal("growth 100", "engine's CPU, 1,000 resources to 100, a tenth", 1.10),
    Goal("growth 1000", "engine's CPU, 10,000 resources to 1,000, a tenth", 1.10),
    Goal("memory 1000", "largest process, 10,000 to 1,000, a tenth", 1.10),
    Goal("program 1000", "program's CPU, 10,000 to 1,000, a tenth", 1.10),
    Goal("make up/cli", "a first up of the demo, to the pulumi command", 0.80),
    Goal("report seconds", "the slowest report of 10,000 plans, seconds", 2.0),
    Goal("report megabytes", "its memory, megabytes", 300.0),
    Goal("call/sdk", "CPU of a signed call, to Alibaba's SDK", 0.50),
    Goal("first call/sdk", "the same with its imports, in a new process", 0.50),
    Goal("imports", "CPU of what the host imports, to `pulumi.dynamic`", 0.72),
    Goal("emulator/moto", "CPU of a signed request, to moto's server", 1.00),
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """A measured row: whether its goal is met, and whether it is worse than the baseline."""

    goal: Goal
    ratio: float
    before: float | None

    @property
    def met(self) -> bool:
        """Whether it is within its goal."""
        return self.ratio <= self.goal.most

    @property
    def worse(self) -> bool:
        """Whether it is clearly worse than the baseline."""
        return self.before is not None and self.ratio > WORSE * self.before

    def text(self) -> str:
        """As a line."""
        word = "met" if self.met else "MISSED"
        before = "" if self.before is None else f"baseline {self.before:.3g}"
        if self.worse:
            before += ", WORSE"
        name = f"{self.goal.name:<22}"
        return f"{name}{self.ratio:8.3g}  goal {self.goal.most:<5g} {word:<8}{before}".rstrip()


def verdicts(
    measured: Mapping[str, float], baseline: Mapping[str, float]
) -> Iterator[Verdict]:
    """Judge what was measured, in the order of the goals."""
    for goal in GOALS:
        if goal.name in measured:
            yield Verdict(goal, measured[goal.name], baseline.get(goal.name))


def read_baseline(file: Path = BASELINE) -> dict[str, float]:
    """The ratios of the baseline; none if there is no file yet."""
    if not file.exists():
        return {}
    found: dict[str, float] = json.loads(file.read_text())["ratios"]
    return found
