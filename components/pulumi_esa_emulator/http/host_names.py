"""Parses and compares host names of `Host`, `Origin` and `--allow-host`."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address

# Container names can have underscores, although DNS does not allow them.
_HOST = r"[a-z0-9._-]{1,255}|\[[0-9a-f:.]{2,45}\]"
_AUTHORITY = re.compile(rf"({_HOST})(?::(\d{{0,5}}))?", re.ASCII)
_HIGHEST_PORT = 65535
_HTTP = 80


@dataclass(frozen=True, slots=True)
class Authority:
    """A normalized host and a port; the default port is that of HTTP."""

    name: str
    port: int


def parse_authority(text: str) -> Authority | None:
    """The host and port of `name`, `name:port` or `[::1]:port`; None if invalid."""
    found = _AUTHORITY.fullmatch(text.lower())
    name = _normalized(found[1]) if found else None
    port = int(found[2] or _HTTP) if found else 0
    return Authority(name, port) if name and port <= _HIGHEST_PORT else None


@lru_cache(maxsize=64)
def parse_host(text: str) -> str | None:
    """The normalized host of a name, an IPv4 or an IPv6 address; None if invalid.

    An IPv6 address may have brackets.
    """
    try:
        return _address_text(ip_address(text))
    except ValueError:
        found = re.fullmatch(_HOST, text.lower(), re.ASCII)
        return _normalized(found[0]) if found else None


def is_own(name: str, others: Iterable[str]) -> bool:
    """Whether the name is a loopback name or address, or one of the others."""
    return name == "localhost" or name in others or _is_local(name)


def _normalized(name: str) -> str | None:
    """The host without a final dot; an address in its shortest form."""
    if name.startswith("["):
        return _address(name[1:-1])
    bare = name.removesuffix(".")
    return _address(bare) or bare or None


def _address(text: str) -> str | None:
    try:
        return _address_text(ip_address(text))
    except ValueError:
        return None


def _address_text(address: IPv4Address | IPv6Address) -> str:
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return str(mapped or address).partition("%")[0]


def _is_local(name: str) -> bool:
    try:
        address = ip_address(name)
    except ValueError:
        return False
    # 0.0.0.0 is the bound address; a web page cannot have it as its origin either.
    return address.is_loopback or address.is_unspecified
