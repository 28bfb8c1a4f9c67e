"""The components of the plugin: what they register with the engine that asks, how a wait ends, wrong inputs."""

import contextlib
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from pulumi.runtime import rpc

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running as served
from stacks.prefetch.demo.locks import until
from tests.native.monitor import Monitor, monitor
from tests.native.plugin import P, Plugin, Props, plain, plugin, struct, urn
from tests.provider.host import engine_log
from tests.support.local_esa import job, job_id, plan, plan_id, seed
from tests.support.webhook_receiver import webhook_receiver

CAMPAIGN = "esa-prefetch:index:PrefetchCampaign"
COMPLETION = "esa-prefetch:index:PrefetchCompletion"
VERIFICATION = "esa-prefetch:index:PrefetchVerification"
OWN = "urn:pulumi:test::test::pulumi:providers:esa-prefetch::own"
DAY_1 = {"planId": plan_id(1), "jobId": job_id(1)}
DAY_2 = {"planId": plan_id(2), "jobId": job_id(1)}
UNKNOWN = rpc.UNKNOWN


def secret(value: object) -> Props:
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


def output(value: object, *urns: str) -> Props:
    fields = {"value": value, "dependencies": list(urns), "secret": False}
    return {rpc._special_sig_key: rpc._special_output_value_sig} | fields


def resource(name: str) -> Props:
    return {rpc._special_sig_key: rpc._special_resource_sig, "urn": urn(name)}


def request(
    engine: Monitor,
    type_: str,
    name: str,
    *,
    preview: bool = False,
    dependencies: dict[str, list[str]] | None = None,
    **inputs: Any,
) -> Any:
    return P.ConstructRequest(
        project="test",
        stack="test",
        monitorEndpoint=engine.address,
        type=type_,
        name=name,
        parent="urn:pulumi:test::test::pulumi:pulumi:Stack::test-test",
        inputs=struct(inputs),
        inputDependencies={
            n: P.ConstructRequest.PropertyDependencies(urns=urns)
            for n, urns in (dependencies or {}).items()
        },
        dryRun=preview,
    )


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    slow = plan(1, "running")
    quick = plan(2, "running") | {"Interval": 1}
    app = create_app(seed=seed(job(1, [slow]), job(2, [quick], urls=3)))
    with served(app) as address:
        yield address


@pytest.fixture(scope="module")
def running(endpoint: str) -> Iterator[Plugin]:
    with configured(endpoint) as started:
        yield started


@contextlib.contextmanager
def configured(endpoint: str, **args: str) -> Iterator[Plugin]:
    with plugin(endpoint) as started:
        started.calls.Configure(P.ConfigureRequest(urn=OWN, id="7", args=struct(args)))
        yield started


@pytest.fixture
def engine() -> Iterator[Monitor]:
    with monitor() as served:
        yield served


def details(failed: object) -> str:
    assert isinstance(failed, grpc.RpcError)
    return str(failed.details())


def refused(running: Plugin, request: Any) -> str:
    with pytest.raises(grpc.RpcError) as failed:
        running.calls.Construct(request)
    return details(failed.value)


def test_a_campaign_registers_each_plan_under_it_and_of_its_own_provider(
    running: Plugin, engine: Monitor
) -> None:
    plans = {"day-1": DAY_1, "day-2": DAY_2 | {"rerun": "from_start"}}

    made = running.calls.Construct(
        request(engine, CAMPAIGN, "launch", plans=plans, defaults={"rerun": "resume"})
    )

    first = engine.registered["launch-day-1"]
    assert made.urn == engine.registered["launch"].parent.replace(
        "pulumi:pulumi:Stack::test-test", f"{CAMPAIGN}::launch"
    ).replace("test::test::", "test::")
    assert first.type == "esa-prefetch:index:ScheduledPrefetch"
    assert first.parent == made.urn
    assert first.provider == f"{OWN}::7"
    assert engine.inputs("launch-day-1") == DAY_1 | {"rerun": "resume"}
    assert engine.inputs("launch-day-2") == DAY_2 | {"rerun": "from_start"}
    assert plain(made.state) == {
        "jobIds": {"day-1": job_id(1), "day-2": job_id(1)},
        "statuses": {"day-1": "running", "day-2": "running"},
        "window": {"start": "2026-01-01T00:00:00Z", "end": "2026-01-02T00:00:00Z"},
        "ready": True,
    }
    assert set(made.stateDependencies) == set(plain(made.state))


