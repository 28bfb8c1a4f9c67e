"""Which lines of a URL list ESA would accept."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_emulator.messages.urls import domains_of, parse_urls


def test_lines_are_urls_and_blank_lines_are_ignored() -> None:
    found = parse_urls("http://a.example/1\r\n\n  https://b.example/2  \n")

    assert found.accepted == ("http://a.example/1", "https://b.example/2")
    assert found.error_info is None


@pytest.mark.parametrize(
    "line",
    [
        "a.example/1",
        "ftp://a.example/1",
        "http:///1",
        "http://a.example/with blank",
        "http://a.example/ü",
        "http://[::1/",
        "http://a.example/1, http://a.example/2",
    ],
)
def test_a_line_that_is_not_a_url_is_refused(line: str) -> None:
    assert parse_urls(line).error_info == "InvalidUrl"


def test_each_kind_of_error_is_reported_once() -> None:
    found = parse_urls("no\nno\nhttp://b.example/1", domain="a.example")

    assert found.error_info == "InvalidUrl,InvalidDomain"


def test_a_domain_with_the_same_ending_is_another_domain() -> None:
    assert parse_urls("http://bad-a.example/", domain="a.example").errors


def test_each_domain_is_named_once() -> None:
    urls = ("http://a.example/1", "http://b.example/", "http://a.example/2")

    assert domains_of(urls) == "a.example,b.example"


@given(st.text())
def test_only_urls_of_the_domain_are_accepted_from_any_text(text: str) -> None:
    found = parse_urls(f"{text}\nhttp://a.example/{text}", domain="a.example", quota=3)

    assert len(found.accepted) <= 3
    assert domains_of(found.accepted) in {"", "a.example"}
