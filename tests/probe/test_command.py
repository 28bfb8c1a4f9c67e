"""`esa-prefetch doctor --probe` as a process: what it prints and writes, and what is left after each way to end it."""

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.dialects import rules_of
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_emulator.messages.probe_answers import read_answers
from pulumi_esa_emulator.state.request_history import HistoryEntry
from pulumi_esa_prefetch.clock import SystemClock
from pulumi_esa_prefetch.probe.cleanup import PREFIX
from tests.probe.probing import URL
from tests.support.local_esa import SITE, job, plan

ROOT = Path(__file__).resolve().parents[2]
DIALECTS = ("stop-waiting-refused", "cursor-per-plan", "times-utc")
PROBE = ("doctor", "--probe", f"--site={SITE}", f"--url={URL}", "--yes")
CLEAN = ("doctor", "--probe", "--clean", f"--site={SITE}", "--yes")
# The names of jobs that no probe has made.
FOREIGN = ["job-1", f"{PREFIX}mine", f"my-{PREFIX}0123456789ab"]


class ServedEsa:
    """An emulator on a socket; `on_request` gets the number of each request, before its answer is sent."""

    def __init__(self) -> None:
        self.on_request: Callable[[int], None] = lambda _: None
        self.requests = 0
        jobs = [
            job(n, [plan(n, "running")]) | {"Name": f} for n, f in enumerate(FOREIGN)
        ]
        self.app: Emulator = create_app(
            seed={"sites": [{"SiteId": SITE, "Status": "active"}], "jobs": jobs},
            dialects=DIALECTS,
            clock=ManualClock(SystemClock().now()),
            observe=self._observe,
        )
        self.endpoint = ""

    def _observe(self, entry: HistoryEntry, _: object) -> None:
        del entry
        self.requests += 1
        self.on_request(self.requests)

    @property
    def jobs(self) -> list[str]:
        with self.app.state.locked() as current:
            return [each.name for each in current.records.jobs_of(SITE)]

    def open(self, *arguments: str, cwd: Path) -> subprocess.Popen[str]:
        """The command, begun."""
        self.requests = 0
        return subprocess.Popen(
            [sys.executable, "-m", "tests.probe.command", *arguments],
            cwd=cwd,
            env={
                "PATH": os.environ["PATH"],
                "PYTHONPATH": str(ROOT),
                "HOME": str(cwd),
                "PULUMI_BACKEND_URL": f"file://{cwd}",
                "COLUMNS": "80",
                "ESA_ENDPOINT": self.endpoint,
                "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
                "ALIBABA_CLOUD_ECS_METADATA_DISABLED": "true",
            },
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str, cwd: Path) -> tuple[int, str, str]:
        """Exit code, stdout and stderr of the command."""
        process = self.open(*arguments, cwd=cwd)
        out, err = process.communicate(timeout=120)
        return process.returncode, out, err


@pytest.fixture
def esa() -> Iterator[ServedEsa]:
    served = ServedEsa()
    with closing(served.app), running(served.app) as served.endpoint:
        yield served


def test_the_table_says_what_the_account_answers_and_the_file_makes_a_local_esa_of_it(
    esa: ServedEsa, tmp_path: Path
) -> None:
    code, out, err = esa.run(*PROBE, "--write=answers.json", cwd=tmp_path)

    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "Stop on a waiting plan     refused (HTTP 400" in out
    assert "20 of 21 questions settled; 7 URLs prefetched, " in out
    assert "ESA prefetches at most 12 URLs" in err
    text = (tmp_path / "answers.json").read_text()
    assert not re.search(rf"[0-9a-f]{{24}}|{SITE}|example|emulator|{PREFIX}", text)
    given = read_answers(tmp_path / "answers.json")
    assert rules_of(given.dialects()) == rules_of(DIALECTS)
    assert given.unknown() == []
    assert esa.jobs == FOREIGN


