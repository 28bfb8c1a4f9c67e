"""The client against the emulator, over a socket: two programs that share no code but the clock."""

import contextlib
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials, StaticCredentials
from pulumi_esa_prefetch.api.errors import (
    BadCredentials,
    Denied,
    EsaError,
    Invalid,
    NotFound,
    UrlsRefused,
    WrongClock,
)
from pulumi_esa_prefetch.api.models import PlanSpec
from pulumi_esa_prefetch.clock import SystemClock
from tests.api.lockstep import LockstepClock

KEYS = Credentials("emulator-key", "emulator-secret")
SITE = 190007158391808
JOB = "a" * 24
PLANS = [f"{number:024x}" for number in range(1, 201)]
LEARNING = timedelta(seconds=2)


@contextlib.contextmanager
def emulator(**options: Any) -> Iterator[tuple[Emulator, str]]:
    plans = [{"Id": plan_id, "Interval": 60, "SliceLen": 1} for plan_id in PLANS]
    job = {
        "Id": JOB,
        "SiteId": SITE,
        "UrlList": ["http://example.com/a"],
        "plans": plans,
    }
    seed = {"sites": [{"SiteId": SITE, "Status": "active"}], "jobs": [job]}
    app = create_app(seed=seed, **options)
    with contextlib.closing(app), running(app) as url:
        yield app, url


def client_at(url: str, credentials: Credentials = KEYS, **options: Any) -> EsaClient:
    return EsaClient(url, StaticCredentials(credentials), **options)


def no_waiting() -> ManualClock:
    """The real time for signatures, and sleeps that return at once."""
    return ManualClock(datetime.now(UTC))


def test_all_eleven_actions_have_their_effect() -> None:
    soon = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=1)
    later = soon + timedelta(hours=1)
    urls = ["http://example.com/%C3%BC", "http://example.com/b?x=1&y=%20"]

    with emulator() as (_, url), client_at(url) as client:
        job = client.create_scheduled_preload_job(
            site_id=SITE, name="a & b = ü", insert_way="textBox", url_list=urls
        )
        made = client.create_scheduled_preload_executions(
            job_id=job.id,
            executions=[
                PlanSpec(start_time=soon, end_time=later, interval=30, slice_len=5),
                PlanSpec(interval=60, slice_len=1),
            ],
        )
        first, second = made.plans
        jobs = client.list_scheduled_preload_jobs(site_id=SITE)
        moved = client.update_scheduled_preload_execution(
            plan_id=first.id, end_time=later + timedelta(hours=1), slice_len=7
        )
        started = client.start_scheduled_preload_execution(plan_id=second.id)
        stopped = client.stop_scheduled_preload_execution(plan_id=second.id)
        listed = client.list_scheduled_preload_executions(job_id=job.id)
        reset = client.reset_scheduled_preload_job(job_id=job.id)
        got = client.get_scheduled_preload_job(job_id=job.id)
        deleted = client.delete_scheduled_preload_execution(plan_id=second.id)
        gone = client.delete_scheduled_preload_job(job_id=job.id)
        with pytest.raises(NotFound):
            client.list_scheduled_preload_executions(job_id=job.id)

    assert (job.name, job.url_count, job.site_id) == ("a & b = ü", 2, SITE)
    assert job.id in {one.id for one in jobs}
    assert (first.start_time, first.end_time) == (soon, later)
    assert (moved.start_time, moved.slice_len) == (soon, 7)
    assert moved.end_time == later + timedelta(hours=1)
    assert (started.job_id, started.status) == (job.id, "running")
    assert stopped.status == "stopped"
    assert {plan.id: plan.status for plan in listed} == {
        first.id: "waiting",
        second.id: "stopped",
    }
    assert (reset.id, got.id, got.task_submitted) == (job.id, job.id, 0)
    assert deleted
    assert gone


@pytest.mark.parametrize(
    "named", [{"site_id": SITE}, {"instance_id": f"esa-site-{SITE}"}]
)
def test_the_quota_of_an_instance_is_read_by_its_id_or_a_site(
    named: dict[str, Any],
) -> None:
    with emulator() as (_, url), client_at(url) as client:
        found = client.list_instance_quotas(
            quota_names=["preload", "wildcard"], **named
        )

    (quota,) = found.quotas
    assert (found.instance_id, found.status) == (f"esa-site-{SITE}", "online")
    assert (quota.name, quota.value_type) == ("preload", "num")
    assert int(quota.value or "") > 0


def test_a_job_with_refused_urls_exists() -> None:
    with emulator() as (_, url), client_at(url) as client:
        with pytest.raises(UrlsRefused, match="InvalidUrl") as caught:
            client.create_scheduled_preload_job(
                site_id=SITE,
                name="x",
                insert_way="textBox",
                url_list=["http://example.com/a", "no url"],
            )
        job = client.get_scheduled_preload_job(job_id=caught.value.job.id)

    assert (job.id, job.url_count) == (caught.value.job.id, 1)
    assert job.error_info == "InvalidUrl"


