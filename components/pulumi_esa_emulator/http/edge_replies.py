"""What the edge sends: status, headers and body for an answer of its cache; the headers are ESA's."""

from dataclasses import dataclass
from typing import Final

from werkzeug.http import parse_range_header

from pulumi_esa_emulator.state.edge import CacheAnswer

# A cache in front of the origin has names such as ens-cache5.cn1234.
_VIA: Final = "ens-cache1.emulator[0,0]"
_BODY: Final = b"The edge of a local ESA: it fetches nothing from an origin.\n"


@dataclass(frozen=True, slots=True)
class EdgeReply:
    """Status, headers and body."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes


def edge_reply(answer: CacheAnswer, ranges: str | None) -> EdgeReply:
    """The reply to a request; `ranges`: its header Range."""
    cache = [("X-Site-Cache-Status", answer.status), ("Via", _VIA)]
    cache += [] if answer.age is None else [("Age", str(answer.age))]
    cache += [("Accept-Ranges", "bytes")]
    wanted = parse_range_header(ranges)
    if wanted is None or wanted.units != "bytes" or len(wanted.ranges) != 1:
        return _reply(200, cache, _BODY)
    found = wanted.range_for_length(len(_BODY))
    if found is None:
        where = ("Content-Range", f"bytes */{len(_BODY)}")
        return _reply(416, [*cache, where], b"")
    begin, end = found
    where = ("Content-Range", f"bytes {begin}-{end - 1}/{len(_BODY)}")
    return _reply(206, [*cache, where], _BODY[begin:end])


def edge_refusal(status: int, sentence: str) -> EdgeReply:
    """A request that the edge cannot answer: one sentence."""
    return _reply(status, [], f"{sentence}\n".encode())


def _reply(status: int, headers: list[tuple[str, str]], body: bytes) -> EdgeReply:
    kind = ("Content-Type", "text/plain; charset=utf-8")
    return EdgeReply(status, (*headers, kind, ("Content-Length", str(len(body)))), body)
