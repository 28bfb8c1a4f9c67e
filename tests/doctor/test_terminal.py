"""`doctor` on a real terminal: lines as they come, progress below them, nothing of it in a pipe."""

import os
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import SITE, job, plan, seed
from tests.support.pseudo_terminal import PseudoTerminal


@pytest.fixture
def environ(tmp_path: Path) -> Iterator[dict[str, str]]:
    app = create_app(seed=seed(job(1, [plan(1, "running")])))
    with closing(app), running(app) as endpoint:
        yield {
            "HOME": str(tmp_path),
            "PATH": os.environ["PATH"],
            "ESA_ENDPOINT": endpoint,
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
        }


def screen(raw: str) -> list[str]:
    """The lines that are left on the terminal: what was written after the last time the line was cleared."""
    return [line.rpartition("\x1b[K")[2] for line in raw.strip().split("\n")]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30)])
def test_the_report_stays_and_its_progress_goes(
    environ: dict[str, str], tmp_path: Path, columns: int, rows: int
) -> None:
    command = [ESA_PREFETCH, "--cwd", str(tmp_path), "doctor", "--site", str(SITE)]
    with closing(PseudoTerminal(command, environ, columns, rows)) as terminal:
        code, raw = terminal.finish()

    assert code == 0
    assert "Checking the rights (1 of 11, GetScheduledPreloadJob) ..." in raw
    lines = screen(raw)
    assert not any("Checking" in line for line in lines)
    assert max(map(len, lines)) <= columns
    assert lines[0].startswith("ok       stack      no project here")
    assert " ok" in lines[-1]
