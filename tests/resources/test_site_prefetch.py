"""SitePrefetch without an engine: URL lists, windows, the texts in the state, and what is refused."""

import asyncio
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.struct_pb2 import Struct
from pulumi import Output, RunError
from pulumi.runtime.rpc import deserialize_properties

from pulumi_esa_prefetch import PrefetchWindow, SitePrefetch, SitePrefetchArgs
from pulumi_esa_prefetch.resources.site_prefetch import _site_id
from pulumi_esa_prefetch.resources.site_purge import wrong_purge
from pulumi_esa_prefetch.resources.url_source import UrlSource

URLS = ["https://www.example.com/a", "https://www.example.com/b"]
SIGNED = "https://www.example.com/c?auth_key=1"
NOW = PrefetchWindow(interval=60, slice_len=10)
LATER = PrefetchWindow(
    interval=60, slice_len=10, start_time="2090-01-01T08:00:00+08:00"
)


def one_list(**place: Any) -> UrlSource:
    return UrlSource.of_one(
        **dict.fromkeys(("urls", "url_file", "oss_url", "sitemap")) | place
    )


def test_a_list_is_one_url_per_line() -> None:
    urls = one_list(urls=[*URLS, " "])

    assert urls.for_esa() == {"insert_way": "textBox", "url_list": "\n".join(URLS)}


def test_a_file_with_blank_lines_and_other_line_ends_is_the_same_list(
    tmp_path: Path,
) -> None:
    path = tmp_path / "urls.txt"
    path.write_bytes(f"\r\n{URLS[0]}  \r\n\r\n{URLS[1]}".encode())

    urls = one_list(url_file=path)

    assert urls.for_esa() == one_list(urls=URLS).for_esa()
    assert urls.for_triggers() == one_list(urls=URLS).for_triggers()


def test_a_file_with_a_byte_order_mark_is_the_same_list(tmp_path: Path) -> None:
    path = tmp_path / "urls.txt"
    path.write_text("\n".join(URLS), encoding="utf-8-sig")

    assert one_list(url_file=path) == one_list(urls=URLS)


@pytest.mark.parametrize(
    ("given", "is_secret"),
    [
        (URLS, False),
        ([*URLS, f"{URLS[0]}?auth_key=1"], True),
        ([URLS[0], Output.from_input], True),
        ([URLS[0], Output.secret], True),
    ],
    ids=["plain", "a query", "a later query", "a secret"],
)
def test_the_list_of_a_verification_is_secret_if_a_url_has_a_query(
    given: list[Any], is_secret: bool
) -> None:
    async def check() -> tuple[Any, bool]:
        urls = [each if isinstance(each, str) else each(SIGNED) for each in given]
        listed = Output.from_input(one_list(urls=urls).listed())
        return await listed.future(), await listed.is_secret()

    shown, found = asyncio.run(check())

    assert shown == [each if isinstance(each, str) else SIGNED for each in given]
    assert found is is_secret


def test_an_oss_object_is_named_and_not_read() -> None:
    urls = one_list(oss_url="https://b.oss-cn-hangzhou.aliyuncs.com/1.txt")

    assert urls.for_esa() == {
        "insert_way": "oss",
        "oss_url": "https://b.oss-cn-hangzhou.aliyuncs.com/1.txt",
    }


def test_the_texts_in_triggers_never_change() -> None:
    window = PrefetchWindow(
        interval=60,
        slice_len=10,
        start_time="2026-11-11T00:00:00+08:00",
        end_time=datetime(2026, 11, 11, 6, tzinfo=UTC),
    )

    assert window.for_triggers() == {
        "interval": 60,
        "slice_len": 10,
        "start_time": "2026-11-10T16:00:00Z",
        "end_time": "2026-11-11T06:00:00Z",
    }
    assert one_list(urls=URLS).for_triggers() == (
        "sha256:eb341bfdac2496f54988696e742764442f42e52e26ab88f28f1f5c82cad6d595"
    )


