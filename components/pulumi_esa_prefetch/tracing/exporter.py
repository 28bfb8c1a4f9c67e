"""Records spans by OpenTelemetry's SDK and sends them over gRPC, apart from any other tracing of the process.

A receiver that is not there or slow costs a moment: a failed sending is given up after ``SECONDS``, and nothing is
sent for ``PAUSE`` seconds after it. Nothing of it is printed.
"""

import atexit
import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Final

from opentelemetry.context import Context
from opentelemetry.exporter.otlp.proto.grpc.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import SERVICE_NAME, Resource
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import (
    BatchSpanProcessor,
    SpanExporter,
    SpanExportResult,
)
from opentelemetry.trace import (
    Span,
    SpanKind,
    Status,
    StatusCode,
    get_current_span,
    use_span,
)
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.tracing.endpoint import Endpoint
from pulumi_esa_prefetch.tracing.spans import Attributes, Kind

SECONDS: Final = 2.0
"""The longest time that one sending may take."""
PAUSE: Final = 30.0
"""Seconds after a failed sending in which spans are dropped."""
SERVICE: Final = "pulumi-esa-prefetch"
_FLUSH: Final = round(SECONDS * 1000)
"""Milliseconds: old exporters repeat a failed sending for a minute, whatever the timeout."""
_BETWEEN: Final = 500
"""Milliseconds between two sendings."""
_LONGEST: Final = 1000
"""Characters of a failure's description."""
_PRODUCT: Final = __name__.partition(".")[0]
_LOGGER: Final = "opentelemetry.exporter.otlp.proto.grpc.exporter"

_propagator = TraceContextTextMapPropagator()
_log = logging.getLogger("pulumi_esa_prefetch.tracing")


def open_recorder(endpoint: Endpoint, environ: Mapping[str, str]) -> "SpanRecorder":
    """A recorder that sends to the endpoint, at the latest when the process ends."""
    exporter = OTLPSpanExporter(
        endpoint.address, insecure=endpoint.insecure, timeout=SECONDS
    )
    sending = BatchSpanProcessor(
        PatientExporter(exporter, SystemClock()), schedule_delay_millis=_BETWEEN
    )
    name = {} if environ.get("OTEL_SERVICE_NAME") else {SERVICE_NAME: SERVICE}
    provider = TracerProvider(resource=Resource.create(name), shutdown_on_exit=False)
    provider.add_span_processor(sending)
    atexit.register(provider.force_flush, _FLUSH)
    return SpanRecorder(provider, environ.get("TRACEPARENT", ""))


class SpanRecorder:
    """The spans of this process; ``trace``: the trace context that its starter has given it."""

    def __init__(self, provider: TracerProvider, trace: str) -> None:
        self._provider = provider
        self._trace = trace
        self._tracer = provider.get_tracer(_PRODUCT)

    @contextmanager
    def span(
        self, name: str, attributes: Attributes, *, kind: Kind, parent: str
    ) -> Iterator["RecordedSpan"]:
        """A span around the block; what it raises goes on."""
        span = self._tracer.start_span(
            name,
            self._around(parent),
            SpanKind[kind.upper()],
            _present(attributes),
        )
        begun = RecordedSpan(span)
        with use_span(
            span,
            end_on_exit=True,
            record_exception=False,  # it would show code and values
            set_status_on_exception=False,
        ):
            try:
                yield begun
            except BaseException as error:
                begun.fail(type(error).__name__, _description(error))
                raise

    def describe(self, attributes: Attributes) -> None:
        """Add attributes to the span around the running code."""
        get_current_span().set_attributes(_present(attributes))

    def running(self) -> str:
        """The trace context of the span around the running code; empty if there is none."""
        span = get_current_span()
        found = span.get_span_context().is_valid
        return RecordedSpan(span).context() if found else ""

    def flush(self) -> None:
        """Send what has ended; wait as long as one sending may take."""
        self._provider.force_flush(_FLUSH)

    def _around(self, parent: str) -> Context | None:
        """The context of the parent; None if it is that of the running code."""
        if not parent and get_current_span().get_span_context().is_valid:
            return None
        return _propagator.extract({"traceparent": parent or self._trace})


class RecordedSpan:
    """A span that is sent when it has ended."""

    def __init__(self, span: Span) -> None:
        self._span = span
        self._failed = False

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""
        self._span.set_attributes(_present(attributes))

    def fail(self, kind: str, description: str = "") -> None:
        """Mark it as failed; the first kind stays."""
        if not self._failed:
            self._failed = True
            self._span.set_attribute("error.type", kind)
            self._span.set_status(Status(StatusCode.ERROR, description or None))

    def context(self) -> str:
        """Its trace context (W3C ``traceparent``)."""
        found = self._span.get_span_context()
        sampled = "01" if found.trace_flags.sampled else "00"
        return f"00-{found.trace_id:032x}-{found.span_id:016x}-{sampled}"


class PatientExporter(SpanExporter):
    """Sends spans by another exporter; after a failure it drops them for a while."""

    def __init__(self, exporter: SpanExporter, clock: Clock) -> None:
        self._exporter = exporter
        self._clock = clock
        self._again = clock.monotonic()
        logging.getLogger(_LOGGER).addFilter(lambda _: not _here.sends)

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Send the spans, or drop them."""
        if self._clock.monotonic() < self._again:
            return SpanExportResult.FAILURE
        _here.sends = True
        try:
            result = self._exporter.export(spans)
        except Exception as error:  # noqa: BLE001 -- of gRPC, or of a setting
            _log.debug("spans were not sent: %s", type(error).__name__)
            result = SpanExportResult.FAILURE
        finally:
            _here.sends = False
        if result is not SpanExportResult.SUCCESS:
            self._again = self._clock.monotonic() + PAUSE
        return result

    def shutdown(self) -> None:
        """Close the connection."""
        self._exporter.shutdown()


class _Thread(threading.local):
    sends = False


_here = _Thread()


def _present(attributes: Attributes) -> dict[str, str | int]:
    return {
        name: value
        for name, value in attributes.items()
        if value is not None and value != ""
    }


def _description(error: BaseException) -> str:
    """The sentence of an error of this package; others may quote anything."""
    is_ours = type(error).__module__.partition(".")[0] == _PRODUCT
    return str(error)[:_LONGEST] if is_ours else ""
