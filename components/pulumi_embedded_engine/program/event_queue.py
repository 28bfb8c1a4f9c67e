"""A queue: the program calls in parallel, the step generator takes one call at a time and replies."""

import queue
import threading
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from typing import Any, TypeVar

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.goals import (
    Goal,
    ProgramEndedEvent,
    RegisterOutputsEvent,
    RegisterResourceEvent,
    RegisterResult,
)
from pulumi_embedded_engine.steps.steps import Step


class QueueClosed(EngineError):
    """The run has ended or is stopping: nothing more can be registered."""

    def __init__(self) -> None:
        super().__init__("resource monitor shut down")


@dataclass(frozen=True, slots=True)
class ResumeEvent:
    """A step that the generator waited for has ended: continue with this action."""

    action: Callable[[], list[Step]]


@dataclass(frozen=True, slots=True)
class RejectionEvent:
    """The program uses something that is not supported: the run ends with this error."""

    error: EngineError
    urn: str
    done: "Future[None]"


SourceEvent = (
    RegisterResourceEvent
    | RegisterOutputsEvent
    | ProgramEndedEvent
    | ResumeEvent
    | RejectionEvent
)
_T = TypeVar("_T")


class EventQueue:
    """Safe from any thread; after `close`, everybody who waits gets QueueClosed."""

    def __init__(self) -> None:
        self._events: queue.SimpleQueue[SourceEvent] = queue.SimpleQueue()
        self._ahead: deque[SourceEvent] = deque()
        self._lock = threading.Lock()
        self._waiting: set[Future[Any]] = set()
        self._closed = False

    def get(self) -> SourceEvent:
        """The next event; waits for it."""
        return self._ahead.popleft() if self._ahead else self._events.get()

    def look_ahead(self) -> Iterator[SourceEvent]:
        """The events that wait already and were not looked at yet; only the thread that calls `get` may do this."""
        while not self._events.empty():
            self._ahead.append(self._events.get())
            yield self._ahead[-1]

    def register(self, goal: Goal) -> RegisterResult:
        """Register a resource and wait for the result."""
        reply: Future[RegisterResult] = Future()
        return self._ask(RegisterResourceEvent(goal, reply), reply)

    def register_outputs(self, urn: str, outputs: Any) -> None:
        """Register outputs and wait until they are recorded."""
        done: Future[None] = Future()
        self._ask(RegisterOutputsEvent(urn, outputs, done), done)

    def reject(self, error: EngineError, urn: str) -> None:
        """End the run with an error; raises QueueClosed when it has ended."""
        done: Future[None] = Future()
        self._ask(RejectionEvent(error, urn, done), done)

    def put(self, event: ProgramEndedEvent | ResumeEvent) -> None:
        """Add an event that needs no reply."""
        self._events.put(event)

    def close(self) -> None:
        """Answer all waiting and later calls with QueueClosed."""
        with self._lock:
            self._closed = True
            waiting = tuple(self._waiting)
        for future in waiting:
            try:
                future.set_exception(QueueClosed())
            except InvalidStateError:
                continue  # it was answered just now

    def _ask(self, event: SourceEvent, reply: "Future[_T]") -> _T:
        with self._lock:
            if self._closed:
                raise QueueClosed
            self._waiting.add(reply)
        self._events.put(event)
        try:
            return reply.result()
        finally:
            with self._lock:
                self._waiting.discard(reply)


def resolve(reply: "Future[_T]", value: _T) -> None:
    """Set the result, unless the queue was closed and has already answered."""
    try:
        reply.set_result(value)
    except InvalidStateError:
        return
