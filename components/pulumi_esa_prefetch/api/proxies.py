"""Chooses the proxy for a URL from the proxy variables of the environment; opens no connection."""

import ipaddress
import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from pulumi_esa_prefetch.settings.hosts import METADATA, address_of, is_this_machine

PROXY_CREDENTIALS = (
    "the proxy asks for a valid user name and password: write them into the proxy variable, as "
    "http://user:password@host:port"
)
"""The advice for HTTP 407."""

_PORTS = {"http": 80, "https": 443}


def proxy_for(url: str, proxies: Mapping[str, str]) -> str | None:
    """The URL of the proxy for `url`, None for a direct connection.

    `proxies` is the result of `urllib.request.getproxies`. This machine and the metadata service are always
    reached directly: a proxy for the internet cannot reach them.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or _PORTS.get(parts.scheme, 0)
    except ValueError:
        return None  # not a URL: the first request reports it
    host = (parts.hostname or "").removesuffix(".")
    proxy = proxies.get(parts.scheme) or proxies.get("all")
    if not proxy or is_this_machine(host) or host == METADATA:
        return None
    entries = re.split(r"[,\s]+", proxies.get("no", ""))
    if any(_covers(entry, parts.scheme, host, port) for entry in entries if entry):
        return None
    return proxy if "://" in proxy else f"http://{proxy}"


def _covers(entry: str, scheme: str, host: str, port: int) -> bool:
    """Whether an entry of NO_PROXY includes this host; an invalid entry includes no host, as in curl."""
    network, parts = _network(entry), _entry(entry)
    if entry == "*":
        return True
    if network is not None:
        address = address_of(host)
        return address is not None and address in network
    if parts is None or parts.scheme not in ("all", scheme):
        return False
    return (parts.port or port) == port and _names(parts.hostname or "", host)


def _names(name: str, host: str) -> bool:
    """Whether a name in NO_PROXY includes a host; a name that begins with a dot includes its subdomains only."""
    address, name = address_of(host), name.removesuffix(".")
    if address is not None:
        return address_of(name) == address
    if name.startswith((".", "*.")):
        return host.endswith(name.removeprefix("*"))
    return bool(name) and (host == name or host.endswith(f".{name}"))


def _network(entry: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """The network, or the single address, of an entry without a port; None if the entry is neither."""
    address, slash, length = entry.partition("/")
    bare = address.removeprefix("[").removesuffix("]")
    try:
        return ipaddress.ip_network(f"{bare}{slash}{length}", strict=False)
    except ValueError:
        return None


def _entry(entry: str) -> SplitResult | None:
    try:
        parts = urlsplit(entry if "://" in entry else f"all://{entry}")
        _ = parts.port
    except ValueError:
        return None
    return parts
