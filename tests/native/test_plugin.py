"""The plugin as an engine meets it: its own process, gRPC, a local ESA over HTTP."""

import json
import signal
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import closing
from typing import Any

import grpc
import pytest

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.native.struct_values import SECRET, SIGNATURE
from stacks.prefetch.demo.locks import until
from tests.native.plugin import Plugin, plain, plugin
from tests.provider.host import engine_log
from tests.support.local_esa import Esa, job, job_id, plan, plan_id, seed

PLANS = 50
EXPLICIT = "urn:pulumi:test::test::pulumi:providers:esa-prefetch::mine"


@pytest.fixture
def esa() -> Iterator[Esa]:
    plans = [plan(n, "stopped", start="-1h", end="+8h") for n in range(1, PLANS + 1)]
    with (
        running(create_app(seed=seed(job(1, plans)))) as endpoint,
        closing(Esa(endpoint)) as found,
    ):
        yield found


@pytest.fixture
def served(esa: Esa) -> Iterator[Plugin]:
    with plugin(esa.endpoint) as found:
        yield found


def sentence(failed: Any) -> str:
    assert isinstance(failed, grpc.RpcError)
    assert failed.code() is grpc.StatusCode.UNKNOWN
    text = str(failed.details())
    assert "\n" not in text
    return text


def failure(call: Future[Any]) -> str:
    return sentence(call.exception(timeout=60))


def test_the_programs_own_keys_are_accepted_and_not_recorded(served: Plugin) -> None:
    answer = served.check_config(
        plans="{}",
        colour="blue",
        limits="{}",
        deadline="20",
        accessKey="a",
        secretKey="b",
    )

    assert not answer.failures
    recorded = plain(answer.inputs)
    assert recorded.keys() == {"deadline", "accessKey", "secretKey"}
    assert recorded["deadline"] == "20"
    assert recorded["secretKey"] == {SIGNATURE: SECRET, "value": "b"}
    assert recorded["accessKey"] == {SIGNATURE: SECRET, "value": "a"}


@pytest.mark.parametrize(
    ("args", "reason"),
    [
        ({"acountType": "Domestic"}, "did you mean esa-prefetch:accountType?"),
        ({"deadline": "soon"}, "esa-prefetch:deadline must be a number above 0"),
        ({"deadline": -1}, "esa-prefetch:deadline must be a number above 0"),
        ({"parallel": 0.5}, "esa-prefetch:parallel must be a whole number"),
        ({"verify": "perhaps"}, "esa-prefetch:verify must be true or false"),
        ({"limits": {"window": 3}}, "esa-prefetch:limits.window"),
        ({"endpoint": "http://example.com"}, "esa-prefetch:endpoint"),
    ],
    ids=str,
)
def test_a_wrong_argument_of_the_provider_is_one_sentence(
    served: Plugin, args: dict[str, Any], reason: str
) -> None:
    (found,) = served.check_config(**args).failures

    assert reason in found.reason


def test_an_explicit_provider_reads_its_arguments_and_the_environment_alone(
    esa: Esa,
) -> None:
    frozen = {"freeze": ["2020-01-01T00:00Z/2099-01-01T00:00Z"], "enforce": "deny"}
    stack = json.dumps({"limits": json.dumps(frozen)})
    with plugin(esa.endpoint, PULUMI_CONFIG=stack) as served:
        served.configure()
        refused = failure(served.create(1))
    with plugin(esa.endpoint, PULUMI_CONFIG=stack) as served:
        served.configure(EXPLICIT)
        created = served.create(1).result(timeout=60)

    assert "esa-prefetch:limits deny it" in refused
    assert created.id == f"{job_id(1)}:{plan_id(1)}"


def test_an_attached_plugin_serves_one_provider_until_it_is_attached_again(
    served: Plugin,
) -> None:
    served.attach("127.0.0.1:1")
    served.configure()
    served.configure()

    with pytest.raises(grpc.RpcError, match="serves one provider of a stack"):
        served.configure(EXPLICIT)

    served.attach("127.0.0.1:1")
    served.configure(EXPLICIT)