@pytest.mark.parametrize(
    ("credentials", "expected"),
    [
        (Credentials("nobody", "x"), BadCredentials),
        (Credentials("emulator-key", "wrong"), BadCredentials),
    ],
    ids=["unknown key", "wrong secret"],
)
def test_a_refused_key_is_reported_as_such(
    credentials: Credentials, expected: type[EsaError]
) -> None:
    with (
        emulator() as (_, url),
        client_at(url, credentials) as client,
        pytest.raises(expected),
    ):
        client.list_scheduled_preload_executions(job_id=JOB)


def test_a_malformed_id_is_reported_as_such() -> None:
    with (
        emulator() as (_, url),
        client_at(url) as client,
        pytest.raises(Invalid, match="24 hexadecimal digits"),
    ):
        client.list_scheduled_preload_executions(job_id="x")


def test_a_wrong_clock_is_explained() -> None:
    wrong = ManualClock(datetime.now(UTC) + timedelta(minutes=40))

    with (
        emulator() as (_, url),
        client_at(url, clock=wrong) as client,
        pytest.raises(WrongClock, match="40 minutes ahead of the server's"),
    ):
        client.list_scheduled_preload_executions(job_id=JOB)


def test_a_missing_permission_is_named() -> None:
    faults = {"faults": [{"kind": "denied"}]}

    with (
        emulator(faults=faults) as (_, url),
        client_at(url) as client,
        pytest.raises(Denied, match="esa:ListScheduledPreloadExecutions"),
    ):
        client.list_scheduled_preload_executions(job_id=JOB)


PASSING = [
    {"kind": "throttle"},
    {
        "kind": "throttle",
        "code": "Throttling.User",
        "status": 429,
        "retry_after_ms": 10,
    },
    {"kind": "throttle", "retry_after": 1},
    {"kind": "server-error", "when": "before"},
    {
        "kind": "server-error",
        "when": "after",
        "code": "ServiceUnavailable",
        "status": 503,
    },
    {"kind": "reset", "when": "before"},
    {"kind": "reset", "when": "after"},
    {"kind": "slow-bytes", "chunk": 4096, "pause": 0.001},
    {"kind": "truncated"},
    {"kind": "truncated", "framed": True},
    {"kind": "html", "when": "after"},
    {"kind": "content-type"},
    {"kind": "extra-keys"},
    {"kind": "missing-keys", "keys": ["Executions"]},
    {"kind": "missing-keys", "keys": ["Id"]},
    {"kind": "times"},
    {"kind": "shuffled"},
]


@pytest.mark.parametrize(
    "fault", PASSING, ids=lambda fault: "-".join(str(value) for value in fault.values())
)
def test_a_list_call_succeeds_after_every_transient_fault(
    fault: dict[str, Any],
) -> None:
    faults = {"seed": 3, "faults": [{**fault, "calls": [1]}]}

    with (
        emulator(faults=faults) as (_, url),
        client_at(url, clock=no_waiting()) as client,
    ):
        plans = client.list_scheduled_preload_executions(job_id=JOB)

    assert sorted(plan.id for plan in plans) == PLANS


@pytest.mark.parametrize(
    "fault", PASSING, ids=lambda fault: "-".join(str(value) for value in fault.values())
)
def test_a_start_under_a_fault_is_sent_once_unless_it_had_no_effect(
    fault: dict[str, Any],
) -> None:
    faults = {"seed": 3, "faults": [{**fault, "calls": [1]}]}

    with (
        emulator(faults=faults) as (app, url),
        client_at(url, clock=no_waiting()) as client,
    ):
        error = None
        try:
            client.start_scheduled_preload_execution(plan_id=PLANS[0])
        except EsaError as caught:
            error = caught
        effects = [entry.effect for entry in app.history]

    assert sum(effects) <= 1
    if error is None:
        assert effects[-1]
    else:
        assert error.ambiguous
        assert len(effects) == 1


@pytest.mark.parametrize("processes", [1, 2])
def test_few_calls_are_refused_by_the_quota_of_the_account(processes: int) -> None:
    faults = {"faults": [{"kind": "quota", "per_second": 30}]}
    clock = LockstepClock()
    wanted = PLANS * 2
    todo = iter(wanted)

    with contextlib.ExitStack() as stack:
        app, url = stack.enter_context(
            emulator(faults=faults, clock=clock, wall_clock=clock)
        )
        clients = [
            stack.enter_context(client_at(url, clock=clock, rng=random.Random(number)))
            for number in range(processes)
        ]

        def work(client: EsaClient) -> None:
            for plan_id in todo:
                client.start_scheduled_preload_execution(plan_id=plan_id)
                clock.sleep(0.02)

        clock.run(*(partial(work, client) for client in clients for _ in range(4)))
        history = list(app.history)

    begin = history[0].time
    later = [entry for entry in history if entry.time > begin + LEARNING]
    refused = sum(entry.status == 400 for entry in later)
    assert sum(entry.status == 200 for entry in history) == len(wanted)
    assert refused < 0.05 * len(later), (refused, len(later))
    assert history[-1].time < begin + timedelta(seconds=len(wanted) / 20)


def test_the_default_clock_of_the_client_is_the_system_clock() -> None:
    client = client_at("http://127.0.0.1:9")

    assert isinstance(client._transport._clock, SystemClock)
