"""The provider of a completion's record, as the host calls it."""

import pytest
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.provider.completion import Recorder
from tests.provider.world import ID

DONE = {"plan": ID, "until": "finished", "starts": 1.0, "reached": "finished"}


def test_what_was_waited_for_is_recorded_and_nothing_else() -> None:
    made = Recorder().create(DONE | {"__provider": "gASV"})

    assert made.id == f"{ID}:finished"
    assert made.outs == DONE


def test_a_preview_that_waits_for_nothing_shows_no_change() -> None:
    assert not Recorder().diff(ID, DONE, DONE | {"reached": UNKNOWN}).changes


@pytest.mark.parametrize(
    "change",
    [{"starts": 2.0}, {"plan": f"{ID}x"}, {"until": "running"}, {"starts": UNKNOWN}],
)
def test_another_plan_or_another_start_is_a_change(change: dict[str, object]) -> None:
    news = DONE | {"reached": UNKNOWN} | change

    assert Recorder().diff(ID, DONE, news).changes


def test_an_update_records_again() -> None:
    outs = Recorder().update(ID, DONE, DONE | {"starts": 2.0, "__provider": "x"}).outs

    assert outs == DONE | {"starts": 2.0}


def test_the_case_of_the_plan_s_id_is_no_change() -> None:
    assert not Recorder().diff(ID, DONE | {"plan": ID.upper()}, DONE).changes
