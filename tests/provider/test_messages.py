"""What the real dynamic host says by the engine's log: on which resource, with which severity, and when."""

import os
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import CreateResult, ResourceProvider

from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.provider.host_life import PAUSE, REFUSALS
from pulumi_esa_prefetch.provider.messages import heard_by, note, warn
from tests.provider.host import URN, EngineLog, Host, engine_log, running_host
from tests.provider.world import ID, PLAN, props
from tests.support.local_esa import job, job_id, plan, plan_id, seed

Esa = tuple[Emulator, str]
KEYS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
}
RUNNING = props(plan_id=plan_id(2), job_id=job_id(2))


@pytest.fixture
def esa() -> Iterator[Esa]:
    jobs = [job(1, [plan(1, "stopped")]), job(2, [plan(2, "running")])]
    app = create_app(seed=seed(*jobs))
    with running(app) as url:
        yield app, url


@contextmanager
def hosted(esa: Esa, folder: Path, **config: str) -> Iterator[tuple[Host, EngineLog]]:
    with (
        engine_log() as log,
        running_host(
            folder, PlanProvider(), os.environ | KEYS, engine=log.address
        ) as host,
    ):
        host.configure(**{"esa-prefetch__endpoint": esa[1]} | config)
        yield host, log


def said(log: EngineLog, severity: str = "INFO") -> list[str]:
    assert {urn for _, urn, _ in log.messages} <= {URN}
    return [text for level, _, text in log.messages if level == severity]


def test_what_was_done_is_a_line_on_the_resource(esa: Esa, tmp_path: Path) -> None:
    with hosted(esa, tmp_path) as (host, log):
        host.check({}, props())
        id_, outs = host.create(props())
        outs = host.update(id_, outs, props(triggers={"a": "b"}))
        host.end()
    with hosted(esa, tmp_path) as (later, end):
        later.delete(id_, outs)

    assert said(log) == [
        "started: was stopped",
        "stopped, reset and started: triggers changed",
    ]
    assert said(end) == ["stopped: was running and no longer declared"]
    assert host.stdout_text() == ""


def test_a_preview_says_what_would_be_done_when_it_ends(
    esa: Esa, tmp_path: Path
) -> None:
    with hosted(esa, tmp_path) as (host, log):
        host.check({}, props())
        before = list(log.messages)
        host.end()

    assert before == []
    assert said(log) == ["will be started: is stopped"]


def test_a_preview_of_a_plan_that_runs_says_that_it_is_adopted(
    esa: Esa, tmp_path: Path
) -> None:
    with hosted(esa, tmp_path) as (host, log):
        host.check({}, RUNNING)
        host.end()

    assert said(log) == ["will be adopted: is running"]


@pytest.mark.parametrize(
    ("changed", "line"),
    [
        ({}, []),
        (
            {"triggers": {"a": "b"}},
            ["will be stopped, reset and started: triggers changed"],
        ),
        (
            {"triggers": {"a": "b"}, "rerun": "resume"},
            ["will be stopped and started: triggers changed"],
        ),
        ({"desired_state": "stopped"}, ["will be stopped: is running"]),
        ({"on_destroy": "leave"}, ["will be recorded: on_destroy changed"]),
    ],
)
def test_a_preview_of_a_recorded_plan_says_what_changes(
    esa: Esa, tmp_path: Path, changed: dict[str, Any], line: list[str]
) -> None:
    with hosted(esa, tmp_path) as (
        host,
        log,
    ):
        id_, outs = host.create(props())
    with hosted(esa, tmp_path) as (host, log):
        host.check(props(), props(**changed))
        host.diff(id_, outs, props(**changed))
        host.end()

    assert said(log) == line


def test_a_preview_after_a_refresh_says_that_this_stack_had_started_the_plan(
    esa: Esa, tmp_path: Path
) -> None:
    with hosted(esa, tmp_path) as (host, log):
        host.check(props(), props())
        host.diff(ID, outputs("stopped"), props())
        host.end()

    assert said(log) == [
        "will be started again: this stack started it, and it was found stopped"
    ]