def test_only_what_was_a_secret_is_one_in_a_plan(
    running: Plugin, engine: Monitor
) -> None:
    triggers = {"release": "1", "key": secret("hidden")}

    running.calls.Construct(
        request(engine, CAMPAIGN, "c", plans={"a": DAY_1 | {"triggers": triggers}})
    )

    sent = engine.inputs("c-a")["triggers"]
    assert sent["release"] == "1"
    assert sent["key"]["value"] == "hidden"
    assert sent["key"][rpc._special_sig_key] == rpc._special_secret_sig


def test_of_secret_plans_the_triggers_are_secret(
    running: Plugin, engine: Monitor
) -> None:
    plans = {"a": DAY_1 | {"triggers": {"release": "1"}}}

    running.calls.Construct(request(engine, CAMPAIGN, "c", plans=secret(plans)))

    sent = engine.inputs("c-a")
    assert sent["planId"] == plan_id(1)
    assert sent["triggers"]["value"] == {"release": "1"}


def test_a_plan_depends_on_what_its_fields_come_from(
    running: Plugin, engine: Monitor
) -> None:
    first = {"planId": output(plan_id(1), urn("job-1")), "jobId": job_id(1)}
    plans = {"a": first, "b": DAY_2}

    running.calls.Construct(
        request(engine, CAMPAIGN, "c", plans=plans, dependencies={"plans": [urn("x")]})
    )

    assert list(engine.registered["c-a"].dependencies) == [urn("job-1")]
    assert list(engine.registered["c-b"].dependencies) == []


def test_plans_without_outputs_depend_on_what_the_whole_input_comes_from(
    running: Plugin, engine: Monitor
) -> None:
    running.calls.Construct(
        request(
            engine,
            CAMPAIGN,
            "c",
            plans={"a": DAY_1},
            dependencies={"plans": [urn("x")]},
        )
    )

    assert list(engine.registered["c-a"].dependencies) == [urn("x")]


def test_a_field_that_is_not_known_yet_stays_unknown_in_a_preview(
    running: Plugin, engine: Monitor
) -> None:
    plans = {"a": DAY_1 | {"planId": UNKNOWN}}

    running.calls.Construct(request(engine, CAMPAIGN, "c", plans=plans, preview=True))

    assert engine.inputs("c-a") == DAY_1 | {"planId": UNKNOWN}


@pytest.mark.parametrize("plans", [UNKNOWN, {"a": UNKNOWN}])
def test_of_plans_that_are_not_known_yet_a_preview_registers_none(
    running: Plugin, engine: Monitor, plans: object
) -> None:
    made = running.calls.Construct(
        request(engine, CAMPAIGN, "c", plans=plans, preview=True)
    )

    assert list(engine.registered) == ["c"]
    names = ("jobIds", "statuses", "window", "ready")
    assert plain(made.state) == dict.fromkeys(names, UNKNOWN)


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({}, "plans is missing"),
        ({"plan": {}}, "plan is not an argument: did you mean plans?"),
        ({"plans": []}, "plans must be a mapping from names to plans"),
        ({"plans": {"a": "x"}}, "a must be a mapping of a plan's fields"),
        ({"plans": {}, "defaults": 1}, "defaults must be a mapping"),
        ({"plans": {"a": {}}}, "a.planId is missing"),
        ({"plans": {"a": {"planId": "x"}}}, "a.planId is not a plan id: 24 hex digits"),
        ({"plans": {"a": DAY_1 | {"rerum": "x"}}}, "a.rerum is not one of planId, "),
        ({"plans": {"a": DAY_1, "b": DAY_1}}, "a and b are one plan"),
    ],
)
def test_a_campaign_names_all_that_is_wrong_in_one_sentence(
    running: Plugin, engine: Monitor, inputs: Props, reason: str
) -> None:
    said = refused(running, request(engine, CAMPAIGN, "launch", **inputs))

    assert said.startswith("PrefetchCampaign 'launch': ")
    assert reason in said
    assert "\n" not in said
    assert engine.registered == {}


