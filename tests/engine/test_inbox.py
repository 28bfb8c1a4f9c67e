import threading

import pytest

from pulumi_embedded_engine.model.goals import Goal, ProgramEnd, Register, Registered
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.program.event_queue import Closed, Inbox, answer

RECORD = Resource(urn="u", custom=True, type="t:m:T")
GOAL = Goal("n", RECORD)


def test_a_registration_waits_for_its_answer() -> None:
    inbox = Inbox()

    def serve() -> None:
        message = inbox.get()
        assert isinstance(message, Register)
        answer(message.reply, Registered(RECORD))

    server = threading.Thread(target=serve)
    server.start()

    assert inbox.register(GOAL).record is RECORD

    server.join()


def test_whoever_waits_is_told_that_all_is_over() -> None:
    inbox = Inbox()

    def close() -> None:
        inbox.get()
        inbox.close()

    closer = threading.Thread(target=close)
    closer.start()

    with pytest.raises(Closed):
        inbox.register(GOAL)

    closer.join()


def test_nothing_is_taken_once_closed_but_the_program_may_still_end() -> None:
    inbox = Inbox()
    inbox.close()

    with pytest.raises(Closed):
        inbox.register(GOAL)
    inbox.tell(ProgramEnd())

    assert inbox.get() == ProgramEnd()


def test_an_answer_that_comes_too_late_is_dropped() -> None:
    inbox = Inbox()
    seen: list[Register] = []

    def serve() -> None:
        message = inbox.get()
        assert isinstance(message, Register)
        seen.append(message)
        inbox.close()

    server = threading.Thread(target=serve)
    server.start()
    with pytest.raises(Closed):
        inbox.register(GOAL)
    server.join()

    answer(seen[0].reply, Registered(RECORD))

    assert isinstance(seen[0].reply.exception(), Closed)
