"""What needs a real socket: broken connections, slow answers, and misbehaving clients."""

import contextlib
import socket
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest

from pulumi_esa_emulator.http.app import Emulator
from pulumi_esa_emulator.messages.request import MAX_BODY_BYTES
from pulumi_esa_emulator.messages.stalls import MAX_STALLED_REQUESTS
from tests.emulator.conftest import ServerFactory
from tests.emulator.seeds import JOB, SITE, open_plan, plan_id, seed
from tests.emulator.signed_client import Document, SignedClient

START = "StartScheduledPreloadExecution"
CLOCK_SET_TO_BYTES = (
    b"POST /_emulator/clock HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n"
    b"Content-Type: application/json\r\nConnection: close\r\n\r\n\xff\xfe"
)


@pytest.fixture
def faulty(serve_emulator: ServerFactory) -> Iterator["FaultyServer"]:
    url, emulator = serve_emulator(seed(open_plan(status="stopped")))
    with httpx.HTTPTransport() as transport:
        yield FaultyServer(SignedClient(transport, url=url), emulator)


class FaultyServer:
    """An emulator on a socket whose faults are set by the test."""

    def __init__(self, esa: SignedClient, emulator: Emulator) -> None:
        self.esa, self.emulator = esa, emulator
        url = httpx.URL(esa.http.base_url)
        self.address = (url.host, int(url.port or 0))

    def set(self, *faults: Document) -> None:
        document = {"faults": list(faults)}
        self.esa.http.post("/_emulator/faults", json=document).raise_for_status()

    def start(self) -> httpx.Response:
        return self.esa.ask(START, Id=plan_id())

    def raw(self, sent: bytes) -> bytes:
        """All that is received on a new connection until it ends."""
        with socket.create_connection(self.address, timeout=10) as connection:
            connection.sendall(sent)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def works(self) -> bool:
        listed = self.esa.ask("ListScheduledPreloadExecutions", Id=JOB)
        return listed.status_code == 200


def raw_request(faulty: FaultyServer) -> bytes:
    request = faulty.esa.request(START, {"Id": plan_id()})
    lines = [f"POST {request.url.raw_path.decode()} HTTP/1.1"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.mark.parametrize(("when", "effect"), [("before", False), ("after", True)])
def test_a_reset_is_a_tcp_reset(faulty: FaultyServer, when: str, effect: bool) -> None:
    faulty.set({"kind": "reset", "when": when})

    with pytest.raises(ConnectionResetError):
        faulty.raw(raw_request(faulty))

    [entry] = faulty.emulator.history
    assert (entry.status, entry.effect) == (None, effect)


def test_a_truncated_answer_ends_before_its_length(faulty: FaultyServer) -> None:
    faulty.set({"kind": "truncated", "keep": 0.3})

    answer = faulty.raw(raw_request(faulty))
    head, _, body = answer.partition(b"\r\n\r\n")

    [length] = [
        int(line.split(b":")[1])
        for line in head.splitlines()
        if line.lower().startswith(b"content-length")
    ]
    assert len(body) == int(length * 0.3)


def test_an_answer_may_be_cut_before_its_first_byte(faulty: FaultyServer) -> None:
    faulty.set({"kind": "truncated", "keep": 0})

    with pytest.raises(httpx.RemoteProtocolError):
        faulty.start()


def test_a_stall_is_longer_than_the_timeout_of_the_client(faulty: FaultyServer) -> None:
    faulty.set({"kind": "stall", "seconds": 30})
    faulty.esa.http.timeout = httpx.Timeout(0.2)

    with pytest.raises(httpx.ReadTimeout):
        faulty.start()

    # On a slow machine the request can arrive after the client has given up.
    assert comes_true(lambda: bool(faulty.emulator.history))
    assert faulty.emulator.history[-1].effect


def comes_true(condition: Callable[[], bool]) -> bool:
    until = time.monotonic() + 20
    while not condition() and time.monotonic() < until:
        time.sleep(0.01)
    return condition()


@pytest.mark.parametrize("when", ["before", "after"])
@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("POST", "/faults", {"faults": [{"kind": "shuffled"}]}),
        ("DELETE", "/faults", None),
        ("DELETE", "/faults/stall", None),
        ("POST", "/faults/stall", {"enabled": False}),
        ("POST", "/reset", None),
    ],
)
def test_a_stall_ends_when_its_fault_is_removed(
    faulty: FaultyServer, when: str, method: str, path: str, body: Document | None
) -> None:
    faulty.set({"kind": "stall", "seconds": 3600, "when": when})
    box = faulty.emulator.faults

    with ThreadPoolExecutor() as pool:
        answer = pool.submit(faulty.start)
        assert comes_true(lambda: box.counts()["stall"]["hits"] == 1)
        faulty.esa.http.request(method, f"/_emulator{path}", json=body)

        assert answer.result(timeout=20).json()["Status"] == "running"


