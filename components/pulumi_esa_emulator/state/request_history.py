"""The history of requests and their results, without secrets and signatures."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from pydantic import AwareDatetime

from pulumi_esa_emulator.messages.urls import without_query

# Parameters of the RPC v1 protocol; under ACS3 they are headers and not in the history.
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
_MAX_TOTAL_LENGTH = 64 * 1024
_MAX_NAME_LENGTH = 200


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One request. `status` is null if the connection was reset instead of answered.

    `effect`: whether it changed anything, even if its answer was lost. `time` is by the
    plans' clock. `faults`: the names of the faults that hit it.
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
    """The parameters without those of the protocol and those that may be secret."""
    kept: dict[str, str] = {}
    room = _MAX_TOTAL_LENGTH
    for name, value in parameters.items():
        if name in _PROTOCOL or _SECRET.search(name):
            continue
        shown = without_query(value) if name == "OssUrl" else value
        kept[shortened_name(name)] = _shortened(shown, room)
        room = max(0, room - len(shown))
    return kept


def shortened_name(name: str) -> str:
    """The name, cut if it is longer than any real name."""
    return name[:_MAX_NAME_LENGTH]


def _shortened(value: str, room: int) -> str:
    if len(value) <= room:
        return value
    return f"{value[:room]}... ({len(value)} characters)"
