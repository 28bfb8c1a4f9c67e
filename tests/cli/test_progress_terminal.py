"""`progress` and `timeline` of two hundred plans on a real terminal, and without one."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest
from rich.cells import cell_len

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import job, job_id, plan, plan_id, seed
from tests.support.previews import old
from tests.support.pseudo_terminal import (
    LEAVE,
    PseudoTerminal,
    plain_lines,
    redraws,
)

JOBS = range(10)
OF_EACH = 20
NAMES = {7: "双十一预热-活动页-华东", 28: "a-name-" + "x" * 90}


@dataclass(frozen=True)
class LocalEsa:
    """The clock of an emulator, and the environment of a command that calls it."""

    clock: ManualClock
    environ: dict[str, str]


@pytest.fixture
def esa() -> Iterator[LocalEsa]:
    """Serve two hundred plans of ten jobs, half of which run; the clock is moved by the tests."""
    jobs = [
        job(
            number,
            [
                plan(
                    number * OF_EACH + n,
                    "running" if number % 2 else "waiting",
                    start="-1h" if number % 2 else "+1h",
                )
                for n in range(OF_EACH)
            ],
        )
        for number in JOBS
    ]
    clock = ManualClock(datetime.now(UTC))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    with running(create_app(seed=seed(*jobs), clock=clock)) as endpoint:
        environ = {
            **kept,
            "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
            "ESA_ENDPOINT": endpoint,
        }
        yield LocalEsa(clock, environ)


@pytest.fixture
def exported(tmp_path: Path) -> str:
    resources = []
    for number in JOBS:
        for n in range(number * OF_EACH, (number + 1) * OF_EACH):
            ids = {"job_id": job_id(number), "plan_id": plan_id(n)}
            declared = old(NAMES.get(n, f"campaign-{n:03}"), n, **ids)
            declared["id"] = f"{job_id(number)}:{plan_id(n)}"
            resources.append(declared)
    path = tmp_path / "state.json"
    path.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return str(path)


def command(name: str, exported: str, *options: str) -> list[str]:
    return [ESA_PREFETCH, name, "--file", exported, *options]


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30)])
def test_once_on_a_terminal_fits_it_and_leaves_room_for_the_prompt(
    esa: LocalEsa, exported: str, columns: int, rows: int
) -> None:
    line = command("progress", exported, "--once")

    with closing(PseudoTerminal(line, esa.environ, columns, rows)) as terminal:
        code, raw = terminal.finish()

    lines = plain_lines(raw)
    assert (code, len(lines)) == (0, rows)
    assert max(map(cell_len, lines)) <= columns
    assert lines[0].startswith("dev: 200 plans; 100 running, 100 waiting")
    assert "Ctrl-C" not in raw


def test_on_a_terminal_plans_are_followed_until_all_have_ended(
    esa: LocalEsa, exported: str
) -> None:
    line = command("progress", exported, "--every", "1")

    with closing(PseudoTerminal(line, esa.environ)) as terminal:
        terminal.wait_for(lambda raw: "Ctrl-C ends it" in raw)
        terminal.resize(100, 30)
        terminal.wait_for(lambda raw: len(redraws(raw)[-1]) == 30)
        terminal.resize(60, 12)
        terminal.wait_for(lambda raw: len(redraws(raw)[-1]) == 12)
        esa.clock.advance(10 * 3600)
        code, raw = terminal.finish()

    first = next(lines for lines in redraws(raw) if len(lines) > 1 and lines[1])
    assert len(first) <= 24
    assert max(map(cell_len, first)) <= 80
    last = plain_lines(raw.partition(LEAVE)[2])
    assert last[0] == "dev: 200 plans; 200 finished"
    assert "Ctrl-C" not in "".join(last)
    assert code == 0


def test_ctrl_c_leaves_the_last_screen_on_the_terminal(
    esa: LocalEsa, exported: str
) -> None:
    with closing(
        PseudoTerminal(command("progress", exported), esa.environ)
    ) as terminal:
        terminal.wait_for(lambda raw: "Ctrl-C ends it" in raw)
        terminal.interrupt()
        code, raw = terminal.finish()

    last = plain_lines(raw.partition(LEAVE)[2])
    assert code == 130
    assert last[0].startswith("dev: 200 plans")
    assert len(last) <= 24


@pytest.mark.thorough
def test_after_a_failed_read_the_plans_stay_on_the_screen(
    esa: LocalEsa, exported: str
) -> None:
    line = command("progress", exported, "--every", "1")

    with closing(PseudoTerminal(line, esa.environ)) as terminal:
        terminal.wait_for(lambda raw: "Ctrl-C ends it" in raw)
        # the command's key is taken away
        where = f"{esa.environ['ESA_ENDPOINT']}/_emulator/keys/emulator-key"
        httpx.delete(where, trust_env=False).raise_for_status()
        terminal.wait_for(lambda raw: "InvalidAccessKeyId" in raw)
        code, raw = terminal.finish()

    last = plain_lines(raw.partition(LEAVE)[2])
    assert code == 1
    assert last[0].startswith("dev: 200 plans")
    assert "InvalidAccessKeyId" in " ".join(last[-4:])


def test_a_terminal_without_unicode_gets_bars_of_ascii(
    esa: LocalEsa, exported: str
) -> None:
    line = command("progress", exported, "--once")

    with closing(
        PseudoTerminal(line, {**esa.environ, "PYTHONIOENCODING": "ascii"})
    ) as terminal:
        code, raw = terminal.finish()

    assert code == 0
    assert any("....." in line for line in plain_lines(raw))


def test_off_a_terminal_progress_is_plain_lines(esa: LocalEsa, exported: str) -> None:
    done = subprocess.run(
        command("progress", exported, "--once"),
        env={**esa.environ, "TERM": "xterm-256color", "FORCE_COLOR": "1"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "\x1b" not in done.stdout
    assert len(done.stdout.splitlines()) == 201


@pytest.mark.parametrize("name", ["progress", "timeline"])
@pytest.mark.thorough
def test_json_is_the_same_on_a_terminal_and_in_a_pipe(
    esa: LocalEsa, exported: str, name: str
) -> None:
    line = command(name, exported, "--json")
    piped = subprocess.run(
        line, env=esa.environ, capture_output=True, text=True, check=False
    ).stdout

    with closing(PseudoTerminal(line, esa.environ)) as terminal:
        code, raw = terminal.finish()

    # the times of forecasts are not the same a moment later
    shown, given = (re.sub(r"\d{4}-\d\d-\d\dT[^\"]*", "", t) for t in (raw, piped))
    assert code == 0
    assert shown == given
    assert json.loads(raw)


def test_the_timeline_is_wrapped_to_the_terminal(esa: LocalEsa, exported: str) -> None:
    line = command("timeline", exported)

    with closing(PseudoTerminal(line, esa.environ)) as terminal:
        code, raw = terminal.finish()

    assert code == 0
    lines = plain_lines(raw)
    assert lines[0].startswith("Load of dev from ")
    assert len(lines) > 5
    assert max(map(cell_len, lines)) <= 80
