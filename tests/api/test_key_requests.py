"""The requests of Alibaba's credentials library go over our own connections, with their limits."""

import gzip
import json
import logging
import queue
import socket
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from pulumi_esa_prefetch.api import key_requests
from pulumi_esa_prefetch.api.credentials import LibraryCredentials, provider_for
from pulumi_esa_prefetch.api.errors import KeysNotFetched, NoCredentials
from pulumi_esa_prefetch.settings.credential_sources import (
    Credentials,
    CredentialsUri,
    DefaultChain,
    EcsRole,
    Profile,
)
from tests.api.sockets import Handler, answering, request_of, resetting, serving

Requests = queue.SimpleQueue[bytes]


def keys(**changes: object) -> bytes:
    expires = datetime.now(UTC) + timedelta(hours=1)
    return json.dumps(
        {
            "Code": "Success",
            "AccessKeyId": "STS.1",
            "AccessKeySecret": "geheim-1",
            "SecurityToken": "geheim-2",
            "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"),
            **changes,
        }
    ).encode()


KEYS = Credentials("STS.1", "geheim-1", "geheim-2")


def noting(requests: Requests, then: Handler) -> Handler:
    def handle(connection: socket.socket) -> None:
        requests.put(connection.recv(65536, socket.MSG_PEEK))
        then(connection)

    return handle


