"""What the matrix went through, as one line at the end of a run of the tests; runs nothing."""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass

import pytest

PROPERTY = "matrix"


@dataclass(frozen=True)
class Ran:
    """One run of the matrix, as its report carries it, also from another process."""

    combination: int
    combinations: int
    """How many there are."""
    rows: int
    dialects: list[str]
    faults: list[str]

    def text(self) -> str:
        """The same for a report."""
        return json.dumps(asdict(self))


def tally(runs: Iterable[tuple[Ran, bool]]) -> str:
    """The line: how many rows, dialects, faults and runs, and how many runs passed."""
    each, passed = zip(*runs, strict=True)
    rows = _counted(max(one.rows for one in each), "row")
    dialects = _counted(len({name for one in each for name in one.dialects}), "dialect")
    faults = _counted(len({name for one in each for name in one.faults}), "fault")
    done, of = len({one.combination for one in each}), each[0].combinations
    return (
        f"matrix: {rows} x {dialects} x {faults}, two by two ({done} of {of} "
        f"combinations): {_counted(len(each), 'run')}, {sum(passed)} passed"
    )


def runs_of(reporter: pytest.TerminalReporter) -> list[tuple[Ran, bool]]:
    """The matrix' runs among all tests, and whether each passed."""
    return [
        (Ran(**json.loads(text)), outcome == "passed")
        for outcome in ("passed", "failed")
        for report in reporter.getreports(outcome)
        if report.when == "call"
        for name, text in report.user_properties
        if name == PROPERTY
    ]


def _counted(number: int, thing: str) -> str:
    return f"{number} {thing}" if number == 1 else f"{number} {thing}s"
