"""A call with a time limit: its result, its error, and the timeout."""

import threading
import time

import pytest

from pulumi_esa_prefetch.api import call_limits
from pulumi_esa_prefetch.api.call_limits import run_within
from pulumi_esa_prefetch.api.errors import NoAnswer


def late() -> NoAnswer:
    return NoAnswer("late")


def test_a_result_in_time_is_returned() -> None:
    assert run_within(5.0, lambda: 42, late) == 42


def test_an_error_in_time_is_raised_in_the_caller_with_its_traceback() -> None:
    def fail() -> None:
        raise KeyError("lost")

    with pytest.raises(KeyError, match="lost") as caught:
        run_within(5.0, fail, late)

    assert "fail" in [entry.name for entry in caught.traceback]


def test_a_call_that_does_not_return_is_abandoned_at_the_timeout() -> None:
    gate = threading.Event()
    began = time.monotonic()

    with pytest.raises(NoAnswer, match="late"):
        run_within(0.05, gate.wait, late)

    assert time.monotonic() - began < 2.0
    assert all(
        thread.daemon for thread in threading.enumerate() if thread.name == "esa-call"
    )
    gate.set()


def test_calls_one_after_the_other_use_the_same_thread() -> None:
    def name() -> int:
        return threading.get_ident()

    first = run_within(5.0, name, late)
    # A thread is free again just after its answer is there.
    assert first in {run_within(5.0, name, late) for _ in range(50)}


@pytest.mark.parametrize("forgotten", [False, True])
def test_a_thread_without_a_call_ends(
    forgotten: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(call_limits, "_IDLE_SECONDS", 0.05)
    thread = run_within(5.0, threading.current_thread, late)
    if forgotten:
        call_limits._CallThread.forget_all()

    thread.join(10)

    assert not thread.is_alive()
    assert run_within(5.0, threading.current_thread, late) is not thread


def test_calls_at_the_same_time_do_not_wait_for_each_other() -> None:
    together = threading.Barrier(8, timeout=10)

    callers = [
        threading.Thread(target=run_within, args=(10.0, together.wait, late))
        for _ in range(8)
    ]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()

    assert not together.broken
