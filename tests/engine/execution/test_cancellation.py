import threading

from pulumi_embedded_engine.execution.cancellation import Cancellation

SECONDS = 10


def test_listeners_are_called_once() -> None:
    cancellation, heard = Cancellation(), threading.Semaphore(0)
    cancellation.on_cancel(lambda: heard.release())  # noqa: PLW0108 - takes an argument

    cancellation.cancel()
    cancellation.cancel()

    assert heard.acquire(timeout=SECONDS)
    assert not heard.acquire(blocking=False)
    assert cancellation.cancelled
    assert not cancellation.terminated


def test_terminate_also_cancels() -> None:
    cancellation, heard = Cancellation(), threading.Event()
    cancellation.on_terminate(heard.set)

    cancellation.terminate()

    assert heard.wait(SECONDS)
    assert cancellation.cancelled
    assert cancellation.terminated


def test_a_listener_that_is_added_later_is_called_immediately() -> None:
    cancellation, heard = Cancellation(), threading.Event()
    cancellation.cancel()

    cancellation.on_cancel(heard.set)

    assert heard.is_set()