def recorded(number: int, status: str) -> Props:
    ids = {"planId": plan_id(number), "jobId": job_id(number)}
    return ids | {"status": status, "starts": 1.0}


def test_a_wait_ends_when_the_plan_has_finished(running: Plugin) -> None:
    with monitor(**recorded(2, "running")) as engine:
        made = running.calls.Construct(
            request(engine, COMPLETION, "done", plan=resource("launch"), timeout=60)
        )

    assert plain(made.state) == {
        "status": "finished",
        "plan": f"{job_id(2)}:{plan_id(2)}",
        "starts": 1.0,
        "until": "finished",
    }


def test_the_webhook_of_the_provider_is_told_how_a_wait_ended(endpoint: str) -> None:
    with (
        webhook_receiver() as receiver,
        configured(endpoint, webhook=receiver.url) as running,
        monitor(**recorded(2, "running")) as engine,
    ):
        running.calls.Construct(
            request(engine, COMPLETION, "done", plan=resource("launch"), timeout=60)
        )

    (call,) = receiver.calls
    assert call["outcome"] == "reached"
    assert (call["project"], call["stack"]) == ("test", "test")
    assert (call["resource"], call["plan"]) == ("done", plan_id(2))


def test_a_preview_waits_for_nothing(running: Plugin) -> None:
    with monitor(**recorded(1, "running")) as engine:
        made = running.calls.Construct(
            request(engine, COMPLETION, "x", plan=resource("launch"), preview=True)
        )

    assert plain(made.state)["status"] == UNKNOWN


def test_a_wait_that_takes_too_long_fails_in_one_sentence(running: Plugin) -> None:
    with monitor(**recorded(1, "running")) as engine:
        said = refused(
            running,
            request(engine, COMPLETION, "x", plan=resource("launch"), timeout=0.2),
        )

    assert said.startswith(f"plan {job_id(1)}:{plan_id(1)} is not finished after 0.2")
    assert "\n" not in said


def test_cancel_ends_every_wait_with_a_sentence_until_another_engine_attaches(
    endpoint: str,
) -> None:
    with (
        configured(endpoint) as running,
        monitor(**recorded(1, "running")) as engine,
        engine_log() as log,
    ):
        waits = [
            running.calls.Construct.future(
                request(engine, COMPLETION, f"x{n}", plan=resource("launch"))
            )
            for n in range(2)
        ]
        assert until(lambda: len(engine.registered) == len(waits), 30)

        running.cancel()

        for wait in waits:
            assert details(wait.exception(timeout=30)) == (
                f"plan {job_id(1)}:{plan_id(1)} is not waited for any longer, "
                "as the run was interrupted"
            )

        running.attach(log.address)
        running.configure()
        again = request(engine, COMPLETION, "y", plan=resource("launch"), timeout=0.2)
        assert "is not finished after 0.2 seconds" in refused(running, again)


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({}, "plan is missing"),
        ({"plan": "x"}, "plan must be a ScheduledPrefetch"),
        ({"plan": {}, "until": "done"}, "until must be finished or running"),
        ({"plan": {}, "timeout": 0}, "timeout must be a number of seconds above 0"),
        ({"plan": {}, "timeouts": 5}, "did you mean timeout?"),
    ],
)
def test_a_completion_names_what_is_wrong_in_one_sentence(
    running: Plugin, engine: Monitor, inputs: Props, reason: str
) -> None:
    said = refused(running, request(engine, COMPLETION, "done", **inputs))

    assert said.startswith("PrefetchCompletion 'done': ")
    assert reason in said
    assert "\n" not in said


