"""The fixture `esa`: a local ESA that a test seeds, calls, moves in time, and looks at."""

from importlib import import_module
from typing import Any

import httpx
import pytest
from alibabacloud_esa20240910.client import Client

from pulumi_esa_emulator.testing import LocalEsa, job, plan

# The SDK's packages have hundreds of exports, in a way that mypy does not follow.
models: Any = import_module("alibabacloud_esa20240910.models")
Config: Any = import_module("alibabacloud_tea_openapi.models").Config

LIST = "ListScheduledPreloadExecutions"
START = "StartScheduledPreloadExecution"


def test_a_plan_runs_against_a_clock_that_the_test_moves(esa: LocalEsa) -> None:
    (launch,) = esa.seed(job(plan("stopped", interval=60, slice_len=2), urls=5))
    (first,) = esa.plans

    started = esa.act(START, Id=first)

    assert (started.status, started.body["Status"]) == (200, "running")
    assert esa.statuses() == ["running"]
    assert esa.plans[first].job_id == launch.id
    esa.advance(59)
    assert esa.state["jobs"][0]["TaskSubmitted"] == 2
    esa.advance(62)
    assert esa.statuses() == ["finished"]
    assert [(one.action, one.effect) for one in esa.history] == [(START, True)]
    assert esa.starts(first) == 1
    assert esa.starts("another") == 0


def test_a_client_that_nobody_here_wrote_finds_it_at_its_address(esa: LocalEsa) -> None:
    esa.seed(job(plan("stopped")))
    (first,) = esa.plans
    client = Client(
        Config(
            access_key_id=esa.environment["ALIBABA_CLOUD_ACCESS_KEY_ID"],
            access_key_secret=esa.environment["ALIBABA_CLOUD_ACCESS_KEY_SECRET"],
            endpoint=esa.address,
            protocol="http",
        )
    )

    client.start_scheduled_preload_execution(
        models.StartScheduledPreloadExecutionRequest(id=first)
    )

    assert esa.statuses() == ["running"]


def test_faults_and_dialects_can_be_set_and_taken_back(esa: LocalEsa) -> None:
    (launch,) = esa.seed(job(plan("running")))
    (first,) = esa.plans

    esa.faults({"kind": "throttle", "calls": [1]})
    refused = esa.act(LIST, Id=launch.id)
    esa.faults()
    esa.dialects("start-running-refused")
    again = esa.act(START, Id=first)
    esa.dialects()

    assert refused.body["Code"] == "TooManyRequests"
    assert again.body["Code"]
    assert esa.act(LIST, Id=launch.id).body["Executions"][0]["Status"] == "running"


def test_a_new_seed_begins_anew_at_the_same_address(esa: LocalEsa) -> None:
    esa.seed(job(plan("stopped")), job(plan("waiting"), plan("stopped")))
    address = esa.address
    esa.act(LIST, Id=next(iter(esa.jobs)))
    assert esa.statuses() == ["stopped", "waiting", "stopped"]

    esa.seed(job(plan("running"), name="other"))

    assert esa.statuses() == ["running"]
    assert esa.history == []
    assert esa.address == address
    assert httpx.get(f"{esa.endpoint}/_emulator/clock").json()["clock"] == "manual"


@pytest.mark.parametrize(
    ("wrong", "sentence"),
    [
        ({"Status": "asleep"}, "jobs"),
        ({"Interval": 0}, "jobs"),
        ({"Id": "x"}, "jobs"),
    ],
)
def test_a_wrong_seed_is_one_sentence_and_changes_nothing(
    esa: LocalEsa, wrong: dict[str, object], sentence: str
) -> None:
    esa.seed(job(plan("stopped")))

    with pytest.raises(ValueError, match=sentence) as raised:
        esa.seed(job({**plan("stopped"), **wrong}))

    assert "\n" not in str(raised.value)
    assert esa.statuses() == ["stopped"]


def test_other_keys_of_a_seed_are_known_beside_its_own(esa: LocalEsa) -> None:
    statement = {"Effect": "Deny", "Action": "esa:*", "Resource": "*"}
    esa.seed(
        keys=[
            {
                "AccessKeyId": "reader",
                "AccessKeySecret": "reader-secret",
                "Policy": {"Version": "1", "Statement": [statement]},
            }
        ]
    )

    assert esa.act("ListScheduledPreloadJobs", SiteId=1).status != 403
    assert esa.jobs == {}
