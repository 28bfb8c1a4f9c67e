"""The embedded engine does what the pulumi CLI was recorded doing: alone, and alternating with it on one state."""

import shutil
from pathlib import Path

import pytest

from tests.support.cli_recordings import CLI, EMBEDDED, recordings, replay

FAST = {"10_fail_create_continue"}
# With these a third: creation, update, replacement, refresh, secrets.
THOROUGH = {
    "01_create3",
    "02_update",
    "04_delete_before_replace",
    "08_refresh_gone",
    "14_secrets",
    "29_secret_provider",
}

needs_cli = pytest.mark.skipif(
    shutil.which("pulumi") is None, reason="the pulumi CLI is not on PATH"
)


def marks(name: str) -> list[pytest.MarkDecorator]:
    if name in FAST:
        return []
    return [pytest.mark.thorough if name in THOROUGH else pytest.mark.slow]


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=marks(name)) for name in recordings()]
)
def test_the_engine_does_what_the_cli_did(name: str, tmp_path: Path) -> None:
    assert list(replay(tmp_path, name, EMBEDDED)) == []


@pytest.mark.slow
@needs_cli
@pytest.mark.parametrize("name", list(recordings()))
def test_the_cli_takes_every_second_turn(name: str, tmp_path: Path) -> None:
    assert list(replay(tmp_path, name, EMBEDDED, CLI)) == []


@pytest.mark.slow
@needs_cli
@pytest.mark.parametrize("name", list(recordings()))
def test_the_engine_takes_every_second_turn(name: str, tmp_path: Path) -> None:
    assert list(replay(tmp_path, name, CLI, EMBEDDED)) == []


def test_a_third_of_the_recordings_is_replayed_in_each_run_of_ci() -> None:
    third = FAST | THOROUGH
    assert recordings().keys() >= third
    assert len(third) * 3 >= len(recordings())