def test_more_hooks_run_at_once_than_the_four_of_a_dynamic_host(
    esa: Esa, served: Plugin
) -> None:
    esa.post(
        "faults",
        {
            "faults": [
                {
                    "kind": "stall",
                    "seconds": 30,
                    "actions": "StartScheduledPreloadExecution",
                }
            ]
        },
    )
    served.configure(parallel=12, maxQps=1000)

    calls = [served.create(n) for n in range(1, 13)]

    until(lambda: esa.starts() == 12, 20)
    esa.post("faults", {"faults": []})
    for call in calls:
        call.cancel()


def test_after_cancel_no_call_is_begun_and_what_runs_is_recorded(
    esa: Esa, served: Plugin
) -> None:
    stall = {"kind": "stall", "seconds": 1, "actions": "StartScheduledPreloadExecution"}
    esa.post("faults", {"faults": [stall]})
    served.configure(parallel=4)
    calls = {n: served.create(n) for n in range(1, PLANS + 1)}
    until(lambda: esa.starts() == 4, 20)

    served.cancel()
    answers = {n: call.exception(timeout=60) for n, call in calls.items()}

    recorded = {plan_id(n) for n, error in answers.items() if error is None}
    assert recorded == set(esa.starts_by_plan())
    assert len(recorded) == 4
    refused = [sentence(error) for error in answers.values() if error is not None]
    assert len(refused) == PLANS - 4
    assert all("the run was interrupted" in text for text in refused)


def test_a_resources_own_timeout_is_the_deadline_of_its_hook(
    esa: Esa, served: Plugin
) -> None:
    esa.post(
        "faults",
        {
            "faults": [
                {
                    "kind": "stall",
                    "seconds": 60,
                    "actions": "ListScheduledPreloadExecutions",
                }
            ]
        },
    )
    served.configure(deadline=600, verify=False)

    call = served.create(1, timeout=1)

    assert "cannot be looked up" in failure(call)


def test_an_error_is_one_sentence_with_the_names_of_the_schema(served: Plugin) -> None:
    served.configure()

    text = failure(served.create(1, planId=plan_id(99)))

    assert "does not exist: check planId and jobId; the job has the plans" in text


def test_messages_reach_the_engine_on_their_resource(esa: Esa) -> None:
    with engine_log() as log, plugin(esa.endpoint, log.address) as served:
        served.configure()
        served.create(1).result(timeout=60)

    ((severity, urn, text),) = log.messages
    assert (severity, text) == ("INFO", "started: was stopped")
    assert urn.endswith("::plan-1")


def test_a_plugin_that_was_attached_sends_its_messages_there(esa: Esa) -> None:
    with engine_log() as log, plugin(esa.endpoint) as served:
        served.attach(log.address)
        served.configure()
        served.create(1).result(timeout=60)

    assert [text for _, _, text in log.messages] == ["started: was stopped"]


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_process_ends_when_it_is_asked_to_and_finishes_what_runs(
    esa: Esa, number: signal.Signals
) -> None:
    stall = {"kind": "stall", "seconds": 1, "actions": "StartScheduledPreloadExecution"}
    esa.post("faults", {"faults": [stall]})
    with plugin(esa.endpoint) as served:
        served.configure()
        call = served.create(1)
        until(lambda: esa.starts() == 1, 20)

        served.process.send_signal(number)

        assert call.result(timeout=60).id
        assert served.process.wait(timeout=30) == 0


@pytest.mark.thorough
def test_a_plugin_whose_engine_was_killed_ends_itself(esa: Esa) -> None:
    with engine_log() as log:
        address = log.address

    with plugin(esa.endpoint, address) as served:
        assert served.process.wait(timeout=60) == 0
