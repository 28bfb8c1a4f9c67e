"""What a report reads from an emulator, and the problem that it reports if it cannot."""

from collections.abc import Iterator

import httpx
import pytest

from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import StaticCredentials
from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.api.plan_list import PlanList, UnreadablePlan
from pulumi_esa_prefetch.report.inputs.esa_snapshot import (
    take_snapshot,
    take_snapshot_with,
)
from pulumi_esa_prefetch.settings.credential_sources import Credentials

SITE = 190007158391808
JOB, OTHER_JOB, NO_JOB = "a" * 24, "b" * 24, "c" * 24
PLAN = "1" * 24
KEYS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
}
SEED = {
    "sites": [{"SiteId": SITE, "Status": "active"}],
    "jobs": [
        {
            "Id": job_id,
            "SiteId": SITE,
            "UrlList": ["http://a.example/1", "http://b.example/2"],
            "TaskSubmitted": 1,
            "plans": [
                {
                    "Id": job_id[:23] + "0" if job_id != JOB else PLAN,
                    "StartTime": "+1h",
                    "Interval": 30,
                    "SliceLen": 10,
                }
            ],
        }
        for job_id in (JOB, OTHER_JOB)
    ],
}


@pytest.fixture
def esa() -> Emulator:
    return create_app(seed=SEED)


@pytest.fixture
def endpoint(esa: Emulator) -> Iterator[str]:
    with running(esa) as url:
        yield url


def test_jobs_and_their_plans_are_found_and_nothing_is_changed(esa: Emulator) -> None:
    keys = StaticCredentials(Credentials("emulator-key", "emulator-secret"))
    transport = httpx.WSGITransport(app=esa)

    with EsaClient("http://esa.test", keys, transport=transport) as client:
        snapshot = take_snapshot(client, [JOB, OTHER_JOB, NO_JOB])

    plan = snapshot.plan(JOB, PLAN)
    assert snapshot.problem is None
    assert plan is not None
    assert (plan.status, plan.interval) == ("waiting", 30)
    job = snapshot.jobs[JOB].job
    assert job is not None
    assert (job.url_count, job.task_submitted) == (2, 1)
    assert snapshot.jobs[NO_JOB].job is None
    assert not any(call.effect for call in esa.history)


def test_the_settings_of_the_preview_find_esa(endpoint: str) -> None:
    config = {
        "esa-prefetch:endpoint": endpoint,
        "esa-prefetch:accessKey": "[secret]",
        "esa-prefetch:secretKey": "[secret]",
    }

    snapshot = take_snapshot_with(config, KEYS, {JOB})

    assert snapshot.problem is None
    assert snapshot.plan(JOB, PLAN) is not None


def test_a_refused_key_is_reported_once_and_is_no_failure(
    esa: Emulator, endpoint: str
) -> None:
    wrong = {**KEYS, "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}

    snapshot = take_snapshot_with(
        {"esa-prefetch:endpoint": endpoint}, wrong, {JOB, OTHER_JOB}
    )

    assert snapshot.jobs == {}
    assert snapshot.problem is not None
    assert snapshot.problem.startswith("ESA was not read, or not completely (")
    assert "SignatureDoesNotMatch" in snapshot.problem
    assert snapshot.keys_refused
    assert len(esa.history) <= 2


def test_a_source_of_keys_that_is_not_reached_is_a_problem_and_no_refusal() -> None:
    config = {
        "esa-prefetch:endpoint": "http://127.0.0.1:9",
        "alicloud:credentialsUri": "http://127.0.0.1:9/keys",
    }

    snapshot = take_snapshot_with(config, {}, {JOB})

    assert "no answer from http://127.0.0.1:9" in str(snapshot.problem)
    assert not snapshot.keys_refused


@pytest.mark.parametrize(
    ("config", "environ", "words"),
    [
        ({"esa-prefetch:endpoint": "http://127.0.0.1:9"}, KEYS, "no connection to"),
        ({"esa-prefetch:maxQps": "many"}, KEYS, "esa-prefetch:maxQps"),
        (
            {},
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "half"},
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET",
        ),
    ],
    ids=["nobody there", "a bad setting", "half a key"],
)
def test_every_problem_is_reported_in_one_sentence(
    config: dict[str, str], environ: dict[str, str], words: str
) -> None:
    snapshot = take_snapshot_with(config, environ, {JOB})

    assert snapshot.problem is not None
    assert words in snapshot.problem
    assert "\n" not in snapshot.problem


def test_without_jobs_esa_is_not_called_and_nothing_is_missing() -> None:
    assert (
        take_snapshot_with(
            {"esa-prefetch:endpoint": "http://127.0.0.1:9"}, {}, set()
        ).problem
        is None
    )


def test_a_plan_that_esa_lists_with_another_job_is_not_one_of_the_job() -> None:
    own = Plan(id=PLAN, job_id=JOB, status="running")
    foreign = Plan(id="2" * 24, job_id=OTHER_JOB, status="running")

    snapshot = take_snapshot(_Canned([own, foreign]), [JOB])

    assert set(snapshot.jobs[JOB].plans) == {PLAN}
    assert [snapshot.lacks(JOB, plan) for plan in (PLAN, "2" * 24, "3" * 24)] == [
        False,
        False,
        True,
    ]


def test_a_plan_that_cannot_be_read_is_named_and_is_not_missing() -> None:
    own = Plan(id=PLAN, job_id=JOB, status="running")
    odd = UnreadablePlan("2" * 24, "waiting", "StartTime: year 0 is out of range")

    snapshot = take_snapshot(_Canned([own], odd), [JOB])

    assert snapshot.plan(JOB, PLAN) == own
    assert snapshot.plan(JOB, "2" * 24) == Plan(id="2" * 24, status="waiting")
    assert snapshot.problem is None
    assert snapshot.unreadable == (f"job {JOB}: {odd}",)


def test_a_job_with_a_plan_without_an_id_is_not_read() -> None:
    """Any plan of the job may be the one without an id."""
    nameless = UnreadablePlan(None, "running", "Id: Field required")

    snapshot = take_snapshot(_Canned([], nameless), [JOB])

    assert snapshot.jobs == {}
    assert "an entry without a plan's id cannot be read: Id: Field required" in str(
        snapshot.problem
    )


class _Canned:
    """A reader whose lists are given."""

    def __init__(self, plans: list[Plan], *unreadable: UnreadablePlan) -> None:
        self._plans = PlanList(plans, unreadable)

    def list_scheduled_preload_executions(self, *, job_id: str) -> PlanList:
        assert job_id == JOB
        return self._plans

    def get_scheduled_preload_job(self, *, job_id: str) -> Job:
        return Job(id=job_id)
