"""The functions of the schema: plans as ESA lists them, forecasts, wrong arguments; over gRPC what an engine sees."""

import contextlib
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from pulumi.runtime import rpc

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running as served
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.native import functions
from pulumi_esa_prefetch.native.functions import Answer
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from tests.native.plugin import P, Plugin, plain, plugin, struct
from tests.provider.world import JOB, LIST, PLAN, World
from tests.support.local_esa import job, job_id, plan, plan_id, seed


def call(world: World, name: str, **args: Any) -> Answer:
    return functions.call(
        HookCall(world.session), f"esa-prefetch:index:{name}", dict(args)
    )


def failures(name: str, **args: Any) -> dict[str, str]:
    return dict(call(World("stopped"), name, **args).failures)


@pytest.mark.parametrize(
    "args",
    [
        {"planId": PLAN, "jobId": JOB},
        {"planId": f"{JOB}:{PLAN}"},
        {"planId": PLAN.upper(), "jobId": JOB.upper()},
    ],
)
def test_a_plan_is_returned_as_esa_lists_it(args: dict[str, str]) -> None:
    found = call(World("running", "stopped"), "getPlan", **args).outputs

    assert found["planId"] == PLAN
    assert found["jobId"] == JOB
    assert found["status"] == "running"
    assert (found["interval"], found["sliceLen"]) == (600, 1)
    assert found["startTime"].endswith("Z")


def test_all_plans_of_a_job_are_returned_sorted_by_id() -> None:
    found = call(World("running", "stopped"), "getPlans", jobId=JOB).outputs

    assert found["jobId"] == JOB
    assert [(each["planId"], each["status"]) for each in found["plans"]] == [
        (plan_id(1), "running"),
        (plan_id(2), "stopped"),
    ]
    assert set(found["plans"][0]) == set(
        call(World("running"), "getPlan", planId=f"{JOB}:{PLAN}").outputs
    )


def test_a_job_without_plans_has_none() -> None:
    assert call(World(), "getPlans", jobId=JOB).outputs["plans"] == []


def test_functions_and_resources_share_one_list() -> None:
    world = World("running", "stopped")

    call(world, "getPlans", jobId=JOB)
    call(world, "getPlan", planId=PLAN, jobId=JOB)

    assert world.calls(LIST) == 1
    assert world.effects() == []


def test_an_error_names_the_plans_that_the_job_has_instead() -> None:
    with pytest.raises(PrefetchError) as failed:
        call(World("stopped"), "getPlan", planId=plan_id(7), jobId=JOB)

    assert f"the job has the plans {PLAN}" in str(failed.value)


def test_a_job_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(EsaError, match="does not exist"):
        call(World("stopped"), "getPlans", jobId=job_id(9))


@pytest.mark.parametrize(
    ("name", "args", "argument", "reason"),
    [
        ("getPlan", {}, "planId", "planId is missing"),
        ("getPlan", {"planId": PLAN}, "jobId", "jobId is missing: give it, or planId"),
        ("getPlan", {"planId": "x"}, "planId", "planId is not a plan id: 24 hex"),
        ("getPlan", {"plan_id": "x"}, "plan_id", "did you mean planId?"),
        ("getPlans", {}, "jobId", "jobId is missing"),
        ("getPlans", {"jobId": "1:2"}, "jobId", "jobId is not a job id: 24 hex"),
        ("getPlans", {"site": "x"}, "site", "it takes jobId"),
        ("forecast", {"plans": {}}, "urls", "urls is missing"),
        ("forecast", {"plans": {}, "urls": -1}, "urls", "urls must be greater than"),
        (
            "forecast",
            {"plans": {}, "urls": 1.5},
            "urls",
            "urls must be a valid integer",
        ),
        (
            "forecast",
            {"plans": {"a": {"interval": 60}}, "urls": 1},
            "plans",
            "plans.a.sliceLen is missing",
        ),
        (
            "forecast",
            {"plans": {"a": {"interval": 60, "sliceLen": 1, "sliceLn": 1}}, "urls": 1},
            "plans",
            "plans.a: sliceLn is not an argument: did you mean sliceLen?",
        ),
        (
            "forecast",
            {"plans": {}, "urls": 1, "at": "tomorrow"},
            "at",
            "at 'tomorrow' is not an instant such as",
        ),
        (
            "forecast",
            {
                "plans": {
                    "a": {
                        "interval": 60,
                        "sliceLen": 1,
                        "startTime": "2026-01-02T00:00:00Z",
                        "endTime": "2026-01-01T00:00:00Z",
                    }
                },
                "urls": 1,
            },
            "plans",
            "plans.a has an endTime that is not after its startTime",
        ),
    ],
)
def test_a_wrong_argument_is_named_with_the_reason(
    name: str, args: dict[str, Any], argument: str, reason: str
) -> None:
    assert failures(name, **args)[argument].startswith(reason) or (
        reason in failures(name, **args)[argument]
    )


