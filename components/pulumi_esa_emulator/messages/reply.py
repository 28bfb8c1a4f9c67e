"""The reply to a request: status, headers, body, and how to send it."""

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
    """How a reply is sent; by default at once and whole.

    `stall`: seconds before the first byte. `chunk`: bytes sent at a time, with `pause`
    seconds between. `cut`: the connection ends after this many bytes of the body.
    `reset`: the connection is reset instead.
    """

    stall: float = 0.0
    chunk: int = 0
    pause: float = 0.0
    cut: int | None = None
    reset: bool = False


NORMAL_DELIVERY = Delivery()


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, headers, body, ESA's error code if there is one, and the delivery."""

    status: int
    body: bytes
    code: str | None = None
    headers: tuple[tuple[str, str], ...] = ()
    content_type: str = _JSON
    delivery: Delivery = NORMAL_DELIVERY

    def delivered(self, **how: Any) -> "Reply":
        """The same reply with another delivery."""
        return replace(self, delivery=replace(self.delivery, **how))


def json_reply(
    body: JsonObject, notation: Callable[[datetime], str], status: int = 200
) -> Reply:
    """A JSON reply, its times in the given notation."""
    return Reply(status, json.dumps(body, default=notation).encode())


def problem_reply(problem: Problem, request_id: str, host: str) -> Reply:
    """An error in ESA's format (general "Responses" pages)."""
    body: JsonObject = {
        "RequestId": request_id,
        "HostId": host,
        "Code": problem.code,
        "Message": problem.text,
        "Recommend": f"https://api.aliyun.com/troubleshoot?q={problem.code}&product=ESA&requestId={request_id}",
    }
    if problem.detail:
        body["AccessDeniedDetail"] = problem.detail
    text = json.dumps(body).encode()
    return Reply(problem.status, text, problem.code, problem.headers)
