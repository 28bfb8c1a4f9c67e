"""The edge on a socket: http and https on one port, ESA's headers, and an end without leftovers."""

import socket
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx
import pytest

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import ListenError, running
from tests.support.local_edge import LocalEdge, local_edge, seed_of_urls
from tests.support.local_esa import plan

URL = "https://www.example.com/a.jpg"
PLAIN = URL.replace("https", "http")
FAR = {"Host": "other.example"}


@pytest.fixture(scope="module")
def served() -> Iterator[LocalEdge]:
    with local_edge(seed_of_urls([URL, PLAIN], plan(1, "running"))) as one:
        yield one


@pytest.fixture
def edge(served: LocalEdge) -> LocalEdge:
    """An edge to which the plan has submitted the first URL, and that nobody has asked."""
    served.post("reset", None)
    return served


def test_the_first_byte_of_a_url_says_whether_it_was_warm(edge: LocalEdge) -> None:
    byte = edge.ask(URL, Range="bytes=0-0")

    assert (byte.status_code, len(byte.content)) == (206, 1)
    assert byte.headers["Content-Range"].startswith("bytes 0-0/")
    assert byte.headers["X-Site-Cache-Status"] == "HIT"
    assert byte.headers["Server"] == "ESA"
    assert byte.headers["Via"].startswith("ens-cache")
    assert byte.headers["Age"] == "0"


def test_http_and_https_are_answered_on_the_same_port(edge: LocalEdge) -> None:
    assert [edge.cached(URL), edge.cached(PLAIN), edge.cached(PLAIN)] == [
        "HIT",
        "MISS",
        "HIT",
    ]
    assert edge.counts() == {URL: 1, PLAIN: 2}


@pytest.mark.parametrize(
    ("method", "ranges", "status", "length"),
    [
        ("GET", "", 200, None),
        ("GET", "bytes=2-5", 206, 4),
        ("GET", "bytes=-3", 206, 3),
        ("GET", "bytes=9000-", 416, 0),
        ("GET", "bytes=0-0,4-5", 200, None),
        ("GET", "nonsense", 200, None),
        ("HEAD", "", 200, 0),
        ("POST", "", 501, None),
    ],
)
def test_ranges_and_methods_have_the_status_of_http(
    edge: LocalEdge, method: str, ranges: str, status: int, length: int | None
) -> None:
    answer = edge.ask(PLAIN, method, **({"Range": ranges} if ranges else {}))

    assert answer.status_code == status
    assert length is None or len(answer.content) == length


def test_head_leaves_the_edge_cold_and_answers_as_get_would(edge: LocalEdge) -> None:
    asked = [edge.cached(PLAIN, method) for method in ("HEAD", "GET", "HEAD")]

    assert asked == ["MISS", "MISS", "HIT"]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_host_of_no_job_gets_a_sentence(edge: LocalEdge, scheme: str) -> None:
    answer = edge.ask(f"{scheme}://other.example/a.jpg")

    assert answer.status_code == 404
    assert answer.text == (
        "No job of this ESA has a URL of the host 'other.example'; "
        "known hosts: www.example.com.\n"
    )
    assert edge.counts() == {}


@pytest.mark.parametrize("host", ["", "[", "a/b", "a:b", "www.example.com:99999"])
def test_a_bad_host_is_refused(edge: LocalEdge, host: str) -> None:
    answer = httpx.get(f"http://127.0.0.1:{edge.port}/a.jpg", headers={"Host": host})

    assert answer.status_code in {400, 404}
    assert answer.text.count("\n") == 1


def test_a_client_trusts_it_by_the_file_of_its_authority(
    edge: LocalEdge, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://localhost:{edge.port}/a.jpg"
    with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
        httpx.get(url, headers={"Host": "www.example.com"})

    monkeypatch.setenv("SSL_CERT_FILE", edge.ca_file)

    answer = httpx.get(url, headers={"Host": "www.example.com"})
    assert answer.headers["X-Site-Cache-Status"] == "HIT"


def test_the_control_api_shows_the_edge_and_changes_it(edge: LocalEdge) -> None:
    edge.cool([URL])
    edge.warm([PLAIN])
    edge.post("edge", {"failure_rate": 0.5, "delay": 3, "seed": 4})

    shown = edge.edge()

    assert [edge.cached(URL), edge.cached(PLAIN)] == ["MISS", "HIT"]
    assert shown["ca"].startswith("-----BEGIN CERTIFICATE-----")
    assert {**shown, "port": 0, "ca": ""} == {
        "port": 0,
        "hosts": ["www.example.com"],
        "failure_rate": 0.5,
        "delay": 3.0,
        "seed": 4,
        "counts": {},
        "ca": "",
    }
    edge.post("reset", None)
    assert edge.counts() == {}
    assert [edge.cached(URL), edge.cached(PLAIN)] == ["HIT", "MISS"]


def test_what_is_no_http_is_a_closed_connection(edge: LocalEdge) -> None:
    for first in (b"\x16garbage that is no handshake", b""):
        # A reset may arrive before any of these calls; each then has another error.
        with (
            suppress(OSError),
            socket.create_connection(("127.0.0.1", edge.port), timeout=10) as one,
        ):
            one.sendall(first)
            one.shutdown(socket.SHUT_WR)
            while one.recv(1000):
                pass

    assert edge.cached(URL) == "HIT"


def test_it_ends_with_its_connections_its_threads_and_its_files() -> None:
    # Not their number: an idle connection of an earlier test may end meanwhile.
    before = set(threading.enumerate())
    with local_edge(seed_of_urls([URL])) as edge:
        ca_file = Path(edge.ca_file)
        # More than the edge serves at once: the others wait, and end too.
        idle = [socket.create_connection(("127.0.0.1", edge.port)) for _ in range(70)]
        assert ca_file.exists()

    assert set(threading.enumerate()) <= before
    assert not ca_file.parent.exists()
    for one in idle:
        one.close()


def test_a_taken_port_is_one_sentence() -> None:
    app = create_app()
    with running(app, edge=0):
        assert app.edge_server is not None
        taken = app.edge_server.port
        with (
            pytest.raises(ListenError, match=r"choose another with --edge, or a free"),
            running(create_app(), edge=taken),
        ):
            pass

    assert app.edge_server is None