def test_with_verify_false_or_without_a_job_there_is_no_line_of_a_preview(
    esa: Esa, tmp_path: Path
) -> None:
    with hosted(esa, tmp_path, **{"esa-prefetch__verify": "false"}) as (host, log):
        host.check({}, props())
        host.diff(ID, outputs("stopped"), props())
        host.end()
    with hosted(esa, tmp_path) as (host, other):
        host.check({}, {"plan_id": PLAN})
        host.end()

    assert log.messages == other.messages == []


def test_a_warning_has_its_severity(esa: Esa, tmp_path: Path) -> None:
    with hosted(esa, tmp_path) as (host, log):
        host.create({"plan_id": PLAN})

    (warning,) = said(log, "WARNING")
    assert warning.startswith("started: without a look before, because job_id is not")


def test_a_log_that_hangs_delays_a_hook_by_one_second_and_fails_nothing(
    esa: Esa, tmp_path: Path
) -> None:
    with hosted(esa, tmp_path) as (host, log):
        log.hangs = True
        id_, outs = host.create(props())
        host.update(id_, outs, props(desired_state="stopped"))
        log.hangs = False

    assert outs["status"] == "running"
    assert host.stdout_text().splitlines() == [
        "esa-prefetch: name: started: was stopped",
        "esa-prefetch: name: stopped: was running",
    ]


def test_a_host_ends_itself_once_its_engine_is_gone(esa: Esa, tmp_path: Path) -> None:
    with engine_log() as log:
        address = log.address
        with running_host(
            tmp_path, PlanProvider(), os.environ | KEYS, engine=address
        ) as host:
            host.configure(**{"esa-prefetch__endpoint": esa[1]})
            host.create(props())
    with running_host(
        tmp_path, PlanProvider(), os.environ | KEYS, engine=address
    ) as host:
        host.configure(**{"esa-prefetch__endpoint": esa[1]})
        host.create(RUNNING)

        assert host.wait() == 0


class SlowProvider(ResourceProvider):
    """Another provider of the same program: its ``create`` takes until the file ``go`` exists."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        folder = Path(props["folder"])
        (folder / "began").touch()
        while not (folder / "go").exists():
            time.sleep(0.01)
        (folder / "done").touch()
        return CreateResult("1", {})


@pytest.mark.slow
def test_a_host_does_not_end_while_a_hook_of_another_provider_runs(
    esa: Esa, tmp_path: Path
) -> None:
    with engine_log() as log:
        gone = log.address
    environ = os.environ | KEYS
    with running_host(tmp_path, PlanProvider(), environ, engine=gone) as host:
        other = host.with_provider(SlowProvider())
        host.configure(**{"esa-prefetch__endpoint": esa[1]})
        with ThreadPoolExecutor() as pool:
            creating = pool.submit(other.create, {"folder": str(tmp_path)})
            while not (tmp_path / "began").exists():
                assert not creating.done()
            host.create(RUNNING)

            with suppress(subprocess.TimeoutExpired):
                host.wait((REFUSALS + 2) * PAUSE)
            (tmp_path / "go").touch()
            creating.exception()
            other.close()

        assert (tmp_path / "done").exists()
        assert host.wait() == 0


def outputs(status: str) -> dict[str, Any]:
    facts = {"status": status, "starts": 1, "request_id": "R", "ali_uid": "1"}
    return props() | facts | {"start_time": "", "end_time": ""}


def test_one_who_calls_by_hand_hears_the_messages_and_nothing_is_printed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    heard: list[tuple[str, str]] = []

    with heard_by(lambda severity, text: heard.append((severity, text))):
        note("started: was\nstopped")
        warn("its job has no URLs")
    note("said as before")

    assert heard == [
        ("INFO", "started: was stopped"),
        ("WARNING", "its job has no URLs"),
    ]
    assert capsys.readouterr().out == "esa-prefetch: said as before\n"
