"""The progress of plans in words, and the command that follows them on an emulator."""

import json
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_cli.main import main
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.report.analysis.progress import (
    ProgressSnapshot,
    WatchedPlan,
    changes,
    take_progress,
    watched_plans,
)
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot, JobSnapshot
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from tests.support.previews import JOB_ID, NOW, Document, new, old, plan_id, state

TARGET = WatchedPlan("launch", JOB_ID, plan_id(1))


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def snapshot(status: str, submitted: int = 0, **job: Any) -> EsaSnapshot:
    facts = {"interval": 30, "slice_len": 10, "start_time": at(-30)}
    window = {**facts, "end_time": at(3600)}
    plan = Plan(id=plan_id(1), job_id=JOB_ID, status=status, **window)
    counts = {"url_count": 100, "task_submitted": submitted, **job}
    there = Job(id=JOB_ID, **counts)
    return EsaSnapshot({JOB_ID: JobSnapshot(there, {plan.id: plan})})


def lines(before: ProgressSnapshot | None, after: ProgressSnapshot) -> list[str]:
    return list(changes(before, after))


def test_a_running_plan_is_shown_with_its_progress_and_its_last_batch() -> None:
    now = take_progress([TARGET], snapshot("running", 20), NOW)

    assert lines(None, now) == [
        (
            "launch: running, 20 of 100 URLs of its job, 0.333 URLs/s, "
            "last batch at 2026-11-11T00:04:00Z"
        )
    ]
    assert not now.is_over


def test_only_what_changed_is_printed_again() -> None:
    before = take_progress([TARGET], snapshot("running", 20), NOW)
    same = take_progress([TARGET], snapshot("running", 20), NOW)
    further = take_progress([TARGET], snapshot("finished", 100), at(300))

    assert lines(before, same) == []
    assert lines(before, further) == ["launch: finished, 100 of 100 URLs of its job"]
    assert further.is_over
    assert further.failed == []


@pytest.mark.parametrize("status", ["failed", "stopped", "odd"])
def test_a_plan_that_ends_without_finishing_is_named(status: str) -> None:
    now = take_progress([TARGET], snapshot(status), NOW)

    assert now.is_over
    assert now.failed == ["launch"]


def test_a_plan_that_is_declared_stopped_may_be_stopped() -> None:
    resting = WatchedPlan("launch", JOB_ID, plan_id(1), to_stop=True)

    assert take_progress([resting], snapshot("stopped"), NOW).failed == []
    assert take_progress([resting], snapshot("failed"), NOW).failed == ["launch"]


def test_a_plan_that_does_not_exist_is_missing() -> None:
    now = take_progress([TARGET], EsaSnapshot({JOB_ID: JobSnapshot(None, {})}), NOW)

    assert lines(None, now) == ["launch: missing, does not exist in ESA"]


@pytest.mark.parametrize(
    ("status", "job", "to_stop", "note"),
    [
        ("running", {}, True, "is declared stopped"),
        ("stopped", {}, False, "is declared running"),
        ("stopped", {}, True, ""),
        ("failed", {}, False, ""),
        ("odd", {}, False, "unknown status"),
        ("waiting", {"url_count": 0}, False, "its job has no URLs"),
        ("waiting", {"error_info": "InvalidUrl"}, False, "URLs refused: InvalidUrl"),
        ("running", {"url_count": 9000}, False, "7810 URLs not done in time"),
        ("finished", {"task_submitted": 99}, False, "1 URL not done in time"),
        ("running", {}, False, ""),
        ("finished", {"task_submitted": 100}, False, ""),
    ],
)
def test_what_needs_attention_is_said_of_its_plan(
    status: str, job: Document, to_stop: bool, note: str
) -> None:
    target = WatchedPlan("launch", JOB_ID, plan_id(1), to_stop)
    facts = {"url_count": 100, "task_submitted": 0, **job}

    (plan,) = take_progress([target], snapshot(status, **facts), NOW).plans

    assert plan.note == note
    assert (plan.attention is not None) == (bool(note) or status == "failed")
    assert plan.line.endswith(note)


def test_a_finished_plan_needs_no_attention_while_another_goes_on_with_its_list() -> (
    None
):
    seen = snapshot("finished", 50)
    job = seen.jobs[JOB_ID]
    other = job.plans[plan_id(1)].model_copy(
        update={"id": plan_id(2), "status": "running"}
    )
    both = JobSnapshot(job.job, {**job.plans, other.id: other})

    (plan,) = take_progress([TARGET], EsaSnapshot({JOB_ID: both}), NOW).plans

    assert plan.attention is None


