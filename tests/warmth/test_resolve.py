"""Addresses for hosts, as curl's --resolve takes them."""

import pytest

from pulumi_esa_prefetch.settings.setting_lookup import SettingsError
from pulumi_esa_prefetch.warmth.resolve import ResolveError, parse_resolve
from pulumi_esa_prefetch.warmth.resolve_setting import read_resolve


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("www.example.com:443:203.0.113.7", ("203.0.113.7", 443)),
        ("WWW.example.com:443:203.0.113.7:8443", ("203.0.113.7", 8443)),
        ("www.example.com:443:[2001:db8::7]", ("2001:db8::7", 443)),
        ("www.example.com:443:[2001:db8::7]:8443", ("2001:db8::7", 8443)),
        ("www.example.com:443:2001:db8::7", ("2001:db8::7", 443)),
        ("*:443:203.0.113.7", ("203.0.113.7", 443)),
        ("a.example.com:80:203.0.113.1, *:443:203.0.113.7", ("203.0.113.7", 443)),
        ("www.example.com:80:203.0.113.7", None),
        ("", None),
    ],
)
def test_a_host_and_port_have_the_address_that_is_written(
    text: str, address: tuple[str, int] | None
) -> None:
    assert parse_resolve([text]).address_of("www.Example.com", 443) == address


@pytest.mark.parametrize("host", ["bücher.example", "XN--bcher-kva.example"])
def test_a_host_may_be_written_in_unicode_or_in_ascii(host: str) -> None:
    resolve = parse_resolve([f"{host}:443:203.0.113.7"])

    assert resolve.address_of("xn--bcher-kva.example", 443) == ("203.0.113.7", 443)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("www.example.com", "'www.example.com' is not HOST:PORT:ADDRESS"),
        ("www.example.com:443", "is not HOST:PORT:ADDRESS"),
        ("www.example.com:443:edge.example.com", "is not HOST:PORT:ADDRESS"),
        ("www.example.com:https:203.0.113.7", "is not HOST:PORT:ADDRESS"),
        ("www.example.com:443:203.0.113.777", "'203.0.113.777' is not an IP address"),
        ("www.example.com:99999:203.0.113.7", "99999 is not a port from 1 to 65535"),
        ("www.example.com:0000443:203.0.113.7", "is not HOST:PORT:ADDRESS"),
        ("b\u00fc\u202e.example:443:203.0.113.7", "is not a domain name"),
        ("www.example.com:443:203.0.113.7:0", "0 is not a port from 1 to 65535"),
    ],
)
def test_another_text_is_refused_with_what_is_wrong(text: str, reason: str) -> None:
    with pytest.raises(ResolveError, match=reason.replace(".", r"\.")):
        parse_resolve([text])


def test_a_wrong_setting_is_named() -> None:
    with pytest.raises(
        SettingsError, match=r"^esa-prefetch:resolve .*: 'x' is not HOST"
    ):
        read_resolve("x")

    assert read_resolve("").address_of("www.example.com", 443) is None
