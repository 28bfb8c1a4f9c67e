import threading

from pulumi_embedded_engine.execution.cancellation import Cancellation

SECONDS = 10


def test_listeners_hear_the_first_request_once() -> None:
    cancellation, heard = Cancellation(), threading.Semaphore(0)
    cancellation.when_requested(lambda: heard.release())  # noqa: PLW0108 - takes an argument

    cancellation.request()
    cancellation.request()

    assert heard.acquire(timeout=SECONDS)
    assert not heard.acquire(blocking=False)
    assert cancellation.requested
    assert not cancellation.aborted


def test_an_abort_is_a_request_too() -> None:
    cancellation, heard = Cancellation(), threading.Event()
    cancellation.when_aborted(heard.set)

    cancellation.abort()

    assert heard.wait(SECONDS)
    assert cancellation.requested
    assert cancellation.aborted


def test_a_late_listener_hears_at_once() -> None:
    cancellation, heard = Cancellation(), threading.Event()
    cancellation.request()

    cancellation.when_requested(heard.set)

    assert heard.is_set()
