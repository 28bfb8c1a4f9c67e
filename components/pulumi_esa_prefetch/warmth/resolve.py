"""Addresses for hosts in place of DNS, written as for curl's `--resolve`; opens no connection."""

import ipaddress
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from pulumi_esa_prefetch.api.safe_text import one_line

_FORM = re.compile(
    r"(?P<host>[^\s:\[\]]+):(?P<port>[0-9]{1,5}):"
    r"(?P<address>\[[0-9a-fA-F:.]+\]|[0-9.]+)(?::(?P<to>[0-9]{1,5}))?"
)
_BARE_V6 = re.compile(
    r"(?P<host>[^\s:\[\]]+):(?P<port>[0-9]{1,5}):(?P<address>[0-9a-fA-F]*:[0-9a-fA-F:.]*)"
)
_LARGEST_PORT = 65535
_ANY = "*"


class ResolveError(ValueError):
    """The text is not HOST:PORT:ADDRESS; the message is a clause that follows the name of the option."""


@dataclass(frozen=True)
class Resolve:
    """The address and port to connect to, by host and port of a URL; the host may be `*`."""

    addresses: Mapping[tuple[str, int], tuple[str, int]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    def address_of(self, host: str, port: int) -> tuple[str, int] | None:
        """Where to connect for this host, in ASCII, and port; None if DNS decides."""
        named = self.addresses.get((host.lower(), port))
        return named or self.addresses.get((_ANY, port))


def parse_resolve(entries: Iterable[str]) -> Resolve:
    """Read texts such as `www.example.com:443:203.0.113.7`; raises ResolveError.

    A text may hold several, with commas between. An address may have a port of its own (`HOST:PORT:ADDRESS:PORT`);
    an IPv6 address needs brackets then.
    """
    texts = (part.strip() for entry in entries for part in entry.split(","))
    return Resolve(MappingProxyType(dict(_parsed(text) for text in texts if text)))


def _parsed(text: str) -> tuple[tuple[str, int], tuple[str, int]]:
    found = _FORM.fullmatch(text) or _BARE_V6.fullmatch(text)
    if found is None:
        raise ResolveError(
            f"{text[:60]!r} is not HOST:PORT:ADDRESS, as in www.example.com:443:203.0.113.7"
        )
    parts = found.groupdict()
    address = parts["address"].strip("[]")
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise ResolveError(f"{address[:60]!r} is not an IP address") from None
    port = _port(parts["port"])
    to = parts.get("to")
    return (_ascii(parts["host"]), port), (address, _port(to) if to else port)


def _ascii(host: str) -> str:
    """The host as a request names it; a URL may have it in Unicode too."""
    if host.isascii():
        return host.lower()
    import idna  # noqa: PLC0415 -- its tables are large, and few hosts need them

    try:
        return idna.encode(host.lower()).decode("ascii")
    except idna.IDNAError:
        raise ResolveError(f"{one_line(host, 60)!r} is not a domain name") from None


def _port(text: str) -> int:
    port = int(text)
    if not 0 < port <= _LARGEST_PORT:
        raise ResolveError(f"{text} is not a port from 1 to {_LARGEST_PORT}")
    return port
