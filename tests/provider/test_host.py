"""The hooks in the real dynamic host process, over gRPC and HTTP: what only that process can show."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import grpc
import pytest

from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.provider.hooks import PlanProvider
from tests.provider.host import UNKNOWN, Host, running_host
from tests.provider.world import ID, JOB, LIST, PLAN, START, props
from tests.support.local_esa import job, plan, plan_id, seed

KEYS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
}
PLANS = [plan(n, "stopped") for n in range(1, 41)]


@pytest.fixture
def esa() -> Iterator[tuple[Emulator, str]]:
    app = create_app(seed=seed(job(1, PLANS)))
    with running(app) as url:
        yield app, url


@pytest.fixture
def host(esa: tuple[Emulator, str], tmp_path: Path) -> Iterator[Host]:
    with running_host(tmp_path, PlanProvider(), os.environ | KEYS) as host:
        host.configure(**{"esa-prefetch__endpoint": esa[1]})
        yield host


def calls(esa: tuple[Emulator, str], action: str) -> int:
    return sum(entry.action == action for entry in esa[0].history)


def sentence(error: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    details = error.value.details()
    return str(details).rstrip("\n")


def test_a_plan_lives_from_check_to_delete(
    host: Host, esa: tuple[Emulator, str], tmp_path: Path
) -> None:
    inputs, failures = host.check({}, {"plan_id": ID, "triggers": {"n": 2}})
    assert failures == []

    id_, outs = host.create(inputs)
    assert (id_, outs["status"], outs["starts"]) == (ID, "running", 1)
    assert host.check(inputs, {"plan_id": ID, "triggers": {"n": 2}}) == (inputs, [])
    assert host.diff(ID, outs, inputs) == (False, [], False)
    assert host.read(ID, outs) == (ID, outs)

    outs = host.update(ID, outs, inputs | {"on_destroy": "delete"})
    assert outs["on_destroy"] == "delete"

    later_files = tmp_path / "later"
    later_files.mkdir()
    with running_host(later_files, PlanProvider(), os.environ | KEYS) as later:
        later.configure(**{"esa-prefetch__endpoint": esa[1]})
        later.delete(ID, outs)
        assert later.read(ID, outs) == ("", {"__provider": outs["__provider"]})
    assert calls(esa, START) == 1


def test_four_threads_share_one_list(host: Host, esa: tuple[Emulator, str]) -> None:
    declared = [props(plan_id=plan_id(n)) for n in range(1, 41)]

    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(host.create, declared))

    assert {outs["status"] for _, outs in made} == {"running"}
    assert (calls(esa, LIST), calls(esa, START)) == (1, 40)


def test_unknown_values_pass_check_and_are_a_change(host: Host) -> None:
    inputs, failures = host.check({}, {"plan_id": UNKNOWN, "triggers": {"a": UNKNOWN}})

    assert failures == []
    assert inputs["plan_id"] == UNKNOWN
    assert inputs["triggers"] == {"a": UNKNOWN}
    assert host.diff(ID, props(status="running"), inputs) == (True, ["plan_id"], True)
    assert host.diff(ID, props(status="running"), props(job_id=UNKNOWN)) == (
        True,
        [],
        False,
    )


MISSING = (
    "does not exist: check plan_id and job_id; the job has the plans "
    f"{', '.join(map(plan_id, range(1, 6)))} and 35 more"
)


def test_a_missing_plan_is_a_check_failure_of_plan_id(host: Host) -> None:
    _, failures = host.check({}, props(plan_id=plan_id(99)))

    assert failures == [
        (
            "plan_id",
            f"plan {JOB}:{plan_id(99)} {MISSING}",
        )
    ]


def test_an_error_is_one_line_without_a_trace(host: Host) -> None:
    with pytest.raises(grpc.RpcError) as caught:
        host.create(props(plan_id=plan_id(99)))

    assert sentence(caught) == (
        f"pulumi_esa_prefetch.PrefetchError: plan {JOB}:{plan_id(99)} {MISSING}"
    )


def test_a_wrong_setting_is_one_line_in_every_hook(tmp_path: Path) -> None:
    with running_host(tmp_path, PlanProvider(), os.environ | KEYS) as host:
        host.configure(**{"esa-prefetch__deadline": "soon"})
        for call in (
            lambda: host.check({}, props()),
            lambda: host.create(props()),
            lambda: host.delete(ID, props()),
        ):
            with pytest.raises(grpc.RpcError) as caught:
                call()
            assert sentence(caught).count("\n") == 0
            assert "esa-prefetch:deadline" in sentence(caught)


def test_a_misspelt_setting_ends_a_program_and_no_destroy(
    esa: tuple[Emulator, str], tmp_path: Path
) -> None:
    with running_host(tmp_path, PlanProvider(), os.environ | KEYS) as host:
        host.configure(
            **{
                "esa-prefetch__endpoint": esa[1],
                "esa-prefetch__limit": '{"freeze": []}',
            }
        )
        with pytest.raises(grpc.RpcError) as caught:
            host.check({}, props())

        host.delete(ID, props(status="running"))
        assert host.read(ID, props(status="stopped"))[0] == ID

    assert sentence(caught) == (
        "pulumi_esa_prefetch.PrefetchError: esa-prefetch:limit is no setting: "
        "did you mean esa-prefetch:limits?"
    )


def test_debug_shows_the_trace(esa: tuple[Emulator, str], tmp_path: Path) -> None:
    with running_host(tmp_path, PlanProvider(), os.environ | KEYS) as host:
        host.configure(
            **{"esa-prefetch__endpoint": esa[1], "esa-prefetch__debug": "true"}
        )
        with pytest.raises(grpc.RpcError) as caught:
            host.create(props(plan_id=plan_id(99)))

    assert "Traceback" in sentence(caught)


def test_without_an_engine_a_message_is_a_line_on_stdout(
    esa: tuple[Emulator, str], tmp_path: Path
) -> None:
    with running_host(tmp_path, PlanProvider(), os.environ | KEYS) as host:
        host.configure(**{"esa-prefetch__endpoint": esa[1]})
        host.create({"plan_id": PLAN})

    lines = host.stdout_text().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("esa-prefetch: warning: name: started: without a look")


def test_the_host_loads_nothing_that_it_does_not_need(
    esa: tuple[Emulator, str], tmp_path: Path
) -> None:
    with running_host(
        tmp_path, PlanProvider(), os.environ | KEYS, "-X", "importtime"
    ) as host:
        host.configure(**{"esa-prefetch__endpoint": esa[1]})
        host.create(props())
        loaded = {
            line.rpartition("|")[2].strip() for line in host.stderr_text().splitlines()
        }

    ours = {name for name in loaded if name.startswith("pulumi_esa_prefetch.")}
    rooms = {name.split(".")[1] for name in ours}
    assert "pulumi_esa_prefetch.provider.hooks" in ours
    assert not rooms & {"engine", "emulator", "report", "cli", "resources"}
    assert not any(
        name.startswith(("pulumi_alicloud", "alibabacloud", "matplotlib", "typer"))
        for name in loaded
    )


def test_the_keys_of_the_environment_reach_no_output(host: Host) -> None:
    _, outs = host.create(props())

    assert "emulator-secret" not in str(outs)
    assert "emulator-key" not in str(outs)
