"""No output, log or error holds a secret or a signature."""

import json
import logging
import re
import socket
import traceback
from collections.abc import Callable
from urllib.parse import quote

import httpx
import pytest

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import StaticCredentials, provider_for
from pulumi_esa_prefetch.api.errors import EsaError, NoCredentials
from pulumi_esa_prefetch.api.http_answers import HttpAnswer, read_answer
from pulumi_esa_prefetch.api.signing import Acs3Auth
from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.settings.credential_sources import Credentials
from tests.api.answering import (
    JOB_ID,
    NOON,
    PLAN,
    PLAN_ID,
    Script,
    client_of,
    ok,
    refusal,
)
from tests.api.sockets import Handler, answering, request_of, resetting, serving

SECRET = "geheim/Secret+1"
TOKEN = "geheim/Token+2=="
KEYS = Credentials("STS.shown", SECRET, TOKEN)
SIGNATURE = re.compile("Signature=[0-9a-f]{64}")


def echoing(request: httpx.Request) -> httpx.Response:
    """An answer that repeats the request, as gateways send for a wrong signature."""
    told = "\n".join(
        f"{name}:{request.headers[name]}"
        for name in ("authorization", "x-acs-security-token")
    )
    return refusal(400, "SignatureDoesNotMatch", f"server string to sign is: {told}")


def echoing_as_text(request: httpx.Request) -> httpx.Response:
    return httpx.Response(502, text=request.headers["x-acs-security-token"])


ANSWERS: dict[str, Callable[[httpx.Request], httpx.Response]] = {
    "echo": echoing,
    "echo as text": echoing_as_text,
    "refused": Script(refusal(403, "InvalidSecurityToken.Expired")),
    "reset": Script(httpx.ReadError("[Errno 104] Connection reset by peer")),
    "no connection": Script(httpx.ConnectError("[Errno 111] Connection refused")),
    "html": Script(httpx.Response(200, text="<html>")),
    "odd": Script(ok({**PLAN, "StartTime": "whenever"})),
}


def escaped(text: str) -> str:
    """The text in JSON, each character escaped that is not a letter or digit."""
    return "".join(c if c.isalnum() else f"\\u{ord(c):04X}" for c in text)


SPELLED: dict[str, Callable[[str], str]] = {
    "as it is": str,
    "one escape": lambda text: text.replace("+", "\\u002B"),
    "JSON": escaped,
    "all escapes": lambda text: "".join(f"\\u{ord(c):04x}" for c in text),
    "a slash": lambda text: text.replace("/", "\\/"),
    "a URL": lambda text: quote(text, ""),
    "a URL, lower case": lambda text: text.replace("/", "%2f").replace("+", "%2b"),
    "a URL in a URL": lambda text: quote(quote(text, ""), ""),
    "JSON in JSON": lambda text: escaped(text).replace("\\", "\\\\"),
    "HTML": lambda text: text.replace("+", "&#43;").replace("/", "&#x2F;"),
}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@pytest.mark.parametrize("spelled", SPELLED)
@pytest.mark.parametrize("secret", [SECRET, TOKEN])
def test_no_text_of_an_answer_holds_a_secret_in_any_escaped_form(
    secret: str, spelled: str, encoding: str
) -> None:
    told = f"is {SPELLED[spelled](secret)}!"
    listed = json.dumps({"Id": PLAN_ID, "Status": "@", "@": ["@", {"@": "@"}]})
    text = f'{{"Executions": [{listed}], "TotalCount": 1, "RequestId": "@"}}'
    body = text.replace("@", told).encode(encoding)
    client = client_of(
        lambda _: httpx.Response(200, content=body),
        credentials=StaticCredentials(KEYS),
    )

    (plan,) = client.list_scheduled_preload_executions(job_id=JOB_ID)

    assert plan.status == "is [secret]!"
    assert plan.request_id == "is [secret]!"


