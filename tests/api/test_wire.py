"""The client on real sockets: what a stub transport cannot show."""

import contextlib
import gzip
import queue
import random
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.connection import open_transport
from pulumi_esa_prefetch.api.credentials import StaticCredentials
from pulumi_esa_prefetch.api.errors import ApiError, NoAnswer, Unreachable, Untrusted
from pulumi_esa_prefetch.clock import ManualClock
from tests.api.answering import JOB_ID, KEYS, NOON, PLAN_ID
from tests.api.sockets import (
    Handler,
    answering,
    request_of,
    resetting,
    serving,
    trickling,
)
from tests.support.tls_server import over_tls, self_signed


def silent(_: socket.socket) -> None:
    threading.Event().wait(1.5)


NO_PLANS = answering(b'{"Executions": [], "TotalCount": 0}')


@contextlib.contextmanager
def client_at(
    address: str,
    *,
    deadline: float = 30.0,
    scheme: str = "http",
    real_time: bool = False,
    transport: httpx.BaseTransport | None = None,
) -> Iterator[EsaClient]:
    clock = None if real_time else ManualClock(NOON)
    with EsaClient(
        f"{scheme}://{address}",
        StaticCredentials(KEYS),
        clock=clock,
        rng=random.Random(1),
        deadline=deadline,
        transport=transport,
    ) as client:
        yield client


@pytest.mark.parametrize(
    "fault",
    [
        resetting,
        request_of,  # closes without an answer
        answering(b'{"Executions": [', length=500),
        answering(b'{"Executions": [', headers=b"Transfer-Encoding: chunked\r\n"),
        answering(b"no gzip", headers=b"Content-Encoding: gzip\r\n"),
        lambda connection: connection.sendall(b"SSH-2.0-OpenSSH_9.6\r\n"),
        lambda connection: connection.close(),
    ],
    ids=["reset", "closed", "short", "chunks", "gzip", "other protocol", "hung up"],
)
def test_a_read_is_retried_after_a_broken_connection(fault: Handler) -> None:
    with serving(fault, NO_PLANS) as address, client_at(address) as client:
        assert client.list_scheduled_preload_executions(job_id=JOB_ID) == []


@pytest.mark.parametrize("fault", [resetting, answering(b"{", length=500)])
def test_a_start_on_a_connection_that_breaks_is_ambiguous(fault: Handler) -> None:
    with serving(fault) as address, client_at(address) as client:
        with pytest.raises(
            NoAnswer, match="ESA may have carried the call out"
        ) as caught:
            client.start_scheduled_preload_execution(plan_id=PLAN_ID)

        assert caught.value.ambiguous


