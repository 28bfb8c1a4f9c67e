"""`esa-prefetch doctor --probe` as a process: what it prints and writes, and what is left after each way to end it."""

import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
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
CLEAN = ("doctor", "--clean", f"--site={SITE}", "--yes")
# The names of jobs that no probe has made.
FOREIGN = ["job-1", f"{PREFIX}mine", f"my-{PREFIX}0123456789ab"]


class ServedEsa:
    """An emulator on a socket; `on_request` gets the number of each request, before its answer is sent."""

    def __init__(self, names: Sequence[str] = FOREIGN) -> None:
        self.on_request: Callable[[int], None] = lambda _: None
        self.requests = 0
        jobs = [job(n, [plan(n, "running")]) | {"Name": f} for n, f in enumerate(names)]
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


@pytest.mark.thorough
def test_the_table_says_what_the_account_answers_and_the_file_makes_a_local_esa_of_it(
    esa: ServedEsa, tmp_path: Path
) -> None:
    code, out, err = esa.run(*PROBE, "--write=answers.json", cwd=tmp_path)

    assert code == 0
    assert max(map(len, out.splitlines())) <= 80
    assert "Stop on a waiting plan     refused (HTTP 400" in out
    assert "20 of 21 questions settled; 7 URLs prefetched, " in out
    assert "ESA prefetches at most 12 URLs" in err
    assert "long-lived keys, from variable ALIBABA_CLOUD_ACCESS_KEY_ID" in err
    assert f"on site {SITE} at {esa.endpoint}" in err
    text = (tmp_path / "answers.json").read_text()
    assert not re.search(rf"[0-9a-f]{{24}}|{SITE}|example|emulator|{PREFIX}", text)
    given = read_answers(tmp_path / "answers.json")
    assert rules_of(given.dialects()) == rules_of(DIALECTS)
    assert given.unknown() == []
    assert esa.jobs == FOREIGN


@pytest.mark.thorough
def test_json_has_stdout_for_itself(esa: ServedEsa, tmp_path: Path) -> None:
    code, out, _ = esa.run(*PROBE, "--json", cwd=tmp_path)

    answers: dict[str, Any] = json.loads(out)["answers"]
    assert code == 0
    assert answers["notation"] == {"answer": "Z"}
    assert "notSettled" in answers["denied"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (PROBE[:-1], "--yes is needed where nobody can be asked"),
        (CLEAN[:-1], "No probe has left a job"),
        (("doctor", "--probe", "--yes"), "--probe needs --site ID"),
        ((*PROBE[:3], "--yes"), "--probe needs --url URL"),
        ((*PROBE[:3], "--yes", "--url=example.com/a"), "--url must be a URL"),
        ((*PROBE[:3], "--yes", "--url=https://example.com/ü"), "--url must be a URL"),
        (("doctor", "--probe", "--site=example.com"), "the id of a site is a number"),
        (("doctor", f"--url={URL}"), "go with --probe"),
        (("doctor", "--clean", "--yes"), "--clean needs --site ID"),
        ((*CLEAN, f"--url={URL}"), "do not go with --clean"),
        ((*CLEAN, "--write=a.json"), "do not go with --clean"),
        ((*PROBE[:3], "--url=https://me:pass@example.com/a"), "no user name"),
        ((*PROBE[:3], "--url=https://example.com/a#b"), "or fragment"),
        ((*PROBE, "--write=."), "--write: . is not a file"),
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
    assert code == {"No": 0, "--yes": 2}.get(says.split(maxsplit=1)[0], 1)
    assert "pass@" not in out + err
    assert {path.name for path in tmp_path.iterdir()} <= {"Pulumi.yaml", ".pulumi"}
    assert not any(entry.effect for entry in esa.app.history)


@pytest.mark.parametrize(
    ("number", "code"),
    [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)],
)
@pytest.mark.thorough
def test_a_signal_ends_it_after_its_job_is_deleted(
    number: signal.Signals, code: int, esa: ServedEsa, tmp_path: Path
) -> None:
    process = esa.open(*PROBE, cwd=tmp_path)
    esa.on_request = lambda n: process.send_signal(number) if n == 60 else None
    _, err = process.communicate(timeout=60)

    assert process.returncode == code
    assert "Interrupted: deleting the job of the probe ..." in err
    assert esa.jobs == FOREIGN


@pytest.mark.thorough
def test_what_another_interruption_does_is_said_and_the_third_leaves_the_job_by_name(
    esa: ServedEsa, tmp_path: Path
) -> None:
    process = esa.open(*PROBE, "--write=answers.json", cwd=tmp_path)
    esa.on_request = lambda n: (
        process.send_signal(signal.SIGINT) if n in {60, 63, 66} else None
    )
    _, err = process.communicate(timeout=60)
    esa.on_request = lambda _: None
    command = f"Delete it by: esa-prefetch doctor --clean --site {SITE}"
    (left,) = set(esa.jobs) - set(FOREIGN)
    cleaned = esa.run(*CLEAN, "--json", cwd=tmp_path)

    assert process.returncode == 130
    assert "One more interruption leaves it at ESA." in err
    assert f"the job {left} may be left" in err
    assert command in err
    assert not (tmp_path / "answers.json").exists()
    assert len(json.loads(cleaned[1])["deleted"]) == 1
    assert esa.jobs == FOREIGN


def test_clean_leaves_a_job_that_only_has_the_name_of_a_probes(tmp_path: Path) -> None:
    name = f"{PREFIX}0123456789ab"
    served = ServedEsa([name])
    with closing(served.app), running(served.app) as served.endpoint:
        code, out, err = served.run(*CLEAN, cwd=tmp_path)

    assert (code, "No probe has left a job" in out) == (0, True)
    assert f"Not touched, it is no probe's: {name}" in err
    assert served.jobs == [name]


@pytest.mark.thorough
def test_where_the_secrets_of_the_stack_cannot_be_read_no_other_keys_are_used(
    esa: ServedEsa, tmp_path: Path
) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: launch\nruntime: python\n")
    (tmp_path / "Pulumi.dev.yaml").write_text(
        "encryptionsalt: v1:AAAAAAAAAAA=:v1:AAAAAAAAAAAAAAAA:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA==\n"
        "config:\n  esa-prefetch:secretKey:\n    secure: v1:AAAAAAAAAAAAAAAA:AAAA\n"
    )
    stack = tmp_path / ".pulumi/stacks/launch/dev.json"
    stack.parent.mkdir(parents=True)
    stack.write_text(
        '{"version": 3, "checkpoint": {"stack": "organization/launch/dev", "latest": null}}'
    )
    for arguments in (PROBE, CLEAN):
        code, _, err = esa.run(*arguments, "--stack=dev", cwd=tmp_path)

        assert code == 1
        assert "the secrets of its config cannot be read" in err
    assert esa.requests == 0


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
    assert f"delete it first, by esa-prefetch doctor --clean --site {SITE}" in again[2]
    assert "The probe works on site" not in again[2]
    assert (asked[0], PREFIX in asked[1], "--yes" in asked[2]) == (2, True, True)
    assert "minutes ago, a probe may be at work" in asked[1]
    assert cleaned[1].endswith("Deleted 1 job.\n")
    assert esa.jobs == FOREIGN


@pytest.mark.slow
def test_nothing_is_left_after_fifty_kills(esa: ServedEsa, tmp_path: Path) -> None:
    rng = random.Random(7)
    ends = [kill_and_clean(esa, rng.randint(2, 250), tmp_path) for _ in range(50)]

    assert all(left == FOREIGN for _, left in ends)
    assert [code for code, _ in ends].count(-signal.SIGKILL) >= 45
