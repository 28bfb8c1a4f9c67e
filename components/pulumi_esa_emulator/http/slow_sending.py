"""Sends a reply as its `Delivery` says: late, slowly, cut off, or not at all.

`esa_emulator.abort` and `esa_emulator.pause` in the WSGI environment come from `sockets`.
Without a socket, an abort is a ConnectionResetError.
"""

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import TYPE_CHECKING, NoReturn

from pulumi_esa_emulator.messages.reply import Delivery, Reply
from pulumi_esa_emulator.messages.stalls import Stalls

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment

ABORT = "esa_emulator.abort"
PAUSE = "esa_emulator.pause"
CLIENT_GONE = "waitress.client_disconnected"


def send(
    reply: Reply,
    environ: "WSGIEnvironment",
    start_response: "StartResponse",
    stalls: Stalls,
) -> Iterable[bytes]:
    """Send the reply; the chunks of the body, as WSGI wants them."""
    how = reply.delivery
    stalls.wait(how.stall)
    if how.reset:
        _abort(environ.get(ABORT))
    headers = [
        ("Content-Type", reply.content_type),
        ("Content-Length", str(len(reply.body))),
        *reply.headers,
    ]
    start_response(_status_line(reply.status), headers)
    body = reply.body[: how.cut]
    return _chunks(body, how, stalls) if how.chunk else [body]


def _chunks(body: bytes, how: Delivery, stalls: Stalls) -> Iterator[bytes]:
    for start in range(0, len(body), how.chunk):
        yield body[start : start + how.chunk]
        stalls.wait(how.pause)


def _status_line(status: int) -> str:
    try:
        return f"{status} {HTTPStatus(status).phrase}"
    except ValueError:
        return f"{status} Unknown"


def _abort(abort: Callable[[], NoReturn] | None) -> NoReturn:
    if abort is None:
        raise ConnectionResetError("The emulator reset the connection.")
    abort()
