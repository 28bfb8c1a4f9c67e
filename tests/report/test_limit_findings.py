"""Limits against a stack as it is declared, from its exported state."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_cli.main import main
from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.analysis.limit_findings import check_stack
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot, JobSnapshot
from tests.support.previews import JOB_ID, NOW, Document, new, old, plan_id, state

FREEZE = {"name": "launch", "window": "2026-11-11T01:30:00Z/PT1H"}
LATER = {"start_time": "2026-11-11T03:00:00Z", "end_time": "2026-11-11T04:00:00Z"}


def findings(*resources: Document, **limits: Any) -> list[str]:
    given = Limits.model_validate(limits)
    findings, _ = check_stack(state(*resources), EsaSnapshot(), given, NOW)
    return [finding.text for finding in findings]


def test_an_overload_of_all_plans_together_is_found() -> None:
    plans = [old("a", 1), old("b", 2), old("c", 3, **LATER)]

    (text,) = findings(*plans, maxOriginUrlsPerSecond=0.5)

    assert text.startswith("a and b together load the origin of job aaaa")
    assert "up to 0.667 URLs/s" in text


def test_a_submission_in_a_freeze_window_is_found() -> None:
    (text,) = findings(old("a", 1), old("c", 3, **LATER), freeze=[FREEZE])

    assert text.startswith("a starts at 2026-11-11T01:00:00Z and would still submit in")


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (75, "a submits its next batch at 2026-11-11T01:15:30Z and would still submit"),
        (105, "a would submit its next batch at 2026-11-11T01:45:30Z, in the freeze"),
    ],
)
def test_a_plan_that_runs_already_submits_its_next_batch_and_does_not_start(
    minutes: int, words: str
) -> None:
    given = Limits.model_validate({"freeze": [FREEZE]})
    now = NOW + timedelta(minutes=minutes)

    ((finding,), _) = check_stack(
        state(old("a", 1, "running")), EsaSnapshot(), given, now
    )

    assert finding.text.startswith(words)


@pytest.mark.parametrize(
    ("resource", "counts"),
    [
        (old("a", 1, "waiting"), True),
        (old("a", 1, "running"), True),
        (old("a", 1, "stopped"), True),
        (old("a", 1, "failed"), True),
        (old("a", 1, "finished"), False),
        (old("a", 1, "stopped", desired_state="stopped"), False),
    ],
    ids=["waiting", "running", "to start", "failed", "finished", "to stay stopped"],
)
def test_what_runs_or_will_run_counts(resource: Document, counts: bool) -> None:
    assert bool(findings(resource, freeze=[FREEZE])) == counts


def test_a_plan_that_is_stopped_in_esa_but_not_in_the_state_will_run_again() -> None:
    plan = Plan(
        id=plan_id(1),
        job_id=JOB_ID,
        status="stopped",
        interval=30,
        slice_len=10,
    )
    snapshot = EsaSnapshot(
        {JOB_ID: JobSnapshot(Job(id=JOB_ID, url_count=9), {plan.id: plan})}
    )
    given = Limits.model_validate({"maxOriginUrlsPerSecond": 0.1})

    findings, _ = check_stack(state(old("a", 1, "running")), snapshot, given, NOW)

    assert [finding.kind for finding in findings] == ["rate"]


def test_plans_without_a_known_window_and_pace_are_named() -> None:
    _, blind = check_stack(state(new("a", 1)), EsaSnapshot(), Limits(), NOW)

    assert blind == ["a"]


@pytest.fixture
def exported(tmp_path: Path) -> Path:
    path = tmp_path / "state.json"
    resources = [old("a", 1), old("b", 2)]
    path.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return path


def limits_file(folder: Path, text: str) -> str:
    path = folder / "limits.yaml"
    path.write_text(text)
    return str(path)


STACK_FILE = """
config:
  esa-prefetch:secretKey:
    secure: v1:abc
  esa-prefetch:limits:
    maxOriginUrlsPerSecond: 0.5
    enforce: deny
    freeze:
      - name: launch
        window: {start: 2026-11-11T09:30:00+08:00, end: 2026-11-11T02:30:00Z}
"""


def run(exported: Path, limits: str, *options: str) -> int:
    at = NOW + timedelta(minutes=1)
    given = ["--file", str(exported), "--limits", limits, "--at", at.isoformat()]
    return main(["policy", "analyze", *given, "--offline", *options])


def test_a_stack_file_s_enforced_limits_fail_the_command(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(exported, limits_file(tmp_path, STACK_FILE))

    said = capsys.readouterr()
    assert code == 1
    assert len(said.out.splitlines()) == 3
    assert all(line.startswith("deny: ") for line in said.out.splitlines())
    assert "(2026-11-11T01:30:00Z to 2026-11-11T02:30:00Z)" in said.out
    assert said.err == "error: 3 enforced limits are not kept\n"


def test_limits_alone_only_warn_unless_they_say_otherwise(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    limits = limits_file(tmp_path, '{"maxOriginUrlsPerSecond": 0.5}')

    code = run(exported, limits, "--json")

    (row,) = json.loads(capsys.readouterr().out)
    assert code == 0
    assert (row["kind"], row["level"], row["plans"]) == ("rate", "warn", ["a", "b"])


def test_limits_that_are_kept_are_reported_as_kept(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = run(exported, limits_file(tmp_path, "maxOriginUrlsPerSecond: 5"))

    assert (code, capsys.readouterr().out) == (0, "All limits are kept.\n")


def test_limits_are_not_called_kept_if_not_everything_was_seen(
    exported: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("ESA_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator-key")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator-secret")
    limits = limits_file(tmp_path, "maxOriginUrlsPerSecond: 5")

    given = ["--file", str(exported), "--limits", limits, "--at", NOW.isoformat()]
    code = main(["policy", "analyze", *given])

    said = capsys.readouterr()
    assert (code, said.out) == (0, "Not verified: no broken limit was found.\n")
    assert said.err.startswith("note: ESA was not read, or not completely (Get")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("maxOriginUrlsPerSecond: fast", "esa-prefetch:limits.maxOriginUrlsPerSecond:"),
        ("- 1", "limits.yaml: a mapping is expected"),
        ("config: [1]", "there are no limits: set esa-prefetch:limits"),
        ("a: [", "limits.yaml"),
    ],
    ids=["a bad limit", "a list", "an odd stack file", "broken"],
)
def test_bad_limits_are_one_sentence(
    exported: Path,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    sentence: str,
) -> None:
    code = run(exported, limits_file(tmp_path, text))

    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert sentence in said.err
    assert said.err.count("\n") == 1