@pytest.fixture
def proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[Requests]:
    """The requests that reach a proxy, which the environment names for all hosts."""
    requests: Requests = queue.SimpleQueue()
    refusing = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"

    def refuse(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(refusing)

    with serving(noting(requests, refuse)) as address:
        for name in ("NO_PROXY", "no_proxy"):
            monkeypatch.delenv(name, raising=False)
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
            monkeypatch.setenv(name, f"http://{address}")
        yield requests


def refusal(source: LibraryCredentials) -> str:
    with pytest.raises(NoCredentials) as caught:
        source.get(20)
    assert "geheim" not in str(caught.value) + repr(caught.value)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def source(uri: str, *, allow_http: bool = False) -> LibraryCredentials:
    found = provider_for(CredentialsUri(uri), allow_http=allow_http)
    assert isinstance(found, LibraryCredentials)
    return found


def test_a_source_on_this_machine_is_asked_without_a_proxy(proxy: Requests) -> None:
    with serving(answering(keys())) as address:
        port = address.rpartition(":")[2]
        assert source(f"http://{address}/keys").get(20) == KEYS
        assert source(f"http://localhost:{port}/keys").get(20) == KEYS

    assert proxy.empty()


def test_a_source_elsewhere_is_asked_through_the_proxy(proxy: Requests) -> None:
    told = refusal(source("https://keys.example/keys?token=geheim"))

    assert proxy.get(timeout=20).startswith(b"CONNECT keys.example:443 ")
    assert "no answer from https://keys.example: the proxy answers 502" in told


def test_a_source_that_is_not_reached_says_nothing_about_its_keys(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    uri = CredentialsUri("http://127.0.0.1:9/keys")
    nothing = DefaultChain((Profile(None), EcsRole(None)))
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")

    kinds = []
    for each in (uri, DefaultChain((Profile(None), uri)), nothing):
        for _ in range(2):
            with pytest.raises(NoCredentials) as caught:
                provider_for(each).get(20)
            kinds.append(type(caught.value))

    assert kinds == [KeysNotFetched] * 4 + [NoCredentials] * 2


def test_the_metadata_service_is_asked_without_a_proxy(
    proxy: Requests, monkeypatch: pytest.MonkeyPatch
) -> None:
    with serving(answering(keys())) as address:
        genuine = socket.create_connection
        asked = []

        def connect(source: tuple[str, int], *rest: object, **more: object) -> object:
            asked.append(source)
            host, port = address.split(":")
            return genuine((host, int(port)), *rest, **more)  # type: ignore[arg-type]

        monkeypatch.setattr(socket, "create_connection", connect)
        assert provider_for(EcsRole("worker")).get(20) == KEYS

    assert {*asked} == {("100.100.100.200", 80)}
    assert proxy.empty()


def test_the_path_and_the_query_of_a_uri_are_sent_unchanged() -> None:
    requests: Requests = queue.SimpleQueue()
    with serving(noting(requests, answering(keys()))) as address:
        source(f"http://{address}/a/b?token=x%20y&z=1").get(20)

    request = requests.get(timeout=20)
    assert request.startswith(b"GET /a/b?token=x+y&z=1 HTTP/1.1\r\n")
    assert f"\r\nHost: {address}\r\n".encode() in request
    assert b"\r\naccept-encoding: identity\r\n" in request.lower()


def test_a_source_with_an_ipv6_address_is_asked() -> None:
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no IPv6 here")

    def answer() -> None:
        connection, _ = listener.accept()
        with connection:
            answering(keys())(connection)

    thread = threading.Thread(target=answer)
    thread.start()
    with listener:
        port = listener.getsockname()[1]
        assert source(f"http://[::1]:{port}/").get(20) == KEYS
        thread.join(20)


@pytest.mark.parametrize("coding", ["gzip", "gzip, gzip"])
def test_a_decompression_bomb_is_refused(coding: str) -> None:
    body = b" " * (64 << 20)
    for _ in coding.split(","):
        body = gzip.compress(body)
    header = f"Content-Encoding: {coding}\r\n".encode()

    with serving(answering(body, headers=header)) as address:
        told = refusal(source(f"http://{address}/?token=geheim"))

    assert f"the answer of http://{address} is compressed and larger than 4 MiB" in told


def test_an_endless_answer_is_refused() -> None:
    with serving(answering(b"geheim" * (6 << 20))) as address:
        assert "is larger than 32 MiB" in refusal(source(f"http://{address}/"))


def test_no_redirect_is_followed() -> None:
    requests: Requests = queue.SimpleQueue()
    with serving(noting(requests, answering(keys()))) as other:

        def send_on(connection: socket.socket) -> None:
            request_of(connection)
            head = f"HTTP/1.1 307 Gone\r\nLocation: http://{other}/geheim\r\n"
            connection.sendall(head.encode() + b"Content-Length: 0\r\n\r\n")

        with serving(send_on) as address:
            assert "http_code=307" in refusal(source(f"http://{address}/"))

    assert requests.empty()


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (answering(keys(Code="geheim")), "its answer has no keys"),
        (answering(keys(Expiration="geheim")), "cannot be understood: ValueError"),
        (answering(b"geheim"), "cannot be understood: JSONDecodeError"),
        (answering(b'["geheim"]'), "cannot be understood: AttributeError"),
        (answering(keys(SecurityToken=["geheim"])), "the SecurityToken of the cred"),
        (answering(keys(SecurityToken="geheim\u00e4")), "the SecurityToken of the cr"),
        (answering(keys(AccessKeyId="geheim\r\nX-A: b")), "the AccessKeyId of the cr"),
        (answering(keys(AccessKeySecret="ge\x00heim")), "the AccessKeySecret of the "),
        (answering(keys(AccessKeySecret=7)), "the AccessKeySecret of the cr"),
        (resetting, "Connection reset by peer"),
        (lambda connection: connection.sendall(b"geheim\r\n\r\n"), "is not HTTP"),
    ],
)
def test_no_text_of_a_source_s_answer_is_quoted(
    answer: Handler, words: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with serving(answer) as address:
        told = refusal(source(f"http://user:geheim@{address}/geheim?token=geheim"))

    assert words in told
    # httpcore's log at its lowest level holds the lines of a server that does not speak HTTP.
    records = [r for r in caplog.records if not r.name.startswith("httpcore")]
    assert "geheim" not in "".join(record.getMessage() for record in records)


def test_keys_are_trimmed_like_those_of_variables() -> None:
    blank = keys(
        AccessKeyId=" STS.1\n",
        AccessKeySecret="geheim-1\r\n",
        SecurityToken="\tgeheim-2 ",
    )

    with serving(answering(blank)) as address:
        assert source(f"http://{address}/").get(20) == KEYS


def test_keys_over_plain_http_from_another_machine_are_not_asked_for(
    proxy: Requests,
) -> None:
    told = refusal(source("http://keys.example/?token=geheim"))

    assert "http://keys.example is plain http to another machine" in told
    assert "esa-prefetch:allowHttp (or ESA_PREFETCH_ALLOW_HTTP)" in told
    assert proxy.empty()


def test_keys_over_plain_http_are_fetched_if_that_is_allowed(proxy: Requests) -> None:
    assert "http_code=502" in refusal(source("http://keys.example/", allow_http=True))
    assert proxy.get(timeout=20).startswith(b"GET http://keys.example/ ")


def test_keys_are_not_asked_for_over_plain_http_through_a_proxy_elsewhere(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://user:geheim@proxy.invalid:3128")

    told = refusal(source("http://10.255.255.1/?token=geheim"))

    assert "http://10.255.255.1 is plain http, and HTTP_PROXY names a proxy on" in told
    assert "esa-prefetch:allowHttp (or ESA_PREFETCH_ALLOW_HTTP)" in told


def test_a_library_without_the_known_http_client_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(key_requests, "_REPLACED", "SomethingElse")

    assert "install an older one" in refusal(source("http://127.0.0.1:1/"))