def test_what_needs_attention_comes_first_and_of_a_job_one_plan_before_the_others() -> (
    None
):
    states = ["running", "waiting", "running", "stopped", "failed", "finished"]
    plans = {
        plan_id(n): Plan(id=plan_id(n), job_id=JOB_ID, status=status)
        for n, status in enumerate(states)
    }
    refused = Job(id=JOB_ID, url_count=9, task_submitted=9, error_info="InvalidUrl")
    there = EsaSnapshot({JOB_ID: JobSnapshot(refused, plans)})
    wanted = [WatchedPlan(f"{n}", JOB_ID, plan_id(n)) for n in range(len(states))]

    now = take_progress(wanted, there, NOW)

    names = [plan.target.name for plan in now.by_need]
    assert names == ["4", "3", "0", "1", "2", "5"]
    assert now.totals.attention == len(states)


def test_the_plans_are_counted_when_a_status_changes() -> None:
    wanted = [TARGET, WatchedPlan("second", JOB_ID, plan_id(2))]
    before = take_progress(wanted, snapshot("running"), NOW)
    later = take_progress(wanted, snapshot("finished", 100), NOW)

    assert lines(None, before)[-1] == "2 plans: 1 running, 1 missing"
    assert lines(before, before) == []
    assert lines(before, later)[-1] == "2 plans: 1 finished, 1 missing"


def test_refused_urls_are_printed_once() -> None:
    refusal: Document = {"error_info": "InvalidUrl", "failed_file_oss": "https://oss/f"}
    now = take_progress([TARGET], snapshot("waiting", **refusal), NOW)

    told = f"job {JOB_ID}: ESA refused URLs (InvalidUrl, listed in https://oss/f)"
    assert lines(None, now)[1:] == [told]
    assert lines(now, now) == []


def test_a_failed_call_is_printed_and_does_not_end_the_command() -> None:
    now = take_progress([TARGET], EsaSnapshot(problem="no connection"), NOW)

    assert lines(None, now) == ["no connection"]
    assert not now.is_over


def test_the_plans_of_a_stack_are_those_in_its_state() -> None:
    graph = ResourceGraph.of_state(state(old("launch", 1), new("yet to come", 2)))

    assert watched_plans(graph) == [TARGET]


@pytest.fixture
def esa(monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulator]:
    """Serve an ESA with one plan that submits four URLs, a second apart."""
    plan: Document = {
        "Id": plan_id(1),
        "StartTime": "now",
        "Interval": 1,
        "SliceLen": 1,
    }
    job = {
        "Id": JOB_ID,
        "SiteId": 1,
        "UrlList": [f"http://a.example/{number}" for number in range(4)],
        "plans": [plan],
    }
    sites = [{"SiteId": 1, "Status": "active"}]
    app = create_app(seed={"sites": sites, "jobs": [job]})
    with running(app) as endpoint:
        monkeypatch.setenv("ESA_ENDPOINT", endpoint)
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator-key")
        monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "emulator-secret")
        yield app


@pytest.fixture
def exported(tmp_path: Path) -> str:
    path = tmp_path / "state.json"
    resources = [old("launch", 1)]
    path.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return str(path)


def test_the_command_follows_a_plan_until_it_ends(
    esa: Emulator, exported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["progress", "--file", exported, "--every", "1"])

    said = capsys.readouterr()
    assert (code, said.err) == (0, "")
    assert said.out.partition(" ")[2].startswith("launch: running, ")
    assert said.out.endswith("launch: finished, 4 of 4 URLs of its job\n")
    assert not any(call.effect for call in esa.history)


def test_the_progress_at_one_time_is_printed_as_json(
    esa: Emulator, exported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["progress", "--file", exported, "--json"])

    told = json.loads(capsys.readouterr().out)
    assert code == 0
    assert set(told) == {"at", "plans", "refusals", "problem"}
    (plan,) = told["plans"]
    assert plan["target"] == {
        "name": "launch",
        "jobId": JOB_ID,
        "planId": plan_id(1),
        "toStop": False,
        "declared": True,
    }
    assert (plan["status"], plan["urlsPerSecond"]) == ("running", 1.0)
    times = [told["at"], plan["start"], plan["done"]]
    assert [time[-1] for time in times] == ["Z"] * 3
    assert esa.history


def test_without_esa_once_fails_with_one_sentence(
    exported: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESA_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "x")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "y")
    monkeypatch.setattr("pulumi_esa_cli.esa.progress_command.READ_SECONDS", 0.5)

    code = main(["progress", "--file", exported, "--once"])

    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert "no connection to http://127.0.0.1:9" in said.err
    assert said.err.count("\n") == 1


def test_half_a_key_fails_with_one_sentence(
    exported: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ESA_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "x")
    monkeypatch.delenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", raising=False)

    code = main(["progress", "--file", exported, "--once"])

    said = capsys.readouterr()
    assert (code, said.out) == (1, "")
    assert "ALIBABA_CLOUD_ACCESS_KEY_SECRET is not: set both" in said.err
    assert said.err.count("\n") == 1


def test_the_help_says_that_json_reads_once(
    capsys: pytest.CaptureFixture[str],
) -> None:
    main(["progress", "--help"])

    said = " ".join(capsys.readouterr().out.replace("│", " ").split())
    assert "Read once, and print JSON" in said
    assert "is no failure" in said
