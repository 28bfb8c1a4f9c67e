"""The embedded engine does what the pulumi CLI was recorded doing: alone, and alternating with it on one state."""

import shutil
from pathlib import Path

import pytest

from tests.support.cli_recordings import CLI, EMBEDDED, recordings, replay

# A fixed third runs every time: creation, replacement, refresh, failure, secrets.
THIRD = frozenset(
    {
        "01_create3",
        "04_delete_before_replace",
        "08_refresh_gone",
        "10_fail_create_continue",
        "14_secrets",
        "29_secret_provider",
        "02_update",
    }
)

needs_cli = pytest.mark.skipif(
    shutil.which("pulumi") is None, reason="the pulumi CLI is not on PATH"
)


@pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=[] if name in THIRD else pytest.mark.slow)
        for name in recordings()
    ],
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


def test_a_third_of_the_recordings_is_replayed_every_time() -> None:
    assert recordings().keys() >= THIRD
    assert len(THIRD) * 3 >= len(recordings())
