"""A receiver of OpenTelemetry spans (OTLP over gRPC) on a free port, and the spans that it got."""

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import grpc
from opentelemetry.proto.collector.trace.v1 import (
    trace_service_pb2,
    trace_service_pb2_grpc,
)

Value = str | int


@dataclass(frozen=True)
class ReceivedSpan:
    """One span; times in seconds."""

    service: str
    name: str
    trace: str
    id: str
    parent: str
    begin: float
    end: float
    failed: bool
    description: str
    attributes: dict[str, Value]


@dataclass
class TraceReceiver(trace_service_pb2_grpc.TraceServiceServicer):
    """What was received; a receiver that hangs answers nothing until it ends."""

    address: str = ""
    hangs: bool = False
    spans: list[ReceivedSpan] = field(default_factory=list)
    _end: threading.Event = field(default_factory=threading.Event)

    def Export(  # noqa: N802 -- the protocol's name
        self,
        request: trace_service_pb2.ExportTraceServiceRequest,
        context: grpc.ServicerContext,  # noqa: ARG002 -- the protocol's
    ) -> trace_service_pb2.ExportTraceServiceResponse:
        """Keep the spans."""
        if self.hangs:
            self._end.wait()
        self.spans += spans_of(request)
        return trace_service_pb2.ExportTraceServiceResponse()

    def named(self, name: str) -> list[ReceivedSpan]:
        """The spans with this name, by their begin."""
        found = (span for span in self.spans if span.name == name)
        return sorted(found, key=lambda span: span.begin)

    def parent_of(self, span: ReceivedSpan) -> ReceivedSpan | None:
        """The span around it; None if it was not received."""
        return next((one for one in self.spans if one.id == span.parent), None)

    def stop(self) -> None:
        """Answer what hangs."""
        self._end.set()


@contextmanager
def trace_receiver(*, hangs: bool = False) -> Iterator[TraceReceiver]:
    """Serve a receiver during the block."""
    receiver, server = TraceReceiver(hangs=hangs), grpc.server(ThreadPoolExecutor(8))
    add: Any = trace_service_pb2_grpc.add_TraceServiceServicer_to_server  # untyped
    add(receiver, server)
    receiver.address = f"http://127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield receiver
    finally:
        receiver.stop()
        server.stop(None)


def spans_of(
    request: trace_service_pb2.ExportTraceServiceRequest,
) -> Iterator[ReceivedSpan]:
    """The spans of one request."""
    for resource in request.resource_spans:
        facts = {
            one.key: one.value.string_value for one in resource.resource.attributes
        }
        for scope in resource.scope_spans:
            for span in scope.spans:
                yield ReceivedSpan(
                    service=facts.get("service.name", ""),
                    name=span.name,
                    trace=span.trace_id.hex(),
                    id=span.span_id.hex(),
                    parent=span.parent_span_id.hex(),
                    begin=span.start_time_unix_nano / 1e9,
                    end=span.end_time_unix_nano / 1e9,
                    failed=span.status.code == span.status.STATUS_CODE_ERROR,
                    description=span.status.message,
                    attributes={
                        one.key: one.value.string_value or one.value.int_value
                        for one in span.attributes
                    },
                )