def test_json_has_stdout_for_itself(esa: ServedEsa, tmp_path: Path) -> None:
    code, out, _ = esa.run(*PROBE, "--json", cwd=tmp_path)

    answers: dict[str, Any] = json.loads(out)["answers"]
    assert code == 0
    assert answers["notation"] == {"answer": "Z"}
    assert "notSettled" in answers["denied"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (PROBE[:-1], "non-interactive mode requires --yes flag"),
        (CLEAN[:-1], "No probe has left a job"),
        (("doctor", "--probe", "--yes"), "--probe needs --site ID"),
        ((*PROBE[:3], "--yes"), "--probe needs --url URL"),
        ((*PROBE[:3], "--yes", "--url=example.com/a"), "--url must be a URL"),
        ((*PROBE[:3], "--yes", "--url=https://example.com/ü"), "--url must be a URL"),
        (("doctor", "--probe", "--site=example.com"), "the id of a site is a number"),
        (("doctor", f"--url={URL}"), "go with --probe"),
        ((*PROBE, "--stack=nope"), "error: no stack named 'nope'"),
        ((*PROBE, "--write=no/answers.json"), "no/answers.json: No such file"),
        ((*PROBE, "--site=7"), "SiteNotFound, HTTP 404"),
        (
            (*PROBE, "--denied-key-profile=nobody"),
            "--denied-key-profile: no access key",
        ),
    ],
)
def test_what_cannot_be_done_is_said_in_one_sentence_and_changes_nothing(
    arguments: tuple[str, ...], says: str, esa: ServedEsa, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: launch\nruntime: python\n")
    code, out, err = esa.run(*arguments, cwd=tmp_path)

    assert says in out + err
    assert code == (0 if "No probe" in says else 1)
    assert not any(entry.effect for entry in esa.app.history)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
def test_a_signal_ends_it_after_its_job_is_deleted(
    number: signal.Signals, code: int, esa: ServedEsa, tmp_path: Path
) -> None:
    process = esa.open(*PROBE, cwd=tmp_path)
    esa.on_request = lambda n: process.send_signal(number) if n == 60 else None
    _, err = process.communicate(timeout=60)

    assert process.returncode == code
    assert "Interrupted: deleting the job of the probe ..." in err
    assert esa.jobs == FOREIGN


def kill_and_clean(esa: ServedEsa, at: int, cwd: Path) -> tuple[int, list[str]]:
    """The signal that ended a probe that is killed at a request, and what is left after --clean."""
    process = esa.open(*PROBE, cwd=cwd)
    esa.on_request = lambda n: process.kill() if n == at else None
    process.communicate(timeout=120)
    esa.on_request = lambda _: None
    code, _, err = esa.run(*CLEAN, cwd=cwd)
    assert (code, err) == (0, "")
    return process.returncode, esa.jobs


def test_after_a_kill_clean_deletes_the_job_and_no_other(
    esa: ServedEsa, tmp_path: Path
) -> None:
    process = esa.open(*PROBE, cwd=tmp_path)
    esa.on_request = lambda n: process.kill() if n == 60 else None
    process.communicate(timeout=60)
    esa.on_request = lambda _: None

    left = esa.jobs
    again = esa.run(*PROBE, cwd=tmp_path)
    asked = esa.run(*CLEAN[:-1], cwd=tmp_path)
    cleaned = esa.run(*CLEAN, cwd=tmp_path)

    assert len(left) == len(FOREIGN) + 1
    assert "an earlier probe left 1 job on this site" in again[2]
    assert (asked[0], PREFIX in asked[1], "--yes" in asked[2]) == (1, True, True)
    assert cleaned[1].endswith("Deleted 1 job.\n")
    assert esa.jobs == FOREIGN


@pytest.mark.slow
def test_nothing_is_left_after_fifty_kills(esa: ServedEsa, tmp_path: Path) -> None:
    rng = random.Random(7)
    ends = [kill_and_clean(esa, rng.randint(2, 250), tmp_path) for _ in range(50)]

    assert all(left == FOREIGN for _, left in ends)
    assert [code for code, _ in ends].count(-signal.SIGKILL) >= 45
