"""The decision table on the whole path: all rows in one stack, from create to destroy."""

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.lifecycle.plan_lives import Life
from tests.lifecycle.table_rows import LIMITED, LIMITS, PHASES, ROWS
from tests.support.faces import DYNAMIC, NATIVE


@pytest.mark.parametrize(
    "face", [DYNAMIC.name, pytest.param(NATIVE.name, marks=pytest.mark.thorough)]
)
def test_every_row_of_the_decision_table_holds_on_the_whole_path(
    emulator: Emulators, stack: Stacks
) -> None:
    life = Life(ROWS, emulator, stack)

    for phase in PHASES:
        wrong = life.live(phase)

        assert not wrong, "\n".join([phase, *wrong])


@pytest.mark.parametrize(
    "face", [pytest.param("dynamic", marks=pytest.mark.slow), "native"]
)
@pytest.mark.thorough
def test_under_limits_that_deny_every_row_holds_and_no_start_slips_through(
    emulator: Emulators, stack: Stacks
) -> None:
    life = Life(LIMITED, emulator, stack, limits=LIMITS)

    for phase in PHASES:
        wrong = life.live(phase)

        assert not wrong, "\n".join([phase, *wrong])