def test_secrets_are_masked_at_any_depth_of_an_answer() -> None:
    body = b'{"RequestId": "1", "%s": [{"%s": ["%s", 7, null]}]}' % (
        (escaped(TOKEN).encode(),) * 3
    )
    told = HttpAnswer("Get", 200, {}, body, NOON, KEYS)

    assert read_answer(told, "") == {
        "RequestId": "1",
        "[secret]": [{"[secret]": ["[secret]", 7, None]}],
    }


@pytest.mark.parametrize("spelled", [name for name in SPELLED if name != "all escapes"])
@pytest.mark.parametrize("secret", [SECRET, TOKEN])
@pytest.mark.parametrize("media_type", ["text/plain", "application/json"])
def test_no_error_holds_a_secret_in_any_escaped_form(
    secret: str, spelled: str, media_type: str
) -> None:
    told = SPELLED[spelled](secret)
    odd = {"content-type": f"{media_type}+{told}; charset=utf-8"}
    client = client_of(
        lambda _: httpx.Response(418, text=f"I have {told} here", headers=odd),
        credentials=StaticCredentials(KEYS),
    )

    with pytest.raises(EsaError, match=r"\[secret\]|broken") as caught:
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert "geheim" not in str(caught.value).lower()
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_secrets_are_masked_before_a_text_is_cut() -> None:
    text = " " * 3990 + TOKEN
    client = client_of(
        lambda _: httpx.Response(418, text=text), credentials=StaticCredentials(KEYS)
    )

    with pytest.raises(EsaError) as caught:
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert_no_secret(str(caught.value))


def test_of_two_secrets_the_longer_one_is_masked_whole() -> None:
    keys = Credentials("STS.shown", "geheim", "geheim/and/more")
    client = client_of(
        Script(ok({**PLAN, "Status": "geheim/and/more, geheim"})),
        credentials=StaticCredentials(keys),
    )

    plan = client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert plan.status == "[secret], [secret]"


def all_of(error: BaseException) -> str:
    """The error as any report would show it, with its causes and their requests."""
    report = traceback.TracebackException.from_exception(error, capture_locals=True)
    shown = "".join(report.format())
    shown = SIGNATURE.sub("", shown)  # a local variable may hold an unchanged answer
    cause: BaseException | None = error
    while cause is not None:
        shown += repr(cause) + str(cause) + repr(vars(cause))
        request = getattr(cause, "_request", None)
        if request is not None:
            shown += repr(request.headers.raw)
        cause = cause.__cause__ or cause.__context__
    return shown


def assert_no_secret(shown: str) -> None:
    assert "geheim" not in shown
    assert not SIGNATURE.search(shown)