def test_an_engine_that_is_gone_is_an_error_of_one_sentence(endpoint: str) -> None:
    with configured(endpoint) as running:
        with monitor() as engine:
            gone = request(engine, CAMPAIGN, "c", plans={})

        said = refused(running, gone)

    assert "\n" not in said
    assert "RpcError" not in said


def test_constructs_of_two_engines_at_one_time_do_not_mix(running: Plugin) -> None:
    plans = {f"p{n}": {"planId": plan_id(n)} for n in range(20)}

    with monitor() as one, monitor() as two:
        calls = [
            running.calls.Construct.future(request(engine, CAMPAIGN, n, plans=plans))
            for n in ("a", "b", "c")
            for engine in (one, two)
        ]
        for call in calls:
            call.result(timeout=60)

        names = {f"{n}-p{i}" for n in "abc" for i in range(20)} | set("abc")
        assert set(one.registered) == set(two.registered) == names


def test_a_component_that_does_not_exist_is_refused(
    running: Plugin, engine: Monitor
) -> None:
    said = refused(running, request(engine, "esa-prefetch:index:Site", "s"))

    assert said == "there is no component esa-prefetch:index:Site"


URLS = ["https://www.example.com/a.js", "https://www.example.com/b.js"]


def completion(**recorded: Any) -> contextlib.AbstractContextManager[Monitor]:
    plan = f"{job_id(1)}:{plan_id(1)}"
    return monitor(**{"plan": plan, "starts": 2.0, "until": "finished"} | recorded)


def done() -> Props:
    given = f"urn:pulumi:test::test::{COMPLETION}::done"
    return {rpc._special_sig_key: rpc._special_resource_sig, "urn": given}


def test_a_verification_registers_a_record_and_a_gate_that_takes_its_outputs(
    running: Plugin,
) -> None:
    with completion() as engine:
        running.calls.Construct(
            request(
                engine,
                VERIFICATION,
                "warm",
                completion=done(),
                urls=secret(URLS),
                triggers={"key": secret("hidden")},
            )
        )

        gate = engine.inputs("warm")
        types = [each.type for each in engine.every if each.custom]
    parts = ("PrefetchWarmthRecord", "PrefetchWarmthGate")
    assert types == [f"esa-prefetch:index:{part}" for part in parts]
    assert gate["minimum"] == 0.9
    first = plain(engine.every[1].object)
    assert (first["plan"], first["starts"]) == (f"{job_id(1)}:{plan_id(1)}", 2.0)
    assert (first["sample"], first["seed"]) == (50.0, 0.0)
    assert first["urls"]["value"] == URLS
    assert first["triggers"]["key"]["value"] == "hidden"
    assert {each.provider for each in engine.every if each.custom} == {f"{OWN}::7"}


@pytest.mark.parametrize(
    ("inputs", "reason"),
    [
        ({}, "completion is missing; urls is missing"),
        ({"urls": "x"}, "urls is one string: give a list of URLs"),
        ({"urls": ["ftp://x"]}, "urls: line 1 is no http or https URL"),
        ({"completion": "x"}, "completion must be a PrefetchCompletion"),
        ({"completion": resource("launch")}, "completion must be a PrefetchCompletion"),
        ({"sample": 0}, "sample must be a whole number from 1 to 10000"),
        ({"minimum": 90}, "minimum must be a number from 0 to 1"),
        ({"samples": 5}, "did you mean sample?"),
    ],
)
def test_a_verification_names_what_is_wrong_in_one_sentence(
    running: Plugin, engine: Monitor, inputs: Props, reason: str
) -> None:
    said = refused(running, request(engine, VERIFICATION, "warm", **inputs))

    assert said.startswith("PrefetchVerification 'warm': ")
    assert reason in said
    assert "\n" not in said


def test_a_completion_that_waits_only_until_a_plan_runs_is_refused(
    running: Plugin,
) -> None:
    with completion(until="running") as engine:
        asks = request(engine, VERIFICATION, "x", completion=done(), urls=URLS)
        said = refused(running, asks)

    assert "the completion waits only until the plan runs" in said
