"""The way from the program's many calls to the one generator, and back; does nothing with them."""

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future, InvalidStateError
from dataclasses import dataclass
from typing import Any, TypeVar

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.goals import (
    Goal,
    Outputs,
    ProgramEnd,
    Register,
    Registered,
)
from pulumi_embedded_engine.steps.steps import Step


class Closed(EngineError):
    """The run is over or being stopped: nothing is registered any more."""

    def __init__(self) -> None:
        super().__init__("resource monitor shut down")


@dataclass(frozen=True, slots=True)
class Resume:
    """A step that the generator waits for is done: go on with this."""

    action: Callable[[], list[Step]]


@dataclass(frozen=True, slots=True)
class Refused:
    """The program asks for what it cannot have: the run ends with this error."""

    error: EngineError
    urn: str
    done: "Future[None]"


Task = Register | Outputs | ProgramEnd | Resume
Message = Task | Refused
_T = TypeVar("_T")


class Inbox:
    """Safe from any thread; once closed, everybody who waits is told."""

    def __init__(self) -> None:
        self._messages: queue.SimpleQueue[Message] = queue.SimpleQueue()
        self._lock = threading.Lock()
        self._waiting: set[Future[Any]] = set()
        self._closed = False

    def get(self) -> Message:
        """The next message; waits for it."""
        return self._messages.get()

    def register(self, goal: Goal) -> Registered:
        """Ask for a resource and wait for the answer."""
        reply: Future[Registered] = Future()
        return self._ask(Register(goal, reply), reply)

    def outputs(self, urn: str, outputs: Any) -> None:
        """Hand in outputs and wait until they are taken."""
        done: Future[None] = Future()
        self._ask(Outputs(urn, outputs, done), done)

    def refuse(self, error: EngineError, urn: str) -> None:
        """End the run; raises Closed once it is over."""
        done: Future[None] = Future()
        self._ask(Refused(error, urn, done), done)

    def tell(self, message: ProgramEnd | Resume) -> None:
        """Send what needs no answer."""
        self._messages.put(message)

    def close(self) -> None:
        """Answer everybody, now and later, that nothing is taken any more."""
        with self._lock:
            self._closed = True
            waiting = tuple(self._waiting)
        for future in waiting:
            try:
                future.set_exception(Closed())
            except InvalidStateError:
                continue  # answered in this very moment

    def _ask(self, message: Message, answer: "Future[_T]") -> _T:
        with self._lock:
            if self._closed:
                raise Closed
            self._waiting.add(answer)
        self._messages.put(message)
        try:
            return answer.result()
        finally:
            with self._lock:
                self._waiting.discard(answer)


def answer(reply: "Future[_T]", value: _T) -> None:
    """Answer, unless it was answered already that all is over."""
    try:
        reply.set_result(value)
    except InvalidStateError:
        return
