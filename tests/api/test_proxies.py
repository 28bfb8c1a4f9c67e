"""Which proxy the environment names for a URL, and what NO_PROXY excludes."""

import pytest

from pulumi_esa_prefetch.api.proxies import proxy_for

PROXY = "http://proxy:3128"
PROXIES = {"http": PROXY, "https": PROXY}


@pytest.mark.parametrize(
    ("url", "proxies", "expected"),
    [
        ("https://esa.example", {}, None),
        ("https://esa.example", {"http": PROXY}, None),
        ("https://esa.example", {"https": PROXY}, PROXY),
        ("http://esa.example", {"http": PROXY}, PROXY),
        ("https://esa.example", {"https": "proxy:3128"}, PROXY),
        ("https://esa.example", {"all": "socks5://p:1"}, "socks5://p:1"),
        ("https://esa.example", {"all": "socks5://p:1", "https": PROXY}, PROXY),
        ("https://10.0.0.1", PROXIES, PROXY),
        ("http://[fd00::1]:80", PROXIES, PROXY),
        ("http://127.0.0.1.example", PROXIES, PROXY),
        ("http://[half", PROXIES, None),
    ],
)
def test_the_proxy_is_the_one_for_the_scheme_or_for_all(
    url: str, proxies: dict[str, str], expected: str | None
) -> None:
    assert proxy_for(url, proxies) == expected


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.3.2.1",
        "[::1]",
        "[::ffff:127.0.0.1]",
        "localhost",
        "LOCALHOST.",
        "keys.localhost",
        "0.0.0.0",
        "100.100.100.200",
    ],
)
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_this_machine_and_the_metadata_service_are_reached_without_a_proxy(
    scheme: str, host: str
) -> None:
    assert proxy_for(f"{scheme}://{host}:8080", {**PROXIES, "all": PROXY}) is None


NAMED = [
    ("https://esa.example", "*"),
    ("https://esa.example", "other, *"),
    ("https://esa.example", "esa.example"),
    ("https://esa.example", "ESA.example."),
    ("https://esa.example", "example"),
    ("https://esa.example", ".example"),
    ("https://esa.example", "*.example"),
    ("https://esa.example", "a b\tesa.example"),
    ("https://esa.example", " , ,esa.example,"),
    ("https://esa.example", "esa.example:443"),
    ("https://esa.example:8443", "esa.example:8443"),
    ("https://esa.example", "https://esa.example"),
    ("https://esa.example", "all://esa.example"),
    ("https://esa.example.", "esa.example"),
    ("https://10.1.2.3", "10.0.0.0/8,fd00::/8"),
    ("https://10.1.2.3", "10.1.2.9/8"),
    ("https://10.1.2.3", "10.1.2.3"),
    ("https://10.1.2.3:80", "10.1.2.3:80"),
    ("https://[fd00::1]", "10.0.0.0/8,fd00::/8"),
    ("https://[fd00::1]", "[fd00::]/8"),
    ("https://[fd00::1]", "[fd00::1]"),
    ("https://[fd00::1]", "fd00:0::1"),
    ("https://[fd00::1]", "fd00::1/128"),
    ("https://[fd00::1]:80", "[fd00::1]:80"),
]


@pytest.mark.parametrize(("url", "no_proxy"), NAMED)
@pytest.mark.parametrize(
    "unreadable", ["[::half", "a:b:c", "10.0.0.0/99", "x:port", ""]
)
def test_a_host_in_no_proxy_is_reached_without_the_proxy_whatever_the_other_entries(
    url: str, no_proxy: str, unreadable: str
) -> None:
    no = f"{unreadable},{no_proxy},{unreadable}"

    assert proxy_for(url, {**PROXIES, "no": no}) is None


@pytest.mark.parametrize(
    ("url", "no_proxy"),
    [
        ("https://esa.example", ""),
        ("https://esa.example", "a.esa.example"),
        ("https://esa.example", ".esa.example"),
        ("https://myesa.example", "esa.example"),
        ("https://esa.example", "esa.example:80"),
        ("https://esa.example", "http://esa.example"),
        ("https://esa.example", "10.0.0.0/8"),
        ("https://esa.example", "0.0.0.0/0,::/0"),
        ("https://10.1.2.3", "11.0.0.0/8"),
        ("https://10.1.2.3", "2.3"),
        ("https://10.1.2.3", "10.1.2.3:80"),
        ("https://[fd00::1]", "fe80::/10,::1/128,[::1]"),
        ("https://esa.example", "[::half,a:b:c,10.0.0.0/99,x:port,://,[]"),
    ],
)
def test_a_host_that_is_not_in_no_proxy_is_reached_through_the_proxy(
    url: str, no_proxy: str
) -> None:
    assert proxy_for(url, {**PROXIES, "no": no_proxy}) == PROXY
