"""What was asked and what came of it, oldest first; holds no secret and no signature."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import AwareDatetime

from pulumi_esa_emulator.messages.urls import without_query

# Of the RPC v1 protocol; under ACS3 they are headers and never come near.
_PROTOCOL = {
    "AccessKeyId",
    "Action",
    "Format",
    "Signature",
    "SignatureMethod",
    "SignatureNonce",
    "SignatureType",
    "SignatureVersion",
    "Timestamp",
    "Version",
}
_SECRET = re.compile("secret|token|signature|password", re.IGNORECASE)
_LONGEST = 64 * 1024
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One request: `status` is null if the connection was broken instead.

    `effect`: whether it changed anything, also if its answer was lost. `time` is the
    emulator's, `faults` the names of those that hit it.
    """

    action: str | None
    parameters: Mapping[str, str]
    status: int | None
    code: str | None
    effect: bool
    time: AwareDatetime
    request_id: str
    access_key_id: str | None = None
    signature: str | None = None
    faults: tuple[str, ...] = field(default=())


def redacted_parameters(parameters: Mapping[str, str]) -> dict[str, str]:
    """The parameters without what belongs to the protocol or may be secret."""
    kept: dict[str, str] = {}
    room = _LONGEST
    for name, value in parameters.items():
        if name in _PROTOCOL or _SECRET.search(name):
            continue
        shown = without_query(value) if name == "OssUrl" else value
        kept[shortened_name(name)] = _shortened(shown, room)
        room = max(0, room - len(shown))
    return kept


def shortened_name(name: str) -> str:
    """A name, cut where it is longer than any real one."""
    return name[:_LONGEST_NAME]


def _shortened(value: str, room: int) -> str:
    if len(value) <= room:
        return value
    return f"{value[:room]}... ({len(value)} characters)"
