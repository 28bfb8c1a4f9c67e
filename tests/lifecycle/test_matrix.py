"""The decision table under every fault and dialect, two by two: all rows in one stack, one stack a combination."""

import pytest

from pulumi_esa_prefetch.emulator.dialects import DIALECTS
from tests.lifecycle.conftest import Emulators, Stacks
from tests.lifecycle.faults import LOSING, PASSING, hitting
from tests.lifecycle.life import Life
from tests.lifecycle.pairwise import Combination, pairwise
from tests.lifecycle.rows import LOSS, PHASES, ROWS

RULES = sorted({dialect.rule for dialect in DIALECTS})
DEFAULT = ""
FACTORS = {
    "fault": [*PASSING],
    **{
        rule: [DEFAULT, *(d.name for d in DIALECTS if d.rule == rule)] for rule in RULES
    },
}
COMBINATIONS = dict(enumerate(pairwise(FACTORS)))
SAMPLE = (len(COMBINATIONS) // 3,)
SHARE = 0.2


def marked(number: int) -> object:
    name = f"{number:02d}-{COMBINATIONS[number]['fault']}"
    marks = () if number in SAMPLE else (pytest.mark.slow,)
    return pytest.param(number, id=name, marks=marks)


def open_ends(combination: Combination) -> set[str]:
    """The rows for which ESA's answers may lead elsewhere than the table says."""
    changed = {rule for rule in RULES if combination[rule] != DEFAULT}
    if combination["fault"] in LOSING:
        changed.add(LOSS)
    return {row.name for row in ROWS if changed.intersection(row.hangs_on)}


@pytest.mark.parametrize("number", [*map(marked, COMBINATIONS)])
def test_every_row_holds_or_says_why_not_whatever_esa_answers(
    emulator: Emulators, stack: Stacks, number: int
) -> None:
    combination = COMBINATIONS[number]
    life = Life(
        ROWS,
        emulator,
        stack,
        dialects=[str(combination[rule]) for rule in RULES if combination[rule]],
        faults=hitting(PASSING[str(combination["fault"])], SHARE, seed=number),
        open_ends=open_ends(combination),
    )

    for phase in PHASES:
        wrong = life.live(phase)

        assert not wrong, "\n".join([f"{phase} under {combination}", *wrong])
