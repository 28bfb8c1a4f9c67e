"""Which files ESA caches by default, and the warning for others."""

import pytest

from pulumi_esa_emulator.state.cacheable_files import CACHEABLE
from pulumi_esa_prefetch.warmth.caching_defaults import (
    CACHED,
    uncached_warning,
)


@pytest.mark.parametrize(
    ("url", "cached"),
    [
        ("https://www.example.com/a.jpg", True),
        ("https://www.example.com/A.JPG?x=1.html", True),
        ("https://www.example.com/a%2Ejpg", True),
        ("https://www.example.com/v1.2/app.tar.gz", True),
        ("https://www.example.com/", False),
        ("https://www.example.com", False),
        ("https://www.example.com/index.html?f=a.jpg", False),
        ("https://www.example.com/a.jpg/list", False),
        ("https://www.example.com/live.m3u8", False),
        ("https://[", False),
    ],
)
def test_the_extension_of_the_path_decides(url: str, cached: bool) -> None:
    assert (uncached_warning([url]) == "") is cached


def test_one_warning_names_the_most_frequent_other_extensions() -> None:
    urls = ["a.html", "b.html", "a.html", "list", "c.json", "d.txt", "e.png"]

    warning = uncached_warning(f"https://www.example.com/{name}" for name in urls)

    assert warning.startswith(
        "5 URLs have an extension that ESA does not cache by default (.html, no extension, .json, ...): unless"
    )


@pytest.mark.parametrize(
    "name",
    ["a.%1b[31m", "a.%0aerror:", "a.%E2%80%AEgpj", "a. b", "e30.SflKxwRJSMeKKF2QT4"],
)
def test_what_is_no_usual_extension_is_not_shown(name: str) -> None:
    warning = uncached_warning([f"https://www.example.com/{name}"])

    assert "by default (no extension): unless" in warning


def test_a_warning_may_have_to_name_nothing_of_the_urls() -> None:
    warning = uncached_warning(["https://www.example.com/a.secret"], named=False)

    assert warning.startswith(
        "1 URL has an extension that ESA does not cache by default: "
    )
    assert "secret" not in warning


def test_the_local_edge_caches_the_same_files() -> None:
    assert CACHED == CACHEABLE
