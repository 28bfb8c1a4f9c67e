import threading

import pytest

from pulumi_embedded_engine.model.goals import (
    Goal,
    ProgramEndedEvent,
    RegisterResourceEvent,
    RegisterResult,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.program.event_queue import EventQueue, QueueClosed, resolve

RECORD = Resource(urn="u", custom=True, type="t:m:T")
GOAL = Goal("n", RECORD)


def test_a_registration_waits_for_its_answer() -> None:
    event_queue = EventQueue()

    def serve() -> None:
        message = event_queue.get()
        assert isinstance(message, RegisterResourceEvent)
        resolve(message.reply, RegisterResult(RECORD))

    server = threading.Thread(target=serve)
    server.start()

    assert event_queue.register(GOAL).record is RECORD

    server.join()


def test_whoever_waits_is_told_that_all_is_over() -> None:
    event_queue = EventQueue()

    def close() -> None:
        event_queue.get()
        event_queue.close()

    closer = threading.Thread(target=close)
    closer.start()

    with pytest.raises(QueueClosed):
        event_queue.register(GOAL)

    closer.join()


def test_nothing_is_taken_once_closed_but_the_program_may_still_end() -> None:
    event_queue = EventQueue()
    event_queue.close()

    with pytest.raises(QueueClosed):
        event_queue.register(GOAL)
    event_queue.put(ProgramEndedEvent())

    assert event_queue.get() == ProgramEndedEvent()


def test_an_answer_that_comes_too_late_is_dropped() -> None:
    event_queue = EventQueue()
    seen: list[RegisterResourceEvent] = []

    def serve() -> None:
        message = event_queue.get()
        assert isinstance(message, RegisterResourceEvent)
        seen.append(message)
        event_queue.close()

    server = threading.Thread(target=serve)
    server.start()
    with pytest.raises(QueueClosed):
        event_queue.register(GOAL)
    server.join()

    resolve(seen[0].reply, RegisterResult(RECORD))

    assert isinstance(seen[0].reply.exception(), QueueClosed)