@pytest.mark.parametrize(
    "endless",
    [
        trickling(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", b" "),
        trickling(b"HTTP/1.1 200 OK\r\nX-A: ", b"a"),
        trickling(
            b"HTTP/1.1 102 Processing\r\n\r\n", b"HTTP/1.1 102 Processing\r\n\r\n"
        ),
        silent,
    ],
    ids=["body", "headers", "interim answers", "silence"],
)
def test_an_endless_answer_ends_at_the_deadline(endless: Handler) -> None:
    with (
        serving(endless) as address,
        client_at(address, deadline=0.5, real_time=True) as client,
    ):
        began = time.monotonic()

        with pytest.raises(NoAnswer) as caught:
            client.start_scheduled_preload_execution(plan_id=PLAN_ID)

        assert 0.3 < time.monotonic() - began < 1.4
        assert caught.value.ambiguous


class SlowNames(httpx.HTTPTransport):
    """Connections that wait for a name server."""

    def __init__(self) -> None:
        super().__init__()
        self.answered = threading.Event()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        assert self.answered.wait(30)
        return super().handle_request(request)


def test_an_abandoned_call_that_waited_for_a_connection_is_never_sent() -> None:
    names = SlowNames()
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    with (
        serving(lambda connection: requests.put(request_of(connection))) as address,
        client_at(address, deadline=0.2, real_time=True, transport=names) as client,
    ):
        with pytest.raises(NoAnswer):
            client.start_scheduled_preload_execution(plan_id=PLAN_ID)
        names.answered.set()

        assert requests.get(timeout=30) == b""


def test_an_endless_answer_is_refused_at_the_size_limit() -> None:
    with (
        serving(answering(b" " * (33 << 20))) as address,
        client_at(address) as client,
        pytest.raises(NoAnswer, match="larger than 32 MiB") as caught,
    ):
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert caught.value.ambiguous


def bomb(coding: bytes) -> bytes:
    body = b" " * (64 << 20)
    for _ in range(coding.count(b"gzip")):
        body = gzip.compress(body)
    return body


@pytest.mark.parametrize("coding", [b"gzip", b"gzip, gzip", b"GZIP, x-gzip"])
def test_a_decompression_bomb_is_refused(coding: bytes) -> None:
    fault = answering(
        bomb(coding.lower()), headers=b"Content-Encoding: " + coding + b"\r\n"
    )

    with (
        serving(fault) as address,
        client_at(address) as client,
        pytest.raises(NoAnswer, match="larger than 4 MiB once unpacked") as caught,
    ):
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert caught.value.ambiguous


def test_no_request_asks_for_compression_but_a_compressed_answer_is_read() -> None:
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    body = gzip.compress(b'{"Executions": [], "TotalCount": 0}')

    def handle(connection: socket.socket) -> None:
        requests.put(request_of(connection))
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: GZip\r\nContent-Type: application/json"
        connection.sendall(head + b"\r\nContent-Length: %d\r\n\r\n" % len(body) + body)

    with serving(handle) as address, client_at(address) as client:
        assert client.list_scheduled_preload_executions(job_id=JOB_ID) == []

    assert b"accept-encoding: identity\r\n" in requests.get(timeout=30).lower()


def test_an_unknown_compression_is_refused_and_the_error_is_ambiguous() -> None:
    fault = answering(b"{}", headers=b"Content-Encoding: br\r\n")

    with (
        serving(fault) as address,
        client_at(address) as client,
        pytest.raises(NoAnswer) as caught,
    ):
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert str(caught.value) == (
        "StartScheduledPreloadExecution: the answer is compressed in a way that was not "
        "asked for, so it is not ESA's; ESA may have carried the call out"
    )


def test_no_redirect_is_followed() -> None:
    def elsewhere(address: str) -> Handler:
        head = f"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://{address}/\r\n"

        def handle(connection: socket.socket) -> None:
            request_of(connection)
            connection.sendall(head.encode() + b"Content-Length: 0\r\n\r\n")

        return handle

    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    with (
        serving(lambda connection: requests.put(request_of(connection))) as other,
        serving(elsewhere(other)) as address,
        client_at(address) as client,
        pytest.raises(ApiError, match="HTTP 307"),
    ):
        client.limited(attempts=1).start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert requests.empty()


def test_an_endpoint_without_a_server_is_named_in_the_error() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = f"127.0.0.1:{listener.getsockname()[1]}"

    with client_at(address) as client, pytest.raises(Unreachable) as caught:
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert f"no connection to http://{address} (Connection refused)" in str(
        caught.value
    )


def test_a_missing_tls_answer_is_explained() -> None:
    def handle(connection: socket.socket) -> None:
        connection.recv(5)

    with (
        serving(handle) as address,
        client_at(address, scheme="https") as client,
        pytest.raises(NoAnswer, match="no connection to https://") as caught,
    ):
        client.limited(attempts=1).start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert "_ssl" not in str(caught.value)
    assert "or write http:// before it if it speaks no TLS" in str(caught.value)
    assert not caught.value.ambiguous


def test_a_host_name_without_an_address_is_explained() -> None:
    with client_at("esa.invalid") as client, pytest.raises(Unreachable) as caught:
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert "no connection to http://esa.invalid (" in str(caught.value)


def test_tls_to_a_port_without_tls_says_to_write_http() -> None:
    plain = b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n"

    def handle(connection: socket.socket) -> None:
        connection.recv(5)
        connection.sendall(plain)

    with (
        serving(handle) as address,
        client_at(address, scheme="https") as client,
        pytest.raises(Untrusted, match="write the endpoint with http://"),
    ):
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    return self_signed(tmp_path / "both.pem")


def test_an_untrusted_certificate_is_refused_and_explained(
    certificate: Path,
) -> None:
    with serving(over_tls(certificate, NO_PLANS)) as address:
        near = address.replace("127.0.0.1", "localhost")
        with (
            client_at(near, scheme="https") as client,
            pytest.raises(Untrusted) as caught,
        ):
            client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert f"the certificate of https://{near} is not trusted" in str(caught.value)
    assert not caught.value.ambiguous


def test_connections_for_plain_http_trust_no_server_over_tls(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with (
        serving(over_tls(certificate, NO_PLANS)) as address,
        open_transport("http://localhost") as connections,
    ):
        near = address.replace("127.0.0.1", "localhost")
        request = httpx.Request("GET", f"https://{near}/")
        with pytest.raises(httpx.ConnectError, match="CERTIFICATE_VERIFY_FAILED"):
            connections.handle_request(request)


def test_a_private_certificate_authority_is_trusted_by_ssl_cert_file(
    certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))

    with serving(over_tls(certificate, NO_PLANS)) as address:
        near = address.replace("127.0.0.1", "localhost")
        with client_at(near, scheme="https") as client:
            assert client.list_scheduled_preload_executions(job_id=JOB_ID) == []
