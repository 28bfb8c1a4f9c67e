"""Which hosts are this machine, and which may receive access keys over plain HTTP; resolves no name."""

import ipaddress

Address = ipaddress.IPv4Address | ipaddress.IPv6Address

METADATA = "100.100.100.200"
"""The metadata service of an ECS instance: the instance's own hypervisor answers, over plain HTTP only."""

ALLOW_HTTP = ("esa-prefetch:allowHttp", "ESA_PREFETCH_ALLOW_HTTP")

_OR_ALLOW = (
    f"or set {ALLOW_HTTP[0]} (or {ALLOW_HTTP[1]}) to true; refresh and destroy use the config of "
    "the last up"
)

# Not `is_private`: it includes other ranges, such as those for documentation, and differs between Python versions.
_PRIVATE = tuple(
    ipaddress.ip_network(network)
    for network in (
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "fc00::/7",
        "fe80::/10",
    )
)


def address_of(host: str) -> Address | None:
    """The IP address that the host is written as; None for a host name."""
    try:
        address = ipaddress.ip_address(host.removeprefix("[").removesuffix("]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None  # noqa: PLR2004 -- IPv6
    return mapped or address


def is_this_machine(host: str) -> bool:
    """Whether the host is this machine, so that a request to it does not leave the machine."""
    address = address_of(host)
    if address is not None:
        # A request to 0.0.0.0 or :: stays on this machine too; local servers print it as their address.
        return address.is_loopback or address.is_unspecified
    name = host.lower().removesuffix(".")
    return name == "localhost" or name.endswith(".localhost")


def may_be_sent_keys(host: str) -> bool:
    """Whether access keys may be sent there over plain HTTP: to this machine, or to an address of a private network.

    A host name is trusted only if it means this machine, because DNS can map any other name to any address.
    """
    address = address_of(host)
    if address is None:
        return is_this_machine(host)
    return is_this_machine(host) or any(address in network for network in _PRIVATE)


def plain_http_refusal(what: str) -> str:
    """The error message that refuses plain HTTP for `what`."""
    return (
        f"{what} is plain http to another machine, where anyone on the way can read keys: "
        f"use https, {_OR_ALLOW}"
    )


def proxy_refusal(what: str, variable: str) -> str:
    """The error message that refuses plain HTTP for `what` through the proxy that a variable names."""
    return (
        f"{what} is plain http, and {variable} names a proxy on another machine, which can read "
        f"keys: use https, name the host in NO_PROXY, {_OR_ALLOW}"
    )