@pytest.mark.parametrize("name", ANSWERS)
def test_no_error_shows_a_secret_nor_does_its_chain_nor_the_log(
    name: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    client = client_of(ANSWERS[name], credentials=StaticCredentials(KEYS))

    with pytest.raises(EsaError) as caught:
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert_no_secret(all_of(caught.value))
    assert_no_secret(caplog.text)


@pytest.mark.parametrize(
    "handler",
    [resetting, request_of, answering(b"{", length=99)],
    ids=["reset", "closed", "cut"],
)
def test_no_log_of_the_http_library_shows_a_secret(
    handler: Handler, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)

    with serving(handler) as address:
        client = EsaClient(
            f"http://{address}", StaticCredentials(KEYS), clock=ManualClock(NOON)
        )
        with client, pytest.raises(EsaError) as caught:
            client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert "httpcore" in {record.name.partition(".")[0] for record in caplog.records}
    assert_no_secret(caplog.text)
    assert_no_secret(all_of(caught.value))


@pytest.mark.parametrize(
    "odd", ["\n", "\r\nX-A: b", "\x00", "\x7f", "\u00e4", "\udcff", " "]
)
@pytest.mark.parametrize("place", range(3))
def test_a_key_that_no_header_can_hold_is_in_no_error_nor_in_its_chain(
    odd: str, place: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    texts = ["geheim-id", SECRET, TOKEN]
    texts[place] += odd
    received: list[bytes] = []

    with serving(lambda connection: received.append(request_of(connection))) as address:
        client = EsaClient(
            f"http://{address}",
            StaticCredentials(Credentials(*texts)),
            clock=ManualClock(NOON),
        )
        with client, pytest.raises(NoCredentials) as caught:
            client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    part = ("access key id", "access key secret", "security token")[place]
    assert str(caught.value) == (
        f"StartScheduledPreloadExecution: the {part} has a character that no access key "
        "or token has"
    )
    assert caught.value.__cause__ is caught.value.__context__ is None
    assert "geheim" not in caplog.text
    assert received == []


def test_a_header_that_http_does_not_allow_is_not_quoted() -> None:
    error = httpx.LocalProtocolError(f"Illegal header value b'{TOKEN}\\n'")
    client = client_of(Script(error), credentials=StaticCredentials(KEYS))

    with pytest.raises(EsaError, match="a character that HTTP does not") as caught:
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert_no_secret("".join(traceback.format_exception(caught.value)))


def repeating(connection: socket.socket) -> None:
    """Answer without HTTP: send the request back as the first line."""
    connection.sendall(request_of(connection).replace(b"POST", b"\x01"))


@pytest.mark.parametrize(
    "handler",
    [
        repeating,
        lambda connection: connection.sendall(
            b"HTTP/1.1 200 OK\r\n" + request_of(connection).replace(b": ", b"\x00 ")
        ),
    ],
    ids=["as a status line", "as headers"],
)
def test_an_answer_that_is_not_http_is_not_quoted(handler: Handler) -> None:
    with serving(handler) as address:
        client = EsaClient(
            f"http://{address}", StaticCredentials(KEYS), clock=ManualClock(NOON)
        )
        with client, pytest.raises(EsaError, match="the answer is not HTTP") as caught:
            client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert_no_secret(str(caught.value) + repr(caught.value))
    assert caught.value.__cause__ is caught.value.__context__ is None


def test_of_a_proxy_s_answer_only_the_status_is_quoted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refusing(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(b"HTTP/1.1 407 geheim\r\nContent-Length: 0\r\n\r\n")

    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with serving(refusing) as address:
        monkeypatch.setenv("HTTPS_PROXY", f"http://user:geheim@{address}")
        client = EsaClient("https://esa.example", StaticCredentials(KEYS))
        with (
            client,
            pytest.raises(EsaError, match="the proxy answers 407 Proxy") as caught,
        ):
            client.limited(attempts=1).start_scheduled_preload_execution(
                plan_id=PLAN_ID
            )

    assert_no_secret(str(caught.value))


def test_a_good_call_over_a_socket_logs_no_secret(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG)
    received: list[bytes] = []

    def handle(connection: socket.socket) -> None:
        received.append(request_of(connection))
        body = b'{"Id": "%s"}' % PLAN_ID.encode()
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body) + body
        )

    with serving(handle) as address:
        client = EsaClient(f"http://{address}", StaticCredentials(KEYS))
        with client:
            client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert TOKEN.encode() in received[0]
    assert SIGNATURE.search(received[0].decode())
    assert_no_secret(caplog.text)


def test_no_repr_shows_a_secret() -> None:
    source = provider_for(KEYS)
    auth = Acs3Auth(KEYS, ManualClock(NOON), lambda: "0" * 32)
    client = client_of(Script(ok(PLAN)), credentials=source)

    shown = repr([KEYS, source, auth, client, client._transport, vars(client)])

    assert "STS.shown" in shown
    assert_no_secret(shown)


def test_a_request_holds_its_secrets_only_until_the_answer() -> None:
    script = Script(ok(PLAN))
    client = client_of(script, credentials=StaticCredentials(KEYS))

    client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    (sent,), (left,) = script.headers, script.requests
    assert sent["x-acs-security-token"] == TOKEN
    assert SIGNATURE.search(sent["authorization"])
    assert_no_secret(repr(left.headers.raw))
