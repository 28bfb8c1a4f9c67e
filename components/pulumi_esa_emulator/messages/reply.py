"""What goes back to the client: bytes, and how they are sent; sends nothing itself."""

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from pulumi_esa_emulator.errors import Problem

JsonObject = dict[str, Any]

_JSON = "application/json;charset=utf-8"


@dataclass(frozen=True, slots=True)
class Delivery:
    """How a reply is sent; the defaults are: at once and whole.

    `stall` seconds before the first byte. `chunk` bytes at a time with `pause` seconds
    between. `cut`: so many bytes of the body, then the connection ends. `reset`: the
    connection is reset instead of an answer.
    """

    stall: float = 0.0
    chunk: int = 0
    pause: float = 0.0
    cut: int | None = None
    reset: bool = False


NORMAL_DELIVERY = Delivery()


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers, body, ESA's code if it is a refusal, and the way it is sent."""

    status: int
    body: bytes
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = _JSON
    delivery: Delivery = NORMAL_DELIVERY

    def sent(self, **how: Any) -> "Reply":
        """The same reply, sent in another way."""
        return replace(self, delivery=replace(self.delivery, **how))


def json_reply(
    body: JsonObject, notation: Callable[[datetime], str], status: int = 200
) -> Reply:
    """A JSON answer, its times in the given notation."""
    return Reply(status, json.dumps(body, default=notation).encode())


def problem_reply(problem: Problem, request_id: str, host: str) -> Reply:
    """A refusal in ESA's shape (general "Responses" pages)."""
    body: JsonObject = {
        "RequestId": request_id,
        "HostId": host,
        "Code": problem.code,
        "Message": problem.text,
    }
    if problem.detail:
        body["AccessDeniedDetail"] = problem.detail
    text = json.dumps(body).encode()
    return Reply(problem.status, text, problem.code, problem.headers)
