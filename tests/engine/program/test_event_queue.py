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


def test_a_registration_waits_for_its_result() -> None:
    event_queue = EventQueue()

    def serve() -> None:
        message = event_queue.get()
        assert isinstance(message, RegisterResourceEvent)
        resolve(message.reply, RegisterResult(RECORD))

    server = threading.Thread(target=serve)
    server.start()

    assert event_queue.register(GOAL).record is RECORD

    server.join()


def test_waiting_calls_fail_when_the_queue_is_closed() -> None:
    event_queue = EventQueue()

    def close() -> None:
        event_queue.get()
        event_queue.close()

    closer = threading.Thread(target=close)
    closer.start()

    with pytest.raises(QueueClosed):
        event_queue.register(GOAL)

    closer.join()


def test_a_closed_queue_accepts_only_the_end_of_the_program() -> None:
    event_queue = EventQueue()
    event_queue.close()

    with pytest.raises(QueueClosed):
        event_queue.register(GOAL)
    event_queue.put(ProgramEndedEvent())

    assert event_queue.get() == ProgramEndedEvent()


def test_a_result_after_the_close_is_dropped() -> None:
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