@pytest.mark.parametrize("kind", ["stall", "slow-bytes"])
def test_with_any_number_of_stalls_requests_are_answered_and_faults_can_be_removed(
    faulty: FaultyServer, kind: str
) -> None:
    numbers = {"stall": {"seconds": 3600, "when": "before"}}.get(kind, {"pause": 3600})
    faulty.set({"kind": kind, **numbers})
    box, calls = faulty.emulator.faults, MAX_STALLED_REQUESTS + 40

    with contextlib.ExitStack() as clients:
        for _ in range(calls):
            client = socket.create_connection(faulty.address, timeout=10)
            clients.enter_context(client).sendall(raw_request(faulty))
        assert comes_true(lambda: box.counts()[kind]["hits"] == calls)
    faulty.esa.http.timeout = httpx.Timeout(5)

    assert faulty.esa.http.get("/_emulator/state").status_code == 200
    faulty.set()
    assert comes_true(lambda: len(faulty.emulator.history) == calls)
    assert faulty.works()


def test_slow_bytes_come_one_by_one(faulty: FaultyServer) -> None:
    faulty.set({"kind": "slow-bytes", "chunk": 50, "pause": 0.02})
    request = faulty.esa.request(START, {"Id": plan_id()})

    begun = time.monotonic()
    with faulty.esa.http.stream(
        request.method, request.url, headers=request.headers
    ) as answer:
        pieces = [piece for piece in answer.iter_raw() if piece]

    assert len(pieces) > 2
    assert time.monotonic() - begun > 0.05


def test_several_faults_work_together(faulty: FaultyServer) -> None:
    faulty.set(
        {"kind": "stall", "seconds": 0.01},
        {"kind": "slow-bytes", "chunk": 100, "pause": 0},
        {"kind": "truncated", "keep": 0.5},
    )

    with pytest.raises(httpx.RemoteProtocolError):
        faulty.start()

    assert faulty.emulator.history[-1].faults == ("stall", "slow-bytes", "truncated")


def test_a_huge_body_is_refused_before_it_is_sent(faulty: FaultyServer) -> None:
    head = (
        f"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: {MAX_BODY_BYTES * 100}\r\n\r\n"
    )

    answer = faulty.raw(head.encode())

    assert answer.startswith(b"HTTP/1.1 413")
    assert faulty.works()


def test_an_endless_body_is_cut_off(faulty: FaultyServer) -> None:
    head = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
    megabyte = b"100000\r\n" + b"x" * 0x100000 + b"\r\n"
    sent = 0

    with socket.create_connection(faulty.address, timeout=10) as connection:
        connection.sendall(head)
        with contextlib.suppress(ConnectionError):
            while sent < 100:
                connection.sendall(megabyte)
                sent += 1

    assert sent < 100
    assert faulty.works()


@pytest.mark.parametrize(
    "sent",
    [
        b"\x00\xff\xfe" * 100 + b"\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n",
        b"POST / HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"GET /?Id=%ff%fe&Action=%00 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
        b"GET /?\xff\xfe HTTP/1.1\r\nHost: \xff\r\nConnection: close\r\n\r\n",
        b"GET /_emulator/%ff HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n",
        CLOCK_SET_TO_BYTES,
        b"DELETE / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n",
    ],
)
def test_a_malformed_request_is_refused_and_does_no_harm(
    faulty: FaultyServer, sent: bytes
) -> None:
    answer = faulty.raw(sent)

    assert answer.startswith((b"HTTP/1.1 4", b"HTTP/1.1 5", b"HTTP/1.0 4"))
    assert b"Traceback" not in answer
    assert faulty.works()


def test_an_endless_header_is_cut_off(faulty: FaultyServer) -> None:
    # The rest of the header causes a reset, and the answer can be lost in it.
    with contextlib.suppress(ConnectionError):
        answer = faulty.raw(b"GET /" + b"a" * 1_000_000)
        assert answer.startswith((b"HTTP/1.1 431", b"HTTP/1.0 431"))

    assert faulty.works()


def test_a_thousand_idle_connections_do_not_block_others(faulty: FaultyServer) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(1000):
            connection = socket.create_connection(faulty.address, timeout=10)
            stack.enter_context(connection).sendall(b"POST / HTTP/1.1\r\nHo")

        assert faulty.works()


def test_a_disconnected_client_does_no_harm(faulty: FaultyServer) -> None:
    for _ in range(50):
        with socket.create_connection(faulty.address) as connection:
            connection.sendall(raw_request(faulty))

    assert faulty.works()
    assert sum(entry.effect for entry in faulty.emulator.history) <= 1


def test_requests_in_a_row_on_one_connection_are_answered_in_order(
    faulty: FaultyServer,
) -> None:
    last = raw_request(faulty).replace(b"keep-alive", b"close")

    answer = faulty.raw(raw_request(faulty) + raw_request(faulty) + last)

    assert answer.count(b"HTTP/1.1 200 OK") == 3
    assert [one.effect for one in faulty.emulator.history] == [True, False, False]


def test_a_big_list_is_sent_whole(serve_emulator: ServerFactory) -> None:
    url, _ = serve_emulator(seed(*(open_plan(n, "stopped") for n in range(3000))))
    with httpx.HTTPTransport() as transport:
        esa = SignedClient(transport, url=url)

        listed = esa.body("ListScheduledPreloadExecutions", Id=JOB)
        job = esa.body(
            "CreateScheduledPreloadJob",
            InsertWay="textBox",
            Name="big",
            SiteId=SITE,
            UrlList="\n".join(f"http://a.example/{n}" for n in range(10_000)),
        )

    assert listed["TotalCount"] == 3000
    assert job["UrlCount"] == 10_000
