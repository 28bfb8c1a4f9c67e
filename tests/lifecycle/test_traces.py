"""The spans of an `up`, as a real receiver of OpenTelemetry gets them."""

from contextlib import closing
from typing import cast

import pytest

from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support import secret_leaks
from tests.support.engines import ESA_PREFETCH
from tests.support.faces import FACES
from tests.support.local_esa import Esa, job, job_id, plan, plan_id, seed
from tests.support.observed_run import Overhearing
from tests.support.throwaway_stack import Stack, assert_no_trace
from tests.support.trace_receiver import ReceivedSpan, TraceReceiver, trace_receiver

START = "StartScheduledPreloadExecution"
SERVICE = "pulumirpc.ResourceProvider"
SECRET = "k3y+of/the=test"


def send_traces(stack: Stack, receiver: TraceReceiver) -> list[str]:
    """Have an engine trace its runs; the flags that it needs for that."""
    if stack.program == ESA_PREFETCH:
        stack.variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.address
        return []
    return [f"--otel-traces={receiver.address.replace('http', 'grpc')}"]


def ancestors(receiver: TraceReceiver, span: ReceivedSpan) -> list[str]:
    """The names of the spans around a span, from the inside."""
    names = []
    around = receiver.parent_of(span)
    while around is not None:
        names.append(around.name)
        around = receiver.parent_of(around)
    return names


@pytest.mark.parametrize("face", FACES)
@pytest.mark.thorough
def test_each_hook_call_and_request_is_a_span_of_one_trace_without_a_secret(
    stack: Stacks,
) -> None:
    throttle = {"kind": "throttle", "actions": [START], "times": 1, "retry_after_ms": 9}
    held = {"AccessKeyId": "LTAI5tTraced", "AccessKeySecret": SECRET}
    plans = seed(job(1, [plan(1, "stopped")])) | {"keys": [held]}
    heard = Overhearing(create_app(seed=plans, faults={"faults": [throttle]}))
    with (
        running(cast("Emulator", heard)) as url,
        closing(Esa(url)) as esa,
        trace_receiver() as receiver,
    ):
        made = stack(esa)
        made.variables |= {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "LTAI5tTraced",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
        }
        made.declare({"launch": {"planId": plan_id(1), "jobId": job_id(1)}})
        made.up(*send_traces(made, receiver))

    root = "esa-prefetch up" if made.program == ESA_PREFETCH else "pulumi"
    ours = [span for span in receiver.spans if span.service == "pulumi-esa-prefetch"]
    assert len({span.trace for span in receiver.spans}) == 1
    assert {span.name for span in ours} >= {f"{SERVICE}/Check", f"{SERVICE}/Create"}
    assert all(ancestors(receiver, s)[-1:] == [root] for s in ours if s.name != root)
    (start,) = receiver.named(f"ESA/{START}")
    assert ancestors(receiver, start)[0] == f"{SERVICE}/Create"
    assert start.attributes["esa.plan_id"] == plan_id(1)
    first, second = [s for s in receiver.named("POST") if s.parent == start.id]
    assert (first.failed, second.failed) == (True, False)
    assert first.attributes["http.response.status_code"] == 400
    assert first.attributes["esa.code"] == "TooManyRequests"
    assert second.attributes["http.response.status_code"] == 200
    assert second.attributes["http.request.resend_count"] == 1
    assert first.attributes["esa.request_id"] != second.attributes["esa.request_id"]
    assert {s.attributes["url.full"] for s in (first, second)} == {f"{url}/"}
    assert heard.signatures
    hidden = [SECRET, *heard.signatures]
    # What the CLI itself records of a request is not ours.
    assert not secret_leaks.in_text(str(ours), hidden)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("face", "hangs"), [("dynamic", True), ("native", False)], ids=["hanging", "absent"]
)
def test_a_receiver_that_does_not_answer_changes_nothing_of_a_run(
    stack: Stacks, emulator: Emulators, hangs: bool
) -> None:
    made = stack(emulator(seed(job(1, [plan(1, "stopped")]))))
    made.declare({"launch": {"planId": plan_id(1), "jobId": job_id(1)}})
    with trace_receiver(hangs=hangs) as receiver:
        address = receiver.address if hangs else "http://127.0.0.1:1"
        made.variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = address

        result = made.up()

    assert made.statuses() == {plan_id(1): "running"}
    assert "warning" not in result.output
    assert "127.0.0.1" not in result.output
    assert_no_trace(result)
