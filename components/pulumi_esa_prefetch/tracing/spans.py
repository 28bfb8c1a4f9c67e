"""Begins and ends spans; without an exporter it does nothing, and imports nothing of OpenTelemetry.

An attribute is a short text or a number, never a key, a signature or a URL's query. Tracing never fails or delays
what is traced: what cannot be sent in time is dropped (``exporter``).
"""

import os
import threading
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Literal, Protocol

from pulumi_esa_prefetch.tracing.endpoint import endpoint_of

Attributes = Mapping[str, str | int | None]
"""By name; one that is None or empty is left out."""
Kind = Literal["server", "client", "internal"]
"""Whether a span handles a request, makes one, or neither."""


class Span(Protocol):
    """A span that has begun."""

    def set(self, attributes: Attributes) -> None:
        """Add attributes."""
        ...

    def fail(self, kind: str, description: str = "") -> None:
        """Mark it as failed; ``kind``: a class name or a status."""
        ...

    def context(self) -> str:
        """Its trace context (W3C ``traceparent``), for other processes; empty if there is none."""
        ...


class Recorder(Protocol):
    """Records the spans of a process."""

    def span(
        self, name: str, attributes: Attributes, *, kind: Kind, parent: str
    ) -> AbstractContextManager[Span]:
        """A span around a block."""
        ...

    def describe(self, attributes: Attributes) -> None:
        """Add attributes to the span around the running code."""
        ...

    def running(self) -> str:
        """The trace context of the span around the running code; empty if there is none."""
        ...

    def flush(self) -> None:
        """Send what has ended; wait a moment at most."""
        ...


class _NoSpan:
    def set(self, attributes: Attributes) -> None:
        pass

    def fail(self, kind: str, description: str = "") -> None:
        pass

    def context(self) -> str:
        return ""


class _Process:
    """The recorder of this process, opened with its first span."""

    def __init__(self) -> None:
        self.recorder: Recorder | None = None
        self._is_open = False
        self._lock = threading.Lock()

    def open(self) -> Recorder | None:
        if not self._is_open:
            with self._lock:
                if not self._is_open:
                    self.recorder = _new_recorder()
                    self._is_open = True
        return self.recorder


_NO_SPAN = _NoSpan()
_process = _Process()


def span(
    name: str, attributes: Attributes, *, kind: Kind, parent: str = ""
) -> AbstractContextManager[Span]:
    """A span around the block; it has failed if the block raises.

    ``parent``: the trace context of the request that it handles (``traceparent``); without, its parent is the span
    around it, or the one that TRACEPARENT names.
    """
    recorder = _process.open()
    if recorder is None:
        return nullcontext(_NO_SPAN)
    return recorder.span(name, attributes, kind=kind, parent=parent)


def describe(attributes: Attributes) -> None:
    """Add attributes to the span around the running code."""
    if _process.recorder is not None:
        _process.recorder.describe(attributes)


def running_context() -> str:
    """The trace context of the span around the running code (``traceparent``); empty if there is none."""
    return _process.recorder.running() if _process.recorder is not None else ""


def flush() -> None:
    """Send the spans that have ended, and wait for it a moment at most."""
    if _process.recorder is not None:
        _process.recorder.flush()


def _new_recorder() -> Recorder | None:
    endpoint = endpoint_of(os.environ)
    if endpoint is None:
        return None
    try:
        from pulumi_esa_prefetch.tracing.exporter import (  # noqa: PLC0415 -- heavy
            open_recorder,
        )

        return open_recorder(endpoint, os.environ)
    except Exception:  # noqa: BLE001 -- no setting of an exporter may fail a hook
        return None
