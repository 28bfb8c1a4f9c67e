"""Messages to the user about the resource whose hook runs: by the engine's log, or on stdout if that fails.

The engine gives the host its address as last argument (``engine.proto``, ``Log``). So a message has a severity
and a resource: warnings are counted and coloured, and are in the JSON of a preview. A message never fails a hook,
because a Start may have succeeded before, and delays it for a second at most.
"""

import re
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from typing import Any

from pulumi_esa_prefetch.api.errors import LONGEST_SENTENCE
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.tracing.hook_spans import Request, trace_context
from pulumi_esa_prefetch.tracing.spans import running_context

SECONDS = 1.0
"""The longest time that one message may take."""

_ADDRESS = re.compile(r"(127\.0\.0\.1|localhost|\[::1\]):[0-9]{1,5}")
_FRAMES = 4
"""How many frames above a hook the host's handler may be."""

_given = ""
_spelled: Callable[[str], str] = str
_resource: ContextVar[str] = ContextVar("resource", default="")

Listener = Callable[[str, str], None]
"""Takes the severity of a message (INFO or WARNING), and its text on one line."""
_listener: ContextVar[Listener | None] = ContextVar("listener", default=None)


def note(text: str, *, urn: str | None = None) -> None:
    """Tell the user what was done, or would be; ``urn``: another resource than that of the running hook."""
    _say("INFO", text, urn)


def warn(text: str) -> None:
    """Warn the user."""
    _say("WARNING", text, None)


def running_resource() -> str:
    """The URN of the resource whose hook runs in this thread; empty if it is not known."""
    return _resource.get()


@contextmanager
def about(urn: str) -> Iterator[None]:
    """Within it, messages of this thread are about the resource."""
    token = _resource.set(urn)
    try:
        yield
    finally:
        _resource.reset(token)


@contextmanager
def heard_by(listener: Listener) -> Iterator[None]:
    """Within it, messages of this thread go to the listener alone: to one who calls the hooks' functions by hand."""
    token = _listener.set(listener)
    try:
        yield
    finally:
        _listener.reset(token)


def running_request() -> Request:
    """The request of the host's handler, which is a few frames above; an empty one if there is none.

    The SDK passes neither to a hook.
    """
    frame = sys._getframe(1)  # noqa: SLF001 -- the only way to the request
    for _ in range(_FRAMES):
        if frame.f_back is None:
            break
        frame = frame.f_back
        urn = getattr(frame.f_locals.get("request"), "urn", None)
        if isinstance(urn, str):
            return Request(urn, trace_context(frame.f_locals.get("context")))
    return Request()


def use_engine(address: str, spelled: Callable[[str], str] = str) -> None:
    """Send messages to the engine at this address; a dynamic host needs no call, it has the address as argument.

    ``spelled``: gives a sentence the names that properties have in the program.
    """
    global _given, _engine_log, _spelled
    _given, _engine_log, _spelled = address, _EngineLog(), spelled


def engine_address() -> str | None:
    """The engine's address, if this process is a provider that an engine has started."""
    if _given:
        return _given
    # The CLI may put flags before it, such as ``--tracing``.
    return next(filter(_ADDRESS.fullmatch, reversed(sys.argv[1:])), None)


class _EngineLog:
    """The connection to the engine's log, opened with the first message; after a failure it is not used again."""

    def __init__(self) -> None:
        self._stub: Any = None
        self._lock = threading.Lock()
        self._failed = False

    def send(self, severity: str, text: str, urn: str) -> bool:
        """Send a message; False if the engine did not take it."""
        if self._failed:
            return False
        try:
            from pulumi.runtime.proto import engine_pb2  # noqa: PLC0415 -- heavy

            level = engine_pb2.LogSeverity.Value(severity)
            request = engine_pb2.LogRequest(severity=level, message=text, urn=urn)
            trace = running_context()
            metadata = [("traceparent", trace)] if trace else None
            self._connected().Log(request, timeout=SECONDS, metadata=metadata)
        except Exception:  # noqa: BLE001 -- no failure to log may fail a hook
            self._failed = True
        return not self._failed

    def _connected(self) -> Any:
        with self._lock:
            if self._stub is None:
                import grpc  # noqa: PLC0415 -- heavy
                from pulumi.runtime.proto import engine_pb2_grpc  # noqa: PLC0415

                channel = grpc.insecure_channel(engine_address() or "")
                self._stub = engine_pb2_grpc.EngineStub(channel)
            return self._stub


_engine_log = _EngineLog()


def _say(severity: str, text: str, urn: str | None) -> None:
    line = one_line(_spelled(text), LONGEST_SENTENCE)
    listener = _listener.get()
    if listener is not None:
        listener(severity, line)
        return
    about_urn = _resource.get() if urn is None else urn
    if engine_address() and _engine_log.send(severity, line, about_urn):
        return
    _print(severity, line, about_urn)


def _print(severity: str, line: str, urn: str) -> None:
    """Print it: the host's stdout becomes messages of the deployment, without severity and resource."""
    label = "warning: " if severity == "WARNING" else ""
    name = f"{urn.split('::', 3)[-1]}: " if urn else ""
    encoding = getattr(sys.stdout, "encoding", None) or "utf-8"
    text = f"esa-prefetch: {label}{name}{line}"
    spelled = text.encode(encoding, "backslashreplace").decode(encoding)
    with suppress(OSError, ValueError):
        print(spelled, flush=True)  # noqa: T201 -- the only way that is left
