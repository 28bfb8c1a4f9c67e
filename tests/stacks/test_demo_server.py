"""Whatever is on the demo's port: nothing, an emulator, a stranger, or what a killed run left."""

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest

from stacks.prefetch.demo import server
from stacks.prefetch.demo.settings import DemoError, Settings

# An emulator is meant to outlive the process that started it.
pytestmark = pytest.mark.filterwarnings(
    "ignore:subprocess .* is still running:ResourceWarning"
)


class Stranger(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def stranger() -> Iterator[int]:
    with HTTPServer(("127.0.0.1", 0), Stranger) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        yield http.server_port
        http.shutdown()
        thread.join()


@pytest.fixture
def settings(tmp_path: Path, port: int) -> Iterator[Settings]:
    made = Settings(port, local=tmp_path)
    yield made
    server.Process(made).stop()


def test_a_stranger_on_the_port_is_named_and_left_alone(
    tmp_path: Path, stranger: int
) -> None:
    with pytest.raises(
        DemoError, match=f"Port {stranger} is taken by a server that is not"
    ):
        server.ensure(Settings(stranger, local=tmp_path))


def test_the_emulator_is_started_once_and_remembers_what_it_was_told(
    settings: Settings,
) -> None:
    server.ensure(settings)
    server.ensure(settings)

    assert server.answers(settings)
    assert settings.data.exists()


def test_an_emulator_that_was_killed_is_started_again(settings: Settings) -> None:
    server.ensure(settings)
    settings.state.mkdir()
    server.Process(settings).stop()
    assert not server.answers(settings)

    server.ensure(settings)

    assert server.answers(settings)
    assert settings.state.exists()


def test_another_port_moves_the_emulator(settings: Settings) -> None:
    server.ensure(settings)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        moved = Settings(free.getsockname()[1], local=settings.local)

    server.ensure(moved)

    assert server.answers(moved)
    assert not server.answers(settings)


def test_a_state_whose_emulator_forgot_everything_is_dropped(
    settings: Settings,
) -> None:
    (settings.state / ".pulumi").mkdir(parents=True)

    server.ensure(settings)

    assert not settings.state.exists()


def test_somebody_elses_emulator_is_neither_used_nor_stopped(
    settings: Settings, tmp_path: Path
) -> None:
    server.ensure(settings)
    other = Settings(settings.port, local=tmp_path / "other")
    other.local.mkdir()

    with pytest.raises(DemoError, match="an emulator that this clone did not start"):
        server.ensure(other)
    server.Process(other).stop()

    assert server.answers(settings)


def test_an_emulator_stays_where_it_is_if_the_port_to_move_to_is_taken(
    settings: Settings, stranger: int
) -> None:
    server.ensure(settings)

    with pytest.raises(DemoError, match=f"Port {stranger} is taken"):
        server.ensure(Settings(stranger, local=settings.local))

    assert server.answers(settings)


def test_the_port_of_the_emulator_that_runs_is_known(
    settings: Settings, tmp_path: Path
) -> None:
    server.ensure(settings)

    assert server.as_running(Settings(1, local=tmp_path)).port == settings.port
    server.Process(settings).stop()
    assert server.as_running(Settings(1, local=tmp_path)).port == 1
