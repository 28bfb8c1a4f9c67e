import threading

from pulumi_embedded_engine.execution.cancellation import Cancellation

SECONDS = 10


def test_listeners_hear_the_first_request_once() -> None:
    cancellation, heard = Cancellation(), threading.Semaphore(0)
    cancellation.on_cancel(lambda: heard.release())  # noqa: PLW0108 - takes an argument

    cancellation.cancel()
    cancellation.cancel()

    assert heard.acquire(timeout=SECONDS)
    assert not heard.acquire(blocking=False)
    assert cancellation.cancelled
    assert not cancellation.terminated


def test_an_abort_is_a_request_too() -> None:
    cancellation, heard = Cancellation(), threading.Event()
    cancellation.on_terminate(heard.set)

    cancellation.terminate()

    assert heard.wait(SECONDS)
    assert cancellation.cancelled
    assert cancellation.terminated


def test_a_late_listener_hears_at_once() -> None:
    cancellation, heard = Cancellation(), threading.Event()
    cancellation.cancel()

    cancellation.on_cancel(heard.set)

    assert heard.is_set()
