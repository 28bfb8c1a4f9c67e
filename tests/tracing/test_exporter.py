"""What is recorded, and what a receiver that fails costs; `tests/lifecycle/test_traces.py` sends to a real one."""

import logging
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    SimpleSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.tracing.exporter import PAUSE, PatientExporter, SpanRecorder

TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
OTHER = "00-1af7651916cd43dd8448eb211c80319c-c7ad6b7169203331-01"


class Receiver(SpanExporter):
    """Sends to nobody; fails where the test says so."""

    def __init__(self, failure: SpanExportResult | Exception) -> None:
        self.failure: SpanExportResult | Exception = failure
        self.count = 0

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        del spans
        self.count += 1
        name = "opentelemetry.exporter.otlp.proto.grpc.exporter"
        logging.getLogger(name).error("this receiver failed")
        if isinstance(self.failure, Exception):
            raise self.failure
        return self.failure


@pytest.mark.parametrize("failure", [SpanExportResult.FAILURE, ValueError("no port")])
def test_after_a_failure_spans_are_dropped_for_a_while_and_nothing_is_said(
    failure: SpanExportResult | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    clock, receiver = ManualClock(datetime(2026, 1, 1, tzinfo=UTC)), Receiver(failure)
    exporter = PatientExporter(receiver, clock)

    results = [exporter.export([]) for _ in range(3)]
    clock.advance(PAUSE)
    receiver.failure = SpanExportResult.SUCCESS
    results += [exporter.export([]) for _ in range(2)]

    assert results == [SpanExportResult.FAILURE] * 3 + [SpanExportResult.SUCCESS] * 2
    assert receiver.count == 3
    assert [line for line in caplog.records if line.levelno > logging.DEBUG] == []


def recorded(trace: str = "") -> tuple[SpanRecorder, InMemorySpanExporter]:
    memory, provider = InMemorySpanExporter(), TracerProvider(shutdown_on_exit=False)
    provider.add_span_processor(SimpleSpanProcessor(memory))
    return SpanRecorder(provider, trace), memory


@pytest.mark.parametrize(
    ("error", "description"),
    [
        (EsaError("no such plan"), "no such plan"),
        (ValueError("sk-secret"), None),
    ],
)
def test_a_failure_is_described_only_by_an_error_of_this_package(
    error: Exception, description: str | None
) -> None:
    recorder, memory = recorded()

    with (
        pytest.raises(type(error)),
        recorder.span("a", {"left-out": None}, kind="client", parent=""),
    ):
        raise error

    (span,) = memory.get_finished_spans()
    assert dict(span.attributes or {}) == {"error.type": type(error).__name__}
    assert span.status.description == description
    assert span.events == ()


@pytest.mark.parametrize(
    ("started_with", "asked_with", "expected"),
    [("", "", None), (TRACE, "", TRACE), ("", TRACE, TRACE), (OTHER, TRACE, TRACE)],
)
def test_the_parent_is_the_callers_span_else_the_starters(
    started_with: str, asked_with: str, expected: str | None
) -> None:
    recorder, memory = recorded(started_with)

    with (
        recorder.span("hook", {}, kind="server", parent=asked_with) as outer,
        recorder.span("call", {}, kind="client", parent=""),
    ):
        pass

    call, hook = memory.get_finished_spans()
    assert call.parent is not None
    assert f"{call.parent.span_id:016x}" == outer.context().split("-")[2]
    found = hook.parent and f"{hook.parent.trace_id:032x}-{hook.parent.span_id:016x}"
    assert found == (expected and expected[3:-3])
