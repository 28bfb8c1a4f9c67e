"""The client of the edge on real sockets: what it sends, what it reads, and that no host makes it raise or wait."""

import queue
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pulumi_esa_prefetch.warmth.edge_answer import EdgeAnswer
from pulumi_esa_prefetch.warmth.edge_client import EdgeClient
from pulumi_esa_prefetch.warmth.resolve import parse_resolve
from tests.api.sockets import Handler, request_of, resetting, serving, trickling
from tests.support.tls_server import over_tls, self_signed


def saying(answer: bytes) -> Handler:
    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(answer)

    return handle


def head(*lines: str, code: int = 206, length: int = 1) -> bytes:
    first = f"HTTP/1.1 {code} X"
    return "\r\n".join([first, f"Content-Length: {length}", *lines, "", ""]).encode()


def asked(
    handler: Handler, *, path: str = "/a.jpg", seconds: float = 10.0
) -> EdgeAnswer:
    with serving(handler) as address:
        client = EdgeClient(seconds=seconds)
        answer = client.ask(f"http://{address}{path}")
        client.close()
    return answer


def test_one_byte_is_asked_for_as_prefetch_asks_and_nothing_else() -> None:
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def handle(connection: socket.socket) -> None:
        requests.put(request_of(connection))
        connection.sendall(head("X-Site-Cache-Status: HIT", "Age: 12") + b"x")

    answer = asked(handle, path="/a%20b[1].jpg?sign=1&x='2'")
    lines = requests.get(timeout=5).decode().split("\r\n")

    assert lines[0] == "GET /a%20b[1].jpg?sign=1&x='2' HTTP/1.1"
    sent = dict(line.lower().split(": ", 1) for line in lines[1:] if line)
    assert (sent["range"], sent["accept-encoding"]) == ("bytes=0-0", "gzip")
    assert set(sent) == {
        *("host", "range", "accept-encoding", "user-agent", "connection")
    }
    assert (answer.status, answer.http_status, answer.age) == ("HIT", 206, 12)
    assert requests.empty()


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (head("X-Site-Cache-Status: hit", "Age: -1") + b"x", ("HIT", None, "")),
        (
            head("Via: ens-cache1.a[1]", "Age: x") + b"x",
            ("NONE", None, "ens-cache1.a[1]"),
        ),
        (head("X-Site-Cache-Status: ", "Age: 0") + b"x", ("NONE", 0, "")),
        (head("X-Site-Cache-Status: \x1b[31mHIT") + b"x", ("?[31MHIT", None, "")),
        (head(f"X-Site-Cache-Status: {'A' * 99}") + b"x", ("A" * 40, None, "")),
    ],
)
def test_headers_are_read_and_cleaned(
    answer: bytes, expected: tuple[str, int | None, str]
) -> None:
    read = asked(saying(answer))

    assert (read.status, read.age, read.via) == expected


def test_a_redirect_is_an_answer_and_is_not_followed() -> None:
    moved = head("Location: /b.jpg", "X-Site-Cache-Status: MISS", code=301, length=0)

    answer = asked(saying(moved))

    assert (answer.status, answer.http_status) == ("MISS", 301)


def test_a_large_body_is_not_read() -> None:
    whole = head("X-Site-Cache-Status: HIT", code=200, length=10**12)

    answer = asked(saying(whole + b"x" * 1000))

    assert answer.is_warm


@pytest.mark.parametrize(
    ("handler", "reason"),
    [
        (resetting, "Connection reset by peer"),
        (request_of, "the answer is not HTTP, or ended too early"),
        (saying(b"SSH-2.0-OpenSSH_9.6\r\n\r\n"), "the answer is not HTTP"),
        (trickling(b"HTTP/1.1 200 OK\r\n", b"X"), "no answer within 0.3 s"),
        (trickling(b"", b""), "no answer within 0.3 s"),
    ],
)
def test_a_host_that_fails_is_an_answer_in_bounded_time(
    handler: Handler, reason: str
) -> None:
    began = time.monotonic()

    answer = asked(handler, seconds=0.3)

    assert (answer.status, answer.http_status) == ("FAILED", None)
    assert answer.error.startswith(reason)
    assert time.monotonic() - began < 5


