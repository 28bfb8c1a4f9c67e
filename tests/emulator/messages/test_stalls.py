"""How long a call waits on purpose: till its client or its fault has gone; a full house does not wait."""

import pytest

from pulumi_esa_emulator.messages.stalls import MAX_STALLED_REQUESTS, Stalls, new_slots


class CountedStalls:
    """Stalls whose pauses take no time, and are counted instead."""

    def __init__(
        self, *, client_gone_at: float = 1e9, cancelled_at: float = 1e9
    ) -> None:
        self.waited = 0.0
        self.slots = new_slots()
        self.stalls = Stalls(
            pause=self._pause,
            client_gone=lambda: self.waited >= client_gone_at,
            cancelled=lambda: self.waited >= cancelled_at,
            slots=self.slots,
        )

    def _pause(self, seconds: float) -> None:
        self.waited += seconds

    def seconds(self, seconds: float, *, after_disconnect: float = 0.0) -> float:
        self.stalls.wait(seconds, after_disconnect=after_disconnect)
        return self.waited


def about(seconds: float) -> object:
    return pytest.approx(seconds, abs=0.11)


@pytest.mark.parametrize("seconds", [0, 0.05, 7])
def test_a_wait_takes_its_seconds(seconds: float) -> None:
    assert CountedStalls().seconds(seconds) == about(seconds)


def test_a_wait_ends_with_its_client() -> None:
    assert CountedStalls(client_gone_at=3).seconds(3600) == about(3)


def test_a_wait_before_an_effect_outlasts_its_client_for_a_while() -> None:
    assert CountedStalls(client_gone_at=3).seconds(3600, after_disconnect=60) == about(
        63
    )


def test_a_wait_that_outlasts_its_client_ends_when_it_would_have() -> None:
    assert CountedStalls(client_gone_at=3).seconds(15, after_disconnect=60) == about(15)


def test_a_wait_ends_with_its_fault_whether_there_is_a_client_or_not() -> None:
    assert CountedStalls(cancelled_at=5).seconds(3600) == about(5)
    assert CountedStalls(client_gone_at=3, cancelled_at=5).seconds(
        3600, after_disconnect=60
    ) == about(5)


def test_where_as_many_wait_as_may_nobody_else_does() -> None:
    stalls = CountedStalls()
    for _ in range(MAX_STALLED_REQUESTS):
        stalls.slots.acquire()

    assert stalls.seconds(3600) == 0
    stalls.slots.release()
    assert stalls.seconds(5) == about(5)


def test_a_wait_gives_its_seat_back() -> None:
    stalls = CountedStalls()

    for _ in range(MAX_STALLED_REQUESTS + 1):
        stalls.stalls.wait(0.1)

    assert stalls.waited == about((MAX_STALLED_REQUESTS + 1) * 0.1)
