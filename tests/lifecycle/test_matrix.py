"""The decision table under every fault and dialect, two by two: all rows in one stack, one stack a combination."""

from collections.abc import Callable

import pytest

from pulumi_esa_emulator.dialects import DIALECTS
from tests.lifecycle.conftest import Emulators, Stacks
from tests.lifecycle.faults import ALL, LOSING, MATRIX, hitting
from tests.lifecycle.pairwise import Combination, pairwise
from tests.lifecycle.plan_lives import Life
from tests.lifecycle.table_rows import LOSS, PHASES, ROWS
from tests.lifecycle.tally import PROPERTY, Ran
from tests.support.faces import FACES

RULES = sorted({dialect.rule for dialect in DIALECTS})
DEFAULT = ""
FACTORS = {
    "fault": [*MATRIX],
    **{
        rule: [DEFAULT, *(d.name for d in DIALECTS if d.rule == rule)] for rule in RULES
    },
}


def faults_of(combination: Combination) -> list[str]:
    return str(combination["fault"]).split("+")


COMBINATIONS = dict(enumerate(pairwise(FACTORS)))
# The loss by which a client that only repeats starts a plan twice.
SAMPLE = next(n for n, one in COMBINATIONS.items() if "reset-after" in faults_of(one))
SHARE = 0.2
"""Of the calls, for all faults of a run together."""


def marked(number: int) -> object:
    name = f"{number:02d}-{COMBINATIONS[number]['fault']}"
    marks = () if number == SAMPLE else (pytest.mark.slow,)
    return pytest.param(number, id=name, marks=marks)


def dialects_of(combination: Combination) -> list[str]:
    return [str(combination[rule]) for rule in RULES if combination[rule] != DEFAULT]


def open_ends(combination: Combination) -> set[str]:
    """The rows for which ESA's answers may lead elsewhere than the table says."""
    changed = {rule for rule in RULES if combination[rule] != DEFAULT}
    if LOSING.intersection(faults_of(combination)):
        changed.add(LOSS)
    return {row.name for row in ROWS if changed.intersection(row.hangs_on)}


@pytest.mark.parametrize("face", FACES)
@pytest.mark.parametrize("number", [*map(marked, COMBINATIONS)])
@pytest.mark.thorough
def test_every_row_holds_or_says_why_not_whatever_esa_answers(
    emulator: Emulators,
    stack: Stacks,
    record_property: Callable[[str, object], None],
    number: int,
) -> None:
    combination = COMBINATIONS[number]
    dialects, faults = dialects_of(combination), faults_of(combination)
    ran = Ran(number, len(COMBINATIONS), len(ROWS), dialects, faults)
    record_property(PROPERTY, ran.text())
    life = Life(
        ROWS,
        emulator,
        stack,
        dialects=dialects,
        faults=hitting(
            [one for name in faults for one in ALL[name]], SHARE / len(faults), number
        ),
        open_ends=open_ends(combination),
    )

    for phase in PHASES:
        wrong = life.live(phase)

        assert not wrong, "\n".join([f"{phase} under {combination}", *wrong])
