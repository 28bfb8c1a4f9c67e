import threading
from typing import Any, cast

from pulumi_embedded_engine.execution.step_runner import Executor
from pulumi_embedded_engine.steps.steps import Step


def _steps(*names: str) -> list[Step]:
    return [cast("Any", name) for name in names]


def test_a_chain_is_done_in_its_order() -> None:
    done: list[Any] = []

    def perform(step: Any) -> bool:
        done.append(step)
        return True

    executor = Executor(4, perform)

    executor.submit(_steps("a", "b", "c")).result()
    executor.join()

    assert done == ["a", "b", "c"]


def test_a_chain_ends_at_the_step_that_fails() -> None:
    done: list[Any] = []

    def perform(step: Any) -> bool:
        done.append(step)
        return bool(step != "b")

    left_out: list[Any] = []
    executor = Executor(4, perform, left_out.extend)

    executor.submit(_steps("a", "b", "c")).result()
    executor.join()

    assert done == ["a", "b"]
    assert left_out == ["c"]


def test_nothing_starts_once_stopped_and_what_runs_is_finished() -> None:
    started, go_on = threading.Event(), threading.Event()
    done: list[Any] = []

    def perform(step: Any) -> bool:
        started.set()
        go_on.wait(10)
        done.append(step)
        return True

    executor = Executor(1, perform)
    running = executor.submit(_steps("a", "b"))
    started.wait(10)

    executor.stop()
    executor.submit(_steps("c")).result()
    go_on.set()
    running.result()
    executor.join()

    assert done == ["a"]


def test_no_more_chains_run_at_once_than_asked_for() -> None:
    most, now, lock = 0, 0, threading.Lock()

    def perform(step: Any) -> bool:
        nonlocal most, now
        del step
        with lock:
            now += 1
            most = max(most, now)
        barrier.wait(timeout=10)
        with lock:
            now -= 1
        return True

    barrier = threading.Barrier(2)
    executor = Executor(2, perform)

    executor.layer(_steps(*"abcdef"))
    executor.join()

    assert most == 2
