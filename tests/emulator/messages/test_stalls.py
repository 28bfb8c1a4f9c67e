"""How long a stalled request waits: until its client or its fault is gone, if a slot is free."""

import pytest

from pulumi_esa_emulator.messages.stalls import MAX_STALLED_REQUESTS, Stalls, new_slots


class CountedStalls:
    """Stalls with pauses that take no time but are counted."""

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


def test_a_wait_ends_when_its_client_disconnects() -> None:
    assert CountedStalls(client_gone_at=3).seconds(3600) == about(3)


def test_a_wait_before_an_effect_goes_on_for_a_while_after_the_disconnect() -> None:
    assert CountedStalls(client_gone_at=3).seconds(3600, after_disconnect=60) == about(
        63
    )


def test_a_wait_after_the_disconnect_is_not_longer_than_without_it() -> None:
    assert CountedStalls(client_gone_at=3).seconds(15, after_disconnect=60) == about(15)


def test_a_wait_ends_when_its_fault_is_removed_with_or_without_a_client() -> None:
    assert CountedStalls(cancelled_at=5).seconds(3600) == about(5)
    assert CountedStalls(client_gone_at=3, cancelled_at=5).seconds(
        3600, after_disconnect=60
    ) == about(5)


def test_without_a_free_slot_there_is_no_wait() -> None:
    stalls = CountedStalls()
    for _ in range(MAX_STALLED_REQUESTS):
        stalls.slots.acquire()

    assert stalls.seconds(3600) == 0
    stalls.slots.release()
    assert stalls.seconds(5) == about(5)


def test_a_wait_gives_its_slot_back() -> None:
    stalls = CountedStalls()

    for _ in range(MAX_STALLED_REQUESTS + 1):
        stalls.stalls.wait(0.1)

    assert stalls.waited == about((MAX_STALLED_REQUESTS + 1) * 0.1)
