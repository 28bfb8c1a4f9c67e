"""Sitemaps over HTTP from a real server, and from files: what is fetched, and each refusal in one sentence."""

import gzip
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from pulumi import RunError

from pulumi_esa_prefetch.resources import sitemap, sitemap_documents
from pulumi_esa_prefetch.resources.sitemap import SitemapLimits, sitemap_urls
from pulumi_esa_prefetch.resources.url_source import UrlSource

A, B, C = (f"https://www.example.com/{name}" for name in "abc")


def urlset(*urls: str) -> bytes:
    return b"<urlset>%s</urlset>" % b"".join(
        b"<url><loc>%s</loc></url>" % url.encode() for url in urls
    )


def index(*urls: str) -> bytes:
    return b"<sitemapindex>%s</sitemapindex>" % b"".join(
        b"<sitemap><loc>%s</loc></sitemap>" % url.encode() for url in urls
    )


class Site:
    """A web server of this machine: `pages` by path, bytes or (status, headers, bytes); `asked`: what was asked."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.pages: dict[str, Any] = {}
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.release = threading.Event()


@contextmanager
def serving() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            headers = {name.lower(): value for name, value in self.headers.items()}
            served.asked.append((self.path, headers))
            page = served.pages.get(self.path, (404, {}, b"no such page"))
            if page is None:
                served.release.wait(30)
                return
            status, sent, body = page if isinstance(page, tuple) else (200, {}, page)
            self.send_response(status)
            for name, value in {"Content-Length": str(len(body)), **sent}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    served = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    try:
        yield served
    finally:
        served.release.set()
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture
def site() -> Iterator[Site]:
    with serving() as one:
        yield one


def read(place: str | Path, urls: int = 10_000, **limits: Any) -> list[str]:
    return sitemap_urls(place, SitemapLimits(urls=urls, **limits))


def source(place: str | Path) -> UrlSource:
    return UrlSource.of_one(urls=None, url_file=None, oss_url=None, sitemap=place)


def test_an_index_is_followed_one_level_through_gzip_and_redirects(
    site: Site, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    site.pages = {
        "/sitemap.xml?token=secret": (
            301,
            {"Location": "/index.xml", "Set-Cookie": "a=b"},
            b"",
        ),
        "/index.xml": index(*(f"{site.url}/{n}.xml" for n in (2, 1, 2))),
        "/1.xml": urlset(A, B),
        "/2.xml": (200, {"Content-Encoding": "gzip"}, gzip.compress(urlset(C, A))),
    }

    assert read(f"{site.url}/sitemap.xml?token=secret") == [C, A, B]
    assert "secret" not in caplog.text

    assert [path for path, _ in site.asked] == [
        "/sitemap.xml?token=secret",
        "/index.xml",
        "/2.xml",
        "/1.xml",
    ]
    (headers, *_) = [headers for _, headers in site.asked]
    assert headers["user-agent"] == "pulumi-esa-prefetch"
    assert headers["accept-encoding"] == "identity"
    assert all(not sent.keys() & {"authorization", "cookie"} for _, sent in site.asked)


def test_a_file_is_a_sitemap_too_and_may_list_urls(site: Site, tmp_path: Path) -> None:
    site.pages = {"/1.xml": urlset(A)}
    path = tmp_path / "sitemap.xml"

    path.write_bytes(index(f"{site.url}/1.xml"))
    assert read(path) == read(str(path)) == [A]
    path.write_text(f"{B}\n")
    assert read(path) == [B]


def test_another_order_or_a_url_twice_is_the_same_list(tmp_path: Path) -> None:
    one, other = tmp_path / "one.xml", tmp_path / "other.xml"
    one.write_bytes(urlset(A, B, "https://例子.中国/"))
    other.write_bytes(urlset("https://xn--fsqu00a.xn--fiqs8s/", B, A, B))

    lists = [source(path) for path in (one, other)]

    assert lists[0].for_esa() == lists[1].for_esa()
    assert lists[0].for_triggers() == lists[1].for_triggers()
    assert lists[0].for_esa()["url_list"] == (
        "https://www.example.com/a\nhttps://www.example.com/b\nhttps://xn--fsqu00a.xn--fiqs8s/"
    )
    assert str(lists[0].note).startswith(
        "sitemap: 1 URL is percent-encoded, because ESA takes ASCII only: the first is URL 3, which is sent as "
        "https://xn--fsqu00a.xn--fiqs8s/; 3 URLs have an extension that ESA does not cache by default"
    )


PAGES: dict[str, Any] = {
    "/feed": b"<feed/>",
    "/bad": urlset(A, "https://www.example.com/a b"),
    "/none": urlset(),
    "/loop": (302, {"Location": "/loop"}, b""),
    "/file": (302, {"Location": "file:///etc/passwd"}, b""),
    "/host": (302, {"Location": "http://[x"}, b""),
    "/br": (200, {"Content-Encoding": "br"}, b"x"),
    "/many": urlset(*(f"{A}/{n}" for n in range(10_001))),
    "/cut": (200, {"Content-Length": "100"}, b"<urlset>"),
}


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("{site}/gone?key=secret", "sitemap {site}/gone answers with HTTP 404"),
        (
            "{site}/feed",
            "sitemap {site}/feed is XML, and its root is neither urlset nor sitemapindex",
        ),
        ("{site}/bad", "sitemap: URL 2 holds a space (write %20)"),
        ("{site}/none", "sitemap holds no URL"),
        ("{site}/loop", "sitemap {site}/loop redirects more than 5 times"),
        (
            "{site}/file",
            "sitemap {site}/file redirects to a URL that is no http or https URL",
        ),
        (
            "{site}/host",
            "sitemap {site}/host redirects to a URL that has a host that cannot be read",
        ),
        (
            "{site}/br",
            "sitemap {site}/br is compressed in a way that was not asked for",
        ),
        (
            "{site}/many",
            (
                "sitemap holds at least 10001 URLs, more than the 10000 that Alibaba Cloud documents for one "
                "job: divide it between several SitePrefetch, or put it into OSS and give oss_url"
            ),
        ),
        (
            "{site}/cut",
            (
                "sitemap {site}/cut: the connection to {site} broke before the answer was complete (the answer is "
                "not HTTP, or ended too early)"
            ),
        ),
        (
            "http://127.0.0.1:1/sitemap.xml",
            (
                "sitemap http://127.0.0.1:1/sitemap.xml: no connection to http://127.0.0.1:1 (Connection refused); "
                "check the endpoint, the network and the proxy variables"
            ),
        ),
        (
            "http://user:secret@127.0.0.1:1/sitemap.xml",
            "sitemap http://127.0.0.1:1/sitemap.xml holds a user name or password",
        ),
        ("ftp://x/y", "sitemap ftp://x/y is no http or https URL"),
        ("/nowhere.xml", "sitemap /nowhere.xml cannot be read: No such file or directory"),
        ("/dev/zero", "sitemap /dev/zero is larger than 50 MiB, the most for a sitemap"),
        ("", "sitemap must be a URL, or a path on this machine"),
        (5, "sitemap must be a URL, or a path on this machine"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)  # fmt: skip
def test_what_cannot_be_read_is_one_sentence(site: Site, place: Any, said: str) -> None:
    site.pages = PAGES

    with pytest.raises(RunError) as refused:
        source(place.format(site=site.url) if isinstance(place, str) else place)

    assert str(refused.value) == said.format(site=site.url)


@pytest.mark.parametrize(
    ("listed", "said"),
    [
        (["{site}/gone"], "lists {site}/gone, which answers with HTTP 404"),
        (
            ["{site}/index"],
            "lists {site}/index, which is an index too: an index may list sitemaps only",
        ),
        (["/etc/passwd"], "lists /etc/passwd, which is no http or https URL"),
        (
            ["file:///etc/passwd"],
            "lists file:///etc/passwd, which is no http or https URL",
        ),
        (
            ["{site}/1", "{site}/2", "{site}/3", "{site}/4"],
            "lists 4 sitemaps, more than 3: give one of them to each of several SitePrefetch",
        ),
        (["{site}/1", "{site}/2"], ": all that it lists is larger than 0 MiB"),
    ],
)
def test_what_an_index_may_not_list_is_one_sentence(
    site: Site, listed: list[str], said: str
) -> None:
    places = [one.format(site=site.url) for one in listed]
    site.pages = {"/index": index(*places), "/1": urlset(A), "/2": urlset(B)}

    with pytest.raises(RunError) as refused:
        read(f"{site.url}/index", listed=3, size=100)

    shown = f"sitemap {site.url}/index {said.format(site=site.url)}"
    assert str(refused.value) == shown.replace(" :", ":")


def test_nothing_more_is_read_once_there_are_too_many_urls(site: Site) -> None:
    site.pages = {
        "/index": index(f"{site.url}/1", f"{site.url}/2"),
        "/1": urlset(A, B),
    }

    assert read(f"{site.url}/index", urls=1) == [A, B]


def test_a_server_that_does_not_answer_is_given_up(site: Site) -> None:
    site.pages = {"/slow": None}

    with pytest.raises(RunError, match=r"/slow.*in (time|0\.2 seconds)"):
        read(f"{site.url}/slow", seconds=0.2)


def test_an_answer_without_end_is_cut(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sitemap, "LARGEST_DOCUMENT", 100_000)
    monkeypatch.setattr(sitemap_documents, "LARGEST_DOCUMENT", 100_000)
    site.pages = {"/large": b" " * 1_000_000}

    with pytest.raises(RunError, match="/large is larger than"):
        read(f"{site.url}/large")


@pytest.mark.parametrize(
    ("old", "new", "passes"),
    [
        ("http://a/1", "https://b/2", True),
        ("https://a/1", "https://b/2", True),
        ("https://a/1", "http://a/1", False),
    ],
)
def test_a_redirect_never_leaves_https(old: str, new: str, passes: bool) -> None:
    assert sitemap.may_redirect(old, new) is passes
