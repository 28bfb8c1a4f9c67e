"""When a wait is over, by the lists that it saw."""

from dataclasses import dataclass

import pytest

from pulumi_esa_prefetch.operations.errors import OperationError
from pulumi_esa_prefetch.operations.waiting import (
    PATIENCE,
    Until,
    Verdict,
    Wait,
    parse_duration,
)
from pulumi_esa_prefetch.provider.read_after_write import LAG

BEGAN = 100.0
REACHED, WAITS, IMPOSSIBLE = Verdict.REACHED, Verdict.WAITS, Verdict.IMPOSSIBLE


@dataclass(frozen=True)
class Seen:
    status: str


def judged(until: Until, *lists: tuple[str, float]) -> Verdict:
    """The verdict on one plan after these lists: its status, and the seconds since the wait began."""
    wait = Wait(until, BEGAN)
    verdicts = [wait.judge([Seen(s)], BEGAN + seconds)[0] for s, seconds in lists]
    return verdicts[-1]


@pytest.mark.parametrize(
    ("until", "status", "verdict"),
    [
        ("finished", "finished", REACHED),
        ("finished", "running", WAITS),
        ("finished", "waiting", WAITS),
        ("running", "running", REACHED),
        ("running", "finished", REACHED),
        ("running", "waiting", WAITS),
        ("running", "odd", WAITS),
        ("finished", "stopped", WAITS),
    ],
)
def test_a_list_that_cannot_lag_shows_whether_a_plan_is_there(
    until: Until, status: str, verdict: Verdict
) -> None:
    assert judged(until, (status, LAG)) is verdict


def test_a_first_list_may_be_from_before_a_start_and_is_not_believed() -> None:
    assert judged("finished", ("finished", 0)) is WAITS
    assert judged("finished", ("finished", 0), ("running", LAG)) is WAITS
    assert judged("finished", ("finished", 0), ("finished", LAG)) is REACHED


@pytest.mark.parametrize("status", ["stopped", "failed", "missing"])
def test_a_plan_that_stays_ended_otherwise_does_not_get_there(status: str) -> None:
    assert judged("running", (status, 0)) is WAITS
    assert judged("running", (status, 0), (status, PATIENCE)) is IMPOSSIBLE
    assert judged("running", (status, 0), ("running", 4), (status, PATIENCE)) is WAITS


def test_the_next_look_comes_when_a_list_is_to_be_believed() -> None:
    wait = Wait("finished", BEGAN)

    at_first = wait.next_look(wait.judge([Seen("finished")], BEGAN), BEGAN + 1, 60)
    stopped = wait.judge([Seen("stopped")], BEGAN + 5)

    assert at_first == LAG - 1
    assert wait.next_look(stopped, BEGAN + 6, 60) == PATIENCE - 1
    assert wait.next_look([WAITS], BEGAN + 60, 60) == 60


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("90s", 90),
        ("15m", 900),
        ("2h", 7200),
        ("1d12h", 129600),
        (" 1h30m ", 5400),
    ],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == seconds


@pytest.mark.parametrize(
    "text", ["", "0", "-1", "1.5h", "h", "2 h", "1h1d", "x", "9" * 30]
)
def test_what_is_no_duration_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(OperationError, match="is not a duration such as 90s, 15m, 2h"):
        parse_duration(text)
