import threading
from typing import Any, cast

from pulumi_embedded_engine.execution.step_runner import WorkerPool
from pulumi_embedded_engine.steps.steps import Step


def _steps(*names: str) -> list[Step]:
    return [cast("Any", name) for name in names]


def test_a_chain_runs_in_its_order() -> None:
    done: list[Any] = []

    def run_step(step: Any) -> bool:
        done.append(step)
        return True

    workers = WorkerPool(4, run_step)

    workers.submit(_steps("a", "b", "c")).result()
    workers.join()

    assert done == ["a", "b", "c"]


def test_a_chain_ends_at_the_step_that_fails() -> None:
    done: list[Any] = []

    def run_step(step: Any) -> bool:
        done.append(step)
        return bool(step != "b")

    skipped: list[Any] = []
    workers = WorkerPool(4, run_step, skipped.extend)

    workers.submit(_steps("a", "b", "c")).result()
    workers.join()

    assert done == ["a", "b"]
    assert skipped == ["c"]


def test_after_stop_nothing_starts_and_running_steps_finish() -> None:
    started, go_on = threading.Event(), threading.Event()
    done: list[Any] = []

    def run_step(step: Any) -> bool:
        started.set()
        go_on.wait(10)
        done.append(step)
        return True

    workers = WorkerPool(1, run_step)
    running = workers.submit(_steps("a", "b"))
    started.wait(10)

    workers.stop()
    workers.submit(_steps("c")).result()
    go_on.set()
    running.result()
    workers.join()

    assert done == ["a"]


def test_no_more_chains_run_at_once_than_asked_for() -> None:
    most, now, lock = 0, 0, threading.Lock()

    def run_step(step: Any) -> bool:
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
    workers = WorkerPool(2, run_step)

    workers.run_parallel(_steps(*"abcdef"))
    workers.join()

    assert most == 2
