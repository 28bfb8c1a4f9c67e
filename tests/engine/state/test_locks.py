import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from pulumi_embedded_engine.clock import SystemClock
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.state import locks

CLOCK = SystemClock()


def foreign(directory: Path, pid: int, host: str = "", user: str = "ann") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    file = directory / "other.json"
    content = {
        "pid": pid,
        "username": user,
        "hostname": host or socket.gethostname(),
        "timestamp": "2026-01-02T03:04:05Z",
    }
    file.write_text(json.dumps(content))
    return file


def dead_process() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_a_lock_is_there_until_it_is_released(tmp_path: Path) -> None:
    lock = locks.acquire(tmp_path, CLOCK)

    (found,) = locks.read_locks(tmp_path)
    assert found.pid == os.getpid()
    locks.remove_lock(lock)
    assert locks.read_locks(tmp_path) == []


def test_the_lock_of_another_names_its_holder(tmp_path: Path) -> None:
    foreign(tmp_path, os.getpid())

    with pytest.raises(EngineError, match=r"ann@.*2026-01-02T03:04:05Z") as error:
        locks.acquire(tmp_path, CLOCK)

    assert "dead" not in str(error.value)


def test_the_lock_of_a_run_that_goes_on_says_to_wait_and_not_who_made_it_by_what(
    tmp_path: Path,
) -> None:
    foreign(tmp_path, os.getpid(), user=locks.USERNAME)

    refused = str(locks.lock_error(locks.read_locks(tmp_path)))

    assert "wait for the other process" in refused
    assert "created by esa-prefetch@" in refused
    assert "first run" not in refused


def test_a_dead_process_on_this_host_is_called_dead_and_the_remedy_named(
    tmp_path: Path,
) -> None:
    foreign(tmp_path, dead_process())

    with pytest.raises(EngineError, match="dead: run `esa-prefetch cancel`"):
        locks.acquire(tmp_path, CLOCK)


def test_a_process_of_another_host_is_not_judged(tmp_path: Path) -> None:
    foreign(tmp_path, dead_process(), host="elsewhere")

    with pytest.raises(EngineError) as error:
        locks.acquire(tmp_path, CLOCK)

    assert "dead" not in str(error.value)


def test_a_lock_that_this_engine_left_on_this_host_is_replaced(tmp_path: Path) -> None:
    file = foreign(tmp_path, dead_process(), user=locks.USERNAME)

    locks.acquire(tmp_path, CLOCK)

    assert not file.exists()
    assert len(locks.read_locks(tmp_path)) == 1


def test_a_lock_of_this_engine_on_another_host_is_respected(tmp_path: Path) -> None:
    foreign(tmp_path, 1, host="elsewhere", user=locks.USERNAME)

    with pytest.raises(EngineError, match="locked by 1"):
        locks.acquire(tmp_path, CLOCK)


@pytest.mark.parametrize("content", ["", "{", "[]", '{"pid": "x"}'])
def test_a_lock_that_cannot_be_read_is_a_lock(tmp_path: Path, content: str) -> None:
    (tmp_path / "odd.json").write_text(content)

    with pytest.raises(EngineError, match="locked by 1"):
        locks.acquire(tmp_path, CLOCK)


def test_a_second_guard_is_refused_and_a_killed_process_guards_nothing(
    tmp_path: Path,
) -> None:
    program = (
        "import sys, time; from pathlib import Path; from pulumi_embedded_engine.state.locks import kernel_lock\n"
        "with kernel_lock(Path(sys.argv[1])):\n    print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, str(tmp_path)],
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "held\n"

        with pytest.raises(BlockingIOError), locks.kernel_lock(tmp_path):
            pass
        process.send_signal(signal.SIGKILL)
        process.wait()

        with locks.kernel_lock(tmp_path):
            pass


def test_where_no_lock_can_be_is_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "locks"
    file.write_text("")

    with (
        pytest.raises(EngineError, match="Not a directory") as error,
        locks.kernel_lock(file / "dev"),
    ):
        pass

    assert str(file / "dev") in str(error.value)


def test_a_run_that_has_no_lock_yet_is_not_called_dead() -> None:
    refused = str(locks.lock_error([]))

    assert "just starting or ending" in refused
    assert "dead" not in refused