def test_times_go_to_esa_in_the_notation_of_its_answers() -> None:
    window = PrefetchWindow(
        interval=60, slice_len=10, start_time="2026-11-10T16:00:00.1239Z"
    )

    assert window.for_esa()["start_time"] == "2026-11-11T00:00:00.123+08:00"
    assert "end_time" not in window.for_esa()


async def id_of_another_stack(number: float) -> str | None:
    """What is sent for the number in the outputs of a StackReference."""
    outputs = Struct()
    outputs.update({"site": number})
    site: Any = Output.from_input(deserialize_properties(outputs)["site"])
    return await Output.from_input(_site_id(site)).future()


def test_a_site_is_a_string_or_a_whole_number_from_anywhere() -> None:
    site = 190007158391808

    assert _site_id(str(site)) == _site_id(site) == str(site)
    assert asyncio.run(id_of_another_stack(site)) == str(site)


def test_a_site_of_another_stack_that_is_a_fraction_is_refused_in_a_sentence() -> None:
    with pytest.raises(
        RunError, match=r"^site must be a site's id: 1\.5 is not a whole number$"
    ):
        asyncio.run(id_of_another_stack(1.5))


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({}, "exactly one of urls, url_file, oss_url and sitemap is needed"),
        ({"urls": URLS, "oss_url": URLS[0]}, "exactly one of urls, url_file"),
        ({"urls": URLS, "sitemap": "x"}, "exactly one of urls, url_file, oss_url and"),
        ({"sitemap": "/nowhere.xml"}, "sitemap /nowhere.xml cannot be read: No such"),
        ({"urls": []}, "urls holds no URL"),
        (
            {"urls": URLS, "site": 1.5},
            "site must be a site's id: 1.5 is not a whole number",
        ),
        ({"urls": URLS[0]}, "urls is one string: give a list"),
        ({"urls": [*URLS, "ftp://x/y"]}, "urls: line 3 is no http or https URL"),
        (
            {"urls": ["a", "https:///b", *"cde", "https://a b"]},
            (
                "urls: line 1 is no http or https URL, line 2 has no host, line 3 is no http or https URL, "
                "line 4 is no http or https URL, line 5 is no http or https URL, and 1 more"
            ),
        ),
        (
            {"url_file": "/nowhere/urls.txt"},
            "/nowhere/urls.txt cannot be read: No such",
        ),
        ({"urls": [*URLS, None]}, "urls: line 3 is no http or https URL"),
        ({"urls": 5}, "urls must be a list of URLs"),
        (
            {"urls": [Output.from_input(URLS[0]), "ftp://x"], "rerun": "x"},
            "one of 'from_start' or 'resume'; urls: line 2 is no http or https URL",
        ),
        ({"oss_url": "oss://bucket/key"}, "oss_url is no http or https URL"),
        ({"oss_url": 5}, "oss_url is no http or https URL"),
        (
            {"urls": [f"https://a.example/{n}" for n in range(10_001)]},
            "urls holds 10001 URLs, more than the 10000 that Alibaba Cloud documents for one job: divide it",
        ),
        (
            {"url_file": Output.from_input("x")},
            "url_file must be a path on this machine",
        ),
        ({"urls": URLS, "purge": "after"}, 'purge must be "before", or left out'),
        (
            {"oss_url": URLS[0], "purge": "before"},
            (
                'purge="before" is not for oss_url, whose URLs the program does not know: give urls, url_file or '
                "sitemap"
            ),
        ),
        (
            {"urls": URLS, "purge": "before", "desired_state": "stopped"},
            'desired_state must be "running": purge="before" is for plans that run at',
        ),
        (
            {"urls": URLS, "purge": "before", "rerun": "resume"},
            'rerun must be "from_start": purge="before" purges all URLs, and "resume"',
        ),
        (
            {"urls": URLS, "purge": "before", "windows": {"n": LATER, "w": NOW}},
            (
                'windows.n opens in the future, at 2090-01-01T00:00:00Z: purge="before" is for plans that run at '
                "once; remove one of the two"
            ),
        ),
        ({"urls": URLS, "site": [1]}, "site is of type list: pass a site's id or an"),
        ({"urls": URLS, "rerun": "x"}, "rerun must be one of 'from_start' or 'resume'"),
        ({"urls": URLS, "job_name": b"x"}, "job_name is of type bytes: pass it as a"),
        (
            {"urls": URLS, "windows": {1: NOW}},
            "windows has a key of type int: make it a",
        ),
        ({"urls": URLS, "windows": [NOW]}, "windows must be a mapping from names to"),
        (
            {"urls": URLS, "windows": {"w": 60}},
            "windows.w: it must be a PrefetchWindow or a mapping of its fields",
        ),
        (
            {"urls": URLS, "windows": {"w": {"interval": 1}}},
            "windows.w: slice_len is missing",
        ),
        (
            {
                "urls": URLS,
                "windows": {"w": {"interval": 1, "slice_len": 1, "start": ""}},
            },
            "windows.w: start is not one of interval, slice_len, start_time, end_time",
        ),
        (
            {"urls": URLS, "windows": {"w": {"interval": 2**60, "slice_len": {1}}}},
            (
                "windows.w: interval is a number beyond 2**53, which Pulumi would round: pass it as a string; "
                "slice_len is of type set"
            ),
        ),
        (
            {
                "urls": URLS,
                "windows": {"w": {"interval": 1, "slice_len": 1, "start_time": 5}},
            },
            "windows.w: a time of type int is no string or datetime",
        ),
        (
            {
                "urls": URLS,
                "windows": {"w": {"interval": 1, "slice_len": 1, "end_time": "noon"}},
            },
            "windows.w: 'noon' is not an instant",
        ),
        (
            {
                "urls": URLS,
                "windows": {
                    "w": {
                        "interval": 1,
                        "slice_len": 1,
                        "end_time": datetime(2026, 1, 1),  # noqa: DTZ001 -- it is what is wrong
                    }
                },
            },
            "windows.w: 2026-01-01T00:00:00 has no time zone",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_wrong_arguments_are_one_sentence_each(args: dict[str, Any], said: str) -> None:
    given: dict[str, Any] = {"site": 1, "windows": {"w": NOW}, **args}

    with pytest.raises(RunError) as refused:
        SitePrefetch("launch", SitePrefetchArgs(**given))

    assert str(refused.value).startswith("SitePrefetch 'launch' (")
    assert said in str(refused.value)


def test_all_wrong_arguments_are_in_one_error() -> None:
    declare: Any = SitePrefetch

    with pytest.raises(RunError) as refused:
        declare(
            "launch",
            url_file="/nowhere",
            windows={"a": {"slice_len": 1}, "b": {"interval": 1}},
            triggers={"n": 2**60},
            desired_stat="stopped",
        )

    assert str(refused.value).partition(": ")[2] == (
        "desired_stat is not an argument: did you mean desired_state?; site is missing; "
        "triggers.n is a number beyond 2**53, which Pulumi would round: pass it as a string; "
        "url_file /nowhere cannot be read: No such file or directory; "
        "windows.a: interval is missing; windows.b: slice_len is missing"
    )


def test_a_list_in_ascii_keeps_its_text_and_its_digest() -> None:
    urls = [
        "https://www.example.com/a%20b.jpg?x=[1]&y=a+b#top",
        "HTTPS://WWW.EXAMPLE.COM:443/A/../*",
        "http://xn--fsqu00a.xn--fiqs8s/,",
        "http://xn--fsqu00a.xn--fiqs8s/,",
    ]

    source = one_list(urls=urls)

    assert source.for_esa()["url_list"] == "\n".join(urls)
    assert source.for_triggers() == (
        "sha256:1e1c321f7f139ca19646dd315f43f78d74caab766e1443f6f95444569bee0424"
    )
    assert "percent-encoded" not in str(source.note)


def test_a_list_that_is_encoded_is_the_list_that_is_written_encoded(
    tmp_path: Path,
) -> None:
    path = tmp_path / "urls.txt"
    path.write_text(
        f"{URLS[0]}\n\nhttps://例子.中国/图?sign=für\n{URLS[0]}é\n", "utf-8"
    )
    encoded = "https://xn--fsqu00a.xn--fiqs8s/%E5%9B%BE?sign=f%C3%BCr"

    urls = one_list(url_file=path)
    written = one_list(urls=[URLS[0], encoded, f"{URLS[0]}%C3%A9"])

    assert urls.for_esa() == written.for_esa()
    assert urls.for_triggers() == written.for_triggers()
    assert "percent-encoded" not in str(written.note)
    assert str(urls.note).partition("; ")[0] == (
        f"url_file {path}: 2 URLs are percent-encoded, because ESA takes ASCII only: the first is "
        "line 3, which is sent as https://xn--fsqu00a.xn--fiqs8s/%E5%9B%BE"
    )


def test_a_purge_needs_urls_that_the_program_knows() -> None:
    async def wrong() -> list[str]:
        source = one_list(urls=[URLS[0], Output.from_input(URLS[1])])
        return list(wrong_purge("before", source, {}, datetime.now(UTC)))

    assert asyncio.run(wrong()) == [
        'purge="before" needs URLs that the program knows, and urls holds an output, such as a secret'
    ]


def test_the_note_about_an_output_shows_no_url() -> None:
    async def note() -> Any:
        source = one_list(urls=[URLS[0], Output.secret(f"{URLS[1]}/für")])
        return await Output.from_input(source.note).future()

    assert asyncio.run(note()) == (
        "urls: 1 URL is percent-encoded, because ESA takes ASCII only: the first is line 2, "
        "which is sent encoded; 2 URLs have an extension that ESA does not cache by default: unless "
        "the site has a cache rule for such files, the edge answers DYNAMIC, and a prefetch loads the "
        "origin for nothing"
    )


@pytest.mark.parametrize(
    ("url", "note"),
    [
        ("https://www.example.com/a.jpg", ""),
        (
            "https://www.example.com/list.html?sign=secret",
            (
                "1 URL has an extension that ESA does not cache by default (.html): unless the site has "
                "a cache rule for such files, the edge answers DYNAMIC, and a prefetch loads the origin for nothing"
            ),
        ),
    ],
)
def test_files_that_esa_does_not_cache_by_default_are_named_before_a_prefetch(
    url: str, note: str
) -> None:
    assert one_list(urls=[url]).note == note


def test_an_oss_url_is_encoded_too() -> None:
    source = one_list(oss_url="https://b.oss-cn-hangzhou.aliyuncs.com/列表.txt")

    assert source.for_esa()["oss_url"] == (
        "https://b.oss-cn-hangzhou.aliyuncs.com/%E5%88%97%E8%A1%A8.txt"
    )
    assert source.note == "oss_url is percent-encoded, because ESA takes ASCII only"


def test_an_error_about_urls_shows_none_of_them() -> None:
    with pytest.raises(RunError) as refused:
        one_list(urls=["https ://www.example.com/a?Signature=secret"])

    assert "secret" not in str(refused.value)


def test_a_file_that_is_not_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "urls.gz"
    path.write_bytes(b"\x1f\x8b\xff\xfe")

    with pytest.raises(RunError, match=r"urls\.gz must be text in UTF-8"):
        one_list(url_file=path)


def test_a_file_without_end_is_refused() -> None:
    with pytest.raises(RunError, match="/dev/zero is larger than 64 MiB: put the list"):
        one_list(url_file="/dev/zero")


def test_without_pulumi_alicloud_one_sentence_names_the_extra() -> None:
    program = """
import sys
sys.modules["pulumi_alicloud"] = None
from pulumi import RunError
from pulumi_esa_prefetch import SitePrefetch, SitePrefetchArgs
try:
    SitePrefetch("launch", SitePrefetchArgs(site="1", urls=["https://x/"], windows={}))
except RunError as error:
    print(error)
"""

    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )

    assert done.stdout == (
        "SitePrefetch needs pulumi_alicloud: pip install 'pulumi-esa-prefetch[alicloud]'\n"
    )