def test_a_forecast_has_batches_finish_and_rates() -> None:
    plans = {
        "day": {"interval": 60.0, "sliceLen": 10.0},
        "night": {
            "interval": 30,
            "sliceLen": 5,
            "startTime": "2026-01-01T01:00:00+01:00",
            "endTime": "2026-01-01T00:01:00Z",
        },
    }

    found = call(
        World(), "forecast", plans=plans, urls=500, at="2026-01-01T00:00:00Z"
    ).outputs

    assert found["left"] == 0
    assert found["fits"] is True
    assert found["finish"] == "2026-01-01T00:48:00Z"
    assert found["plans"]["day"] == {
        "batches": 49,
        "urls": 490,
        "urlsPerSecond": 10 / 60,
        "first": "2026-01-01T00:00:00Z",
        "last": "2026-01-01T00:48:00Z",
        "needsUntil": "2026-01-01T00:49:00Z",
        "past": False,
    }
    assert found["plans"]["night"]["urls"] == 10


def test_a_list_that_is_too_long_for_the_window_does_not_fit() -> None:
    window = {"interval": 60, "sliceLen": 1, "endTime": "2026-01-01T00:10:00Z"}

    found = call(
        World(),
        "forecast",
        plans={"a": window},
        urls=100,
        submitted=50,
        at="2026-01-01T00:00:00Z",
    ).outputs

    assert (found["left"], found["fits"], found["finish"]) == (40, False, "")


@pytest.mark.parametrize(("urls", "left", "fits"), [(0, 0, True), (5, 5, False)])
def test_a_forecast_without_plans_leaves_all_urls(
    urls: int, left: int, fits: bool
) -> None:
    found = call(World(), "forecast", plans={}, urls=urls).outputs

    assert (found["left"], found["fits"], found["plans"]) == (left, fits, {})


@contextlib.contextmanager
def engine() -> Iterator[Plugin]:
    app = create_app(seed=seed(job(1, [plan(1, "running")])))
    with served(app) as endpoint, plugin(endpoint) as started:
        started.configure()
        yield started


def details(failed: pytest.ExceptionInfo[grpc.RpcError]) -> str:
    return str(failed.value.details())


def invoke(started: Plugin, name: str, **args: Any) -> Any:
    request = P.InvokeRequest(tok=f"esa-prefetch:index:{name}", args=struct(args))
    return started.calls.Invoke(request)


def test_an_engine_gets_answers_failures_and_errors_of_one_sentence() -> None:
    with engine() as started:
        answer = invoke(started, "getPlan", planId=f"{JOB}:{PLAN}")
        wrong = invoke(started, "getPlans", job="x")
        with pytest.raises(grpc.RpcError) as gone:
            invoke(started, "getPlan", planId=plan_id(7), jobId=JOB)
        with pytest.raises(grpc.RpcError) as unknown:
            invoke(started, "getSite")

    assert plain(getattr(answer, "return"))["status"] == "running"
    assert [(each.property, each.reason) for each in wrong.failures] == [
        ("job", "job is not an argument: did you mean jobId?")
    ]
    assert "check planId and jobId; the job has the plans" in details(gone)
    assert "\n" not in details(gone)
    assert details(unknown) == ("there is no function esa-prefetch:index:getSite")


def test_what_follows_from_a_secret_is_secret() -> None:
    hidden = {rpc._special_sig_key: rpc._special_secret_sig, "value": 5}

    with engine() as started:
        answer = invoke(started, "forecast", plans={}, urls=hidden)

    found = plain(getattr(answer, "return"))
    assert found["left"] == hidden
