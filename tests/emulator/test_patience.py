"""How long a call waits on purpose: till its client or its fault has gone; a full house does not wait."""

import pytest

from pulumi_esa_emulator.messages.stalls import MOST_WAITING, Patience, seats


class Wait:
    """A patience whose pauses take no time, and are counted instead."""

    def __init__(self, *, gone_at: float = 1e9, over_at: float = 1e9) -> None:
        self.waited = 0.0
        self.seats = seats()
        self.patience = Patience(
            pause=self._pause,
            gone=lambda: self.waited >= gone_at,
            over=lambda: self.waited >= over_at,
            seats=self.seats,
        )

    def _pause(self, seconds: float) -> None:
        self.waited += seconds

    def seconds(self, seconds: float, *, alone: float = 0.0) -> float:
        self.patience.wait(seconds, alone=alone)
        return self.waited


def about(seconds: float) -> object:
    return pytest.approx(seconds, abs=0.11)


@pytest.mark.parametrize("seconds", [0, 0.05, 7])
def test_a_wait_takes_its_seconds(seconds: float) -> None:
    assert Wait().seconds(seconds) == about(seconds)


def test_a_wait_ends_with_its_client() -> None:
    assert Wait(gone_at=3).seconds(3600) == about(3)


def test_a_wait_before_an_effect_outlasts_its_client_for_a_while() -> None:
    assert Wait(gone_at=3).seconds(3600, alone=60) == about(63)


def test_a_wait_that_outlasts_its_client_ends_when_it_would_have() -> None:
    assert Wait(gone_at=3).seconds(15, alone=60) == about(15)


def test_a_wait_ends_with_its_fault_whether_there_is_a_client_or_not() -> None:
    assert Wait(over_at=5).seconds(3600) == about(5)
    assert Wait(gone_at=3, over_at=5).seconds(3600, alone=60) == about(5)


def test_where_as_many_wait_as_may_nobody_else_does() -> None:
    wait = Wait()
    for _ in range(MOST_WAITING):
        wait.seats.acquire()

    assert wait.seconds(3600) == 0
    wait.seats.release()
    assert wait.seconds(5) == about(5)


def test_a_wait_gives_its_seat_back() -> None:
    wait = Wait()

    for _ in range(MOST_WAITING + 1):
        wait.patience.wait(0.1)

    assert wait.waited == about((MOST_WAITING + 1) * 0.1)