@pytest.mark.parametrize(
    "url", ["nothing", "ftp://a/b", "https://[", "http://a:99999/"]
)
def test_a_text_that_is_no_url_is_an_answer_too(url: str) -> None:
    assert EdgeClient(seconds=5).ask(url).status == "FAILED"


def test_a_resolved_host_keeps_its_name_in_the_request_and_in_tls(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(self_signed(tmp_path / "both.pem")))
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def handle(connection: socket.socket) -> None:
        requests.put(request_of(connection))
        connection.sendall(head("X-Site-Cache-Status: HIT") + b"x")

    with serving(over_tls(tmp_path / "both.pem", handle)) as address:
        resolve = parse_resolve([f"*:443:{address}"])
        client = EdgeClient(resolve=resolve, seconds=10)
        known = client.ask("https://localhost/a.jpg")
        other = client.ask("https://www.example.com/a.jpg")
        client.close()

    assert (known.status, other.status) == ("HIT", "FAILED")
    assert b"\r\nhost: localhost\r\n" in requests.get(timeout=5).lower()
    assert "Hostname mismatch" in other.error


def test_a_host_that_closes_its_connections_without_a_word_is_answered_for_each_url() -> (
    None
):
    with serving(saying(head("X-Site-Cache-Status: HIT") + b"x")) as address:
        client = EdgeClient(seconds=10)
        answers = [client.ask(f"http://{address}/{n}.jpg") for n in range(50)]
        client.close()

    assert {answer.status for answer in answers} == {"HIT"}


def test_hosts_that_never_end_their_answers_keep_no_other_from_answering() -> None:
    stuck = 101
    hanging = [trickling(b"HTTP/1.1 200 OK\r\n", b"X")] * stuck
    with serving(*hanging, saying(head("X-Site-Cache-Status: HIT") + b"x")) as address:
        client = EdgeClient(seconds=1)
        with ThreadPoolExecutor(stuck) as pool:
            late = list(pool.map(client.ask, [f"http://{address}/a.jpg"] * stuck))
        answer = client.ask(f"http://{address}/b.jpg")
        client.close()

    assert {each.status for each in late} == {"FAILED"}
    assert answer.is_warm


def test_a_host_in_unicode_is_asked_at_the_address_that_was_given() -> None:
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def handle(connection: socket.socket) -> None:
        requests.put(request_of(connection))
        connection.sendall(head("X-Site-Cache-Status: HIT") + b"x")

    with serving(handle) as address:
        resolve = parse_resolve([f"xn--bcher-kva.test:80:{address}"])
        client = EdgeClient(resolve=resolve, seconds=10)
        answer = client.ask("http://xn--bcher-kva.test/a.jpg")
        client.close()

    assert answer.is_warm
    assert b"\r\nhost: xn--bcher-kva.test\r\n" in requests.get(timeout=5).lower()


def test_a_proxy_of_the_environment_is_used_but_not_for_an_address_that_was_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def handle(connection: socket.socket) -> None:
        requests.put(request_of(connection))
        connection.sendall(head("X-Site-Cache-Status: HIT") + b"x")

    with serving(handle) as proxy, serving(handle) as edge:
        monkeypatch.setenv("http_proxy", f"http://{proxy}")
        client = EdgeClient(resolve=parse_resolve([f"near.test:80:{edge}"]), seconds=10)
        answers = [client.ask(f"http://{name}.test/a.jpg") for name in ("far", "near")]
        client.close()

    assert [answer.status for answer in answers] == ["HIT", "HIT"]
    assert requests.get(timeout=5).startswith(b"GET http://far.test/a.jpg HTTP/1.1")
    assert requests.get(timeout=5).startswith(b"GET /a.jpg HTTP/1.1")
