"""The format of a data file: a line with format and version, then JSON lines.

The second line holds the whole state, each later line the changes of one request. A file
that ends inside its second line is damaged and cannot be used. A last line that is cut
off belongs to a request that was never answered, and is ignored.
"""

from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, TypeAdapter, ValidationError

from pulumi_esa_emulator.identity.nonces import UsedNonce
from pulumi_esa_emulator.state.records import Batch, Change
from pulumi_esa_emulator.state.request_history import HistoryEntry

_VERSION = 1
HEADER = b'{"format":"esa-emulator","version":%d}\n' % _VERSION
DAMAGE_ADVICE = "put a copy of it back, or move it away to begin anew from the seed"
"""What to do about a damaged file; part of the message."""


@dataclass(frozen=True, slots=True)
class DataLine:
    """The changes of one request, or the whole state; `now` is by the plans' clock."""

    now: AwareDatetime
    changes: tuple[Change, ...]
    batches: tuple[Batch, ...]
    entries: tuple[HistoryEntry, ...]
    # Files written before nonces were stored have none.
    nonces: tuple[UsedNonce, ...] = ()


@dataclass(frozen=True, slots=True)
class _Header:
    format: Literal["esa-emulator"]
    version: Annotated[int, Field(ge=1)]


_LINE = TypeAdapter(DataLine)
_HEAD = TypeAdapter(_Header)


class DataFormatError(ValueError):
    """The content cannot be used; the message starts with the file's name, this text follows."""


def encode_line(line: DataLine) -> bytes:
    """The bytes of a line."""
    return _LINE.dump_json(line) + b"\n"


def parse_lines(content: bytes) -> list[DataLine]:
    """The lines after the first; DataFormatError if the content is damaged or no data file."""
    if content != HEADER and HEADER.startswith(content):
        raise _damaged("it is empty" if not content else "it ends in its first line")
    head, _, rest = content.partition(b"\n")
    _check_head(head)
    *lines, tail = rest.split(b"\n")
    if not lines:
        raise _damaged("it ends in its second line")
    if b"\0" in tail:
        # A cut-off write leaves no zero bytes; a power failure does.
        raise _unreadable(len(lines) + 2)
    return [_parsed(number, one) for number, one in enumerate(lines, start=2)]


def _check_head(text: bytes) -> None:
    try:
        head = _HEAD.validate_json(text, strict=True)
    except ValidationError:
        raise DataFormatError(
            "is not a data file of this emulator; name another one with --data"
        ) from None
    if head.version > _VERSION:
        raise DataFormatError(
            f"is of a newer emulator (version {head.version} of the format, this one "
            f"reads {_VERSION}); use that one, or name another file with --data"
        )


def _parsed(number: int, text: bytes) -> DataLine:
    try:
        return _LINE.validate_json(text, strict=True)
    except ValidationError:
        raise _unreadable(number) from None


def _unreadable(number: int) -> DataFormatError:
    return _damaged(f"its line {number} cannot be read")


def _damaged(why: str) -> DataFormatError:
    return DataFormatError(f"is damaged: {why}; {DAMAGE_ADVICE}")
