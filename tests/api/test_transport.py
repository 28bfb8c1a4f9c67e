"""Retries, deadlines, access keys and proxies of a call, with a list of answers instead of a server."""

import logging
import socket
import ssl
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import httpcore
import httpx
import pytest

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import (
    DEFAULT_TIMEOUT,
    Credentials,
    StaticCredentials,
)
from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadAnswer,
    BadCredentials,
    EsaError,
    ExpiredToken,
    NoAnswer,
    NotFound,
    OutOfTime,
    ServerFault,
    Throttled,
    Unreachable,
    Untrusted,
    WrongClock,
)
from pulumi_esa_prefetch.api.rate_limiter import BELOW_QUOTA
from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.settings.settings import SettingsError, read_settings
from tests.api.answering import (
    JOB_ID,
    KEYS,
    NOON,
    PLAN,
    PLAN_ID,
    Line,
    Script,
    client_of,
    ok,
    refusal,
)
from tests.api.sockets import answering, request_of, serving

NO_PLANS = ok({"Executions": [], "TotalCount": 0})
HTML = httpx.Response(502, html="<html>Bad Gateway</html>")
CUT = httpx.Response(
    200, content=b'{"Executions": [', headers={"content-type": "application/json"}
)
RESET = httpx.ReadError("[Errno 104] Connection reset by peer")


def start(client: EsaClient) -> object:
    return client.start_scheduled_preload_execution(plan_id=PLAN_ID)


def look(client: EsaClient) -> object:
    return client.list_scheduled_preload_executions(job_id=JOB_ID)


@pytest.mark.parametrize(
    "line",
    [
        refusal(400, "TooManyRequests"),
        refusal(429, ""),
        refusal(400, "Throttling.User"),
        refusal(503, "ServiceUnavailable"),
        refusal(500, "InternalError"),
        refusal(400, "LockFailed"),
        HTML,
        CUT,
        httpx.Response(200, text="<html>portal</html>"),
        ok({"TotalCount": 3, "Executions": []}),
        RESET,
        httpx.ReadTimeout("slow"),
        httpx.RemoteProtocolError("Server disconnected"),
        httpx.ConnectError("[Errno 111] Connection refused"),
        httpx.DecodingError("bad gzip"),
    ],
    ids=str,
)
def test_a_read_is_repeated_after_any_transient_error(line: Line) -> None:
    app = Script(line, NO_PLANS)

    assert look(client_of(app)) == []
    assert len(app.requests) == 2


@pytest.mark.parametrize(
    "line",
    [
        refusal(400, "TooManyRequests"),
        refusal(400, "LockFailed"),
        httpx.ConnectError("[Errno 111] Connection refused"),
        httpx.ConnectTimeout("slow"),
        httpx.ProxyError("407 Proxy Authentication Required"),
    ],
    ids=str,
)
def test_a_start_is_repeated_when_it_cannot_have_had_its_effect(line: Line) -> None:
    app = Script(line, ok(PLAN))

    start(client_of(app))

    assert len(app.requests) == 2


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (refusal(503, "ServiceUnavailable"), ServerFault),
        (refusal(500, "InternalError"), ServerFault),
        (refusal(400, "SignatureNonceUsed"), ApiError),
        (HTML, ServerFault),
        (CUT, NoAnswer),
        (RESET, NoAnswer),
        (httpx.WriteError("broken pipe"), NoAnswer),
        (httpx.ReadTimeout("slow"), NoAnswer),
        (httpx.RemoteProtocolError("Server disconnected"), NoAnswer),
        (ok({**PLAN, "StartTime": "whenever"}), BadAnswer),
        (ok({**PLAN, "Id": JOB_ID}), BadAnswer),
    ],
    ids=str,
)
def test_a_start_that_may_have_had_its_effect_is_not_repeated(
    line: Line, expected: type[EsaError]
) -> None:
    app = Script(line)

    with pytest.raises(expected) as caught:
        start(client_of(app))

    assert caught.value.ambiguous
    assert len(app.requests) == 1
    assert str(caught.value).startswith("StartScheduledPreloadExecution: ")
    assert str(caught.value).isprintable()


def test_a_lost_start_says_that_it_may_have_been_carried_out() -> None:
    with pytest.raises(NoAnswer) as caught:
        start(client_of(Script(RESET)))

    assert str(caught.value) == (
        "StartScheduledPreloadExecution: the connection to "
        "https://esa.cn-hangzhou.aliyuncs.com broke before the answer was complete "
        "(Connection reset by peer); ESA may have carried the call out"
    )


def test_each_attempt_is_signed_anew() -> None:
    later = refusal(429, "", headers={"retry-after": "2"})
    app = Script(later, later, ok(PLAN))

    start(client_of(app))

    for name in ("x-acs-signature-nonce", "authorization", "x-acs-date"):
        assert len({headers[name] for headers in app.headers}) == 3


def test_a_permanent_refusal_is_raised_at_once() -> None:
    app = Script(refusal(404, "InvalidExecution.NotFound"))

    with pytest.raises(NotFound):
        look(client_of(app))

    assert len(app.requests) == 1


def test_an_operation_ends_at_its_deadline_with_the_last_error() -> None:
    clock = ManualClock(NOON)
    app = Script(refusal(500, "InternalError"))

    with pytest.raises(ServerFault):
        look(client_of(app, clock=clock, deadline=60))

    assert 40 < clock.monotonic() <= 60
    assert len(app.requests) > 8


def test_a_body_that_arrives_byte_by_byte_ends_at_the_deadline() -> None:
    clock = ManualClock(NOON)

    def drip() -> Iterator[bytes]:
        while True:
            clock.advance(1.0)
            yield b" "

    with pytest.raises(
        NoAnswer, match="no complete answer before the deadline"
    ) as caught:
        start(
            client_of(
                lambda _: httpx.Response(200, content=drip()), clock=clock, deadline=9
            )
        )

    assert caught.value.ambiguous
    assert clock.monotonic() == 9.0


def test_a_hint_beyond_the_deadline_is_not_waited_for() -> None:
    clock = ManualClock(NOON)
    app = Script(refusal(429, "", headers={"retry-after": "20"}))

    with pytest.raises(Throttled):
        look(client_of(app, clock=clock, deadline=15))

    assert clock.monotonic() == 0.0
    assert len(app.requests) == 1


def test_a_hint_is_waited_for() -> None:
    clock = ManualClock(NOON)
    app = Script(
        refusal(400, "TooManyRequests", headers={"x-acs-retry-after": "4000"}), NO_PLANS
    )

    look(client_of(app, clock=clock))

    assert 4.0 <= clock.monotonic() <= 4.5


def test_a_host_that_does_not_exist_is_an_error_within_seconds() -> None:
    clock = ManualClock(NOON)
    app = Script(httpx.ConnectError("[Errno 111] Connection refused"))

    with pytest.raises(Unreachable) as caught:
        look(client_of(app, clock=clock))

    assert clock.monotonic() < 5
    assert len(app.requests) == 4
    assert not caught.value.ambiguous
    assert str(caught.value) == (
        "ListScheduledPreloadExecutions: no connection to "
        "https://esa.cn-hangzhou.aliyuncs.com (Connection refused); check the endpoint, "
        "the network and the proxy variables"
    )


def test_a_limited_client_makes_its_number_of_attempts() -> None:
    app = Script(refusal(429, ""))
    client = client_of(app)

    with pytest.raises(Throttled):
        look(client.limited(attempts=1, seconds=5))

    assert len(app.requests) == 1


def test_a_client_with_zero_seconds_sends_nothing() -> None:
    app = Script(NO_PLANS)

    with pytest.raises(OutOfTime):
        look(client_of(app).limited(seconds=0.0))

    assert app.requests == []


def test_a_limited_client_shares_rate_limiters_and_connections_and_closes_neither() -> (
    None
):
    app = Script(NO_PLANS)
    clock = ManualClock(NOON)
    client = client_of(app, clock=clock, max_qps=1.0)

    with client.limited(attempts=1) as limited:
        look(limited)
    look(client)

    assert clock.monotonic() == pytest.approx(1.0 / BELOW_QUOTA)


def test_each_action_has_its_own_rate_limiter() -> None:
    throttled = refusal(429, "", headers={"retry-after": "20"})
    app = Script(throttled, ok(PLAN))
    clock = ManualClock(NOON)
    client = client_of(app, clock=clock)

    with pytest.raises(Throttled):
        look(client.limited(attempts=1))
    start(client)
    assert clock.monotonic() == 0.0

    with pytest.raises(OutOfTime):
        look(client.limited(seconds=15.0))
    assert len(app.requests) == 2


def test_a_closed_client_sends_nothing_more() -> None:
    with client_of(Script(NO_PLANS)) as client:
        look(client)

    with pytest.raises(RuntimeError, match="closed"):
        look(client)


def test_a_call_whose_turn_is_after_the_deadline_is_not_sent() -> None:
    app = Script(NO_PLANS)
    client = client_of(app, max_qps=0.01, deadline=10)
    look(client)

    with pytest.raises(OutOfTime) as caught:
        look(client)

    assert not caught.value.ambiguous
    assert "esa-prefetch:deadline" in str(caught.value)
    assert len(app.requests) == 1


class Renewed:
    """A provider with a list of keys: each renewal returns the next."""

    def __init__(self, *keys: Credentials) -> None:
        self.keys = list(keys)
        self.renewals = 0
        self.given: list[float] = []

    def get(self, seconds: float = DEFAULT_TIMEOUT) -> Credentials:
        self.given.append(seconds)
        return self.keys[0]

    def renew(self, refused: Credentials, seconds: float = DEFAULT_TIMEOUT) -> bool:
        self.given.append(seconds)
        self.renewals += 1
        if self.keys[0] == refused and len(self.keys) > 1:
            self.keys.pop(0)
        return self.keys[0] != refused


def sts(number: int) -> Credentials:
    return Credentials(f"STS.{number}", f"secret-{number}", f"token-{number}")


@pytest.mark.parametrize(
    "code",
    [
        "InvalidSecurityToken.Expired",
        "InvalidAccessKeyId.NotFound",
        "SignatureDoesNotMatch",
    ],
)
def test_an_expired_key_is_renewed_once_and_the_call_repeated(code: str) -> None:
    source = Renewed(sts(1), sts(2))
    app = Script(refusal(403, code), ok(PLAN))

    start(client_of(app, credentials=source))

    assert [headers["x-acs-security-token"] for headers in app.headers] == [
        "token-1",
        "token-2",
    ]
    assert source.renewals == 1


def test_keys_are_fetched_and_renewed_in_the_time_that_is_left() -> None:
    clock = ManualClock(NOON)
    source = Renewed(sts(1), sts(2))

    def refusing(_: httpx.Request) -> httpx.Response:
        clock.advance(3.0)
        return refusal(403, "InvalidSecurityToken.Expired")

    app = Script(refusing, ok(PLAN))
    start(client_of(app, clock=clock, credentials=source, deadline=10.0))

    assert source.given == [10.0, 7.0, 7.0]


def test_a_key_refused_at_the_deadline_is_not_renewed() -> None:
    clock = ManualClock(NOON)
    source = Renewed(sts(1), sts(2))

    def refusing(_: httpx.Request) -> httpx.Response:
        clock.advance(10.0)
        return refusal(403, "InvalidSecurityToken.Expired")

    with pytest.raises(NoAnswer):
        start(client_of(refusing, clock=clock, credentials=source, deadline=10.0))

    assert source.renewals == 0


def test_a_renewed_key_that_is_refused_again_is_an_error() -> None:
    source = Renewed(sts(1), sts(2), sts(3))
    app = Script(refusal(403, "InvalidSecurityToken.Expired"))

    with pytest.raises(ExpiredToken):
        start(client_of(app, credentials=source))

    assert len(app.requests) == 2


def test_a_key_that_cannot_be_renewed_is_an_error_that_says_what_to_do() -> None:
    app = Script(refusal(404, "InvalidAccessKeyId.NotFound", "The key is not found."))

    with pytest.raises(BadCredentials) as caught:
        start(client_of(app))

    assert len(app.requests) == 1
    assert str(caught.value).endswith("; check access key and secret")


def test_a_wrong_clock_is_no_reason_to_renew() -> None:
    source = Renewed(sts(1), sts(2))
    app = Script(
        refusal(
            400,
            "InvalidTimeStamp.Expired",
            headers={"date": "Sat, 01 Jun 2024 12:20:00 GMT"},
        )
    )

    with pytest.raises(WrongClock, match="20 minutes behind"):
        start(client_of(app, credentials=source))

    assert source.renewals == 0


def test_threads_share_one_client() -> None:
    app = Script(ok(PLAN))
    client = client_of(app)
    failures: list[BaseException] = []

    def many() -> None:
        try:
            for _ in range(25):
                start(client)
        except BaseException as error:  # noqa: BLE001 -- shown below
            failures.append(error)

    threads = [threading.Thread(target=many) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    assert failures == []
    assert len({headers["x-acs-signature-nonce"] for headers in app.headers}) == 100


def test_the_user_agent_names_the_package_and_its_version() -> None:
    app = Script(ok(PLAN))

    start(client_of(app))

    assert app.headers[0]["user-agent"].startswith("pulumi-esa-prefetch/0.")
    assert app.headers[0]["accept"] == "application/json"


def test_no_request_is_without_finite_timeouts() -> None:
    app = Script(ok(PLAN))

    start(client_of(app, deadline=4))

    timeouts: dict[str, Any] = app.requests[0].extensions["timeout"]
    assert timeouts == {"connect": 4.0, "read": 4.0, "write": 4.0, "pool": 4.0}


def test_an_endpoint_that_is_no_url_is_explained() -> None:
    with pytest.raises(NoAnswer, match="no connection to http://a b"):
        look(client_of(Script(NO_PLANS), endpoint="http://a b\x00").limited(attempts=1))


def test_a_broken_ca_file_is_explained(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")

    with pytest.raises(Untrusted, match="check SSL_CERT_FILE"):
        EsaClient("https://esa.example", StaticCredentials(KEYS))


def test_over_plain_http_no_certificate_is_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")

    EsaClient("http://esa.example", StaticCredentials(KEYS)).close()


def proxied(client: EsaClient) -> bool:
    transport: Any = client._transport._connections
    return isinstance(transport._pool, httpcore.HTTPProxy)


@pytest.mark.parametrize(
    ("endpoint", "is_proxied"),
    [
        ("http://127.0.0.1:8866", False),
        ("http://localhost:8866", False),
        ("http://[::1]:8866", False),
        ("https://esa.cn-hangzhou.aliyuncs.com", True),
    ],
)
def test_a_proxy_is_used_except_for_an_esa_on_this_machine(
    endpoint: str, is_proxied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    client = EsaClient(endpoint, StaticCredentials(KEYS))

    assert proxied(client) is is_proxied


@pytest.fixture
def environ(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """The environment without proxy variables."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        for variable in (name, name.lower()):
            monkeypatch.delenv(variable, raising=False)
    return monkeypatch


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "ALL_PROXY"])
@pytest.mark.parametrize("endpoint", ["http://10.255.255.1", "http://[fd00::1]:80"])
@pytest.mark.parametrize(
    "proxy",
    [
        "http://user:geheim@203.0.113.9:3128",
        "203.0.113.9:3128",
        "https://[2001:db8::1]:3128",
        "http://proxy.example:3128",
        "http://localhost.example",
        "http://127.0.0.1@proxy.example:3128",
        "socks5://203.0.113.9:1080",
    ],
)
def test_nothing_is_sent_over_plain_http_through_a_proxy_elsewhere(
    endpoint: str, proxy: str, variable: str, environ: pytest.MonkeyPatch
) -> None:
    environ.setenv(variable.lower(), proxy)

    with pytest.raises(Unreachable) as caught:
        EsaClient(endpoint, StaticCredentials(KEYS))

    assert str(caught.value) == (
        f"{endpoint} is plain http, and {variable} names a proxy on another machine, which can "
        "read keys: use https, name the host in NO_PROXY, or set esa-prefetch:allowHttp (or "
        "ESA_PREFETCH_ALLOW_HTTP) to true; refresh and destroy use the config of the last up"
    )
    assert not caught.value.ambiguous


@pytest.mark.parametrize(
    "proxy",
    ["http://127.0.0.1:1", "http://localhost:1", "http://10.0.0.9:1", "[fd00::9]:1"],
)
def test_a_proxy_that_may_be_sent_keys_is_used_for_plain_http(
    proxy: str, environ: pytest.MonkeyPatch
) -> None:
    environ.setenv("http_proxy", proxy)

    with EsaClient("http://10.255.255.1", StaticCredentials(KEYS)) as client:
        assert proxied(client)


@pytest.mark.parametrize(
    ("endpoint", "more", "is_proxied"),
    [
        ("http://10.255.255.1", {"no_proxy": "10.0.0.0/8"}, False),
        ("http://127.0.0.1:8866", {}, False),
        ("https://10.255.255.1", {}, True),
    ],
)
def test_a_proxy_elsewhere_is_used_if_it_can_read_no_key(
    endpoint: str, more: dict[str, str], is_proxied: bool, environ: pytest.MonkeyPatch
) -> None:
    for name, value in ({"all_proxy": "http://203.0.113.9:3128"} | more).items():
        environ.setenv(name, value)

    with EsaClient(endpoint, StaticCredentials(KEYS)) as client:
        assert proxied(client) is is_proxied


def test_the_keys_of_a_session_reach_a_proxy_only_where_that_is_allowed(
    environ: pytest.MonkeyPatch,
) -> None:
    received: list[bytes] = []
    config = {
        "esa-prefetch:endpoint": "http://10.255.255.1",
        "esa-prefetch:accessKey": "id",
        "esa-prefetch:secretKey": "geheim",
        "esa-prefetch:securityToken": "geheim-2",
    }
    allowing = config | {"esa-prefetch:allowHttp": "true"}

    with serving(lambda connection: received.append(request_of(connection))) as address:
        # This machine's address under a host name that could be any machine's.
        environ.setattr("socket.getaddrinfo", to_this_machine(socket.getaddrinfo))
        port = address.rpartition(":")[2]
        environ.setenv("http_proxy", f"http://proxy.example:{port}")
        with pytest.raises(SettingsError, match="HTTP_PROXY names a proxy on another"):
            EsaClient.from_settings(read_settings(config.get, {}))
        assert received == []
        with (
            EsaClient.from_settings(read_settings(allowing.get, {})) as client,
            pytest.raises(EsaError),
        ):
            look(client.limited(attempts=1))

    assert received[0].startswith(b"GET http://10.255.255.1/")
    assert b"geheim-2" in received[0]


def to_this_machine(genuine: Callable[..., Any]) -> Callable[..., Any]:
    return lambda _host, *rest, **more: genuine("127.0.0.1", *rest, **more)


NOT_UNDERSTOOD = "its value is not understood; write a proxy as http://host:port"


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("ALL_PROXY", "socks5://user:geheim@proxy:1080", "a SOCKS proxy needs"),
        ("HTTPS_PROXY", "http://user:geheim/x@proxy:3128", NOT_UNDERSTOOD),
        ("HTTPS_PROXY", "http://user:pw@proxy:geheim", NOT_UNDERSTOOD),
        ("HTTPS_PROXY", "geheim://user:geheim@proxy", NOT_UNDERSTOOD),
    ],
)
def test_an_invalid_proxy_variable_is_reported_without_its_value(
    name: str, value: str, words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)  # as if it were not installed
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv(name, value)

    with pytest.raises(Unreachable, match=words) as caught:
        EsaClient("https://esa.cn-hangzhou.aliyuncs.com", StaticCredentials(KEYS))

    error = caught.value
    assert str(error).startswith("a proxy variable (HTTPS_PROXY, ")
    assert "geheim" not in str(error)
    assert error.__cause__ is error.__context__ is None
    assert not error.ambiguous


@pytest.mark.parametrize("name", ["NO_PROXY", "no_proxy"])
def test_an_invalid_entry_of_no_proxy_is_ignored(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:1")
    monkeypatch.setenv(name, "[::half,10.0.0.0/8,fd00::/8,::1/128,[::1]")

    with (
        EsaClient(
            "https://esa.cn-hangzhou.aliyuncs.com", StaticCredentials(KEYS)
        ) as client,
        pytest.raises(Unreachable, match="Connection refused"),  # by the proxy's port
    ):
        look(client.limited(attempts=1))


@pytest.mark.parametrize("value", ["socks5://proxy:1080", "http://user:a/b@proxy:1"])
def test_an_invalid_proxy_does_not_affect_an_esa_on_this_machine(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "socksio", None)
    for variable in ("ALL_PROXY", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(variable, value)
    for variable in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(variable, "[::1")

    with (
        serving(answering(b'{"Executions": [], "TotalCount": 0}')) as address,
        EsaClient(f"http://{address}", StaticCredentials(KEYS)) as client,
    ):
        assert look(client) == []


NO_TLS = "or write http:// before it if it speaks no TLS"


@pytest.mark.parametrize(
    ("cause", "words"),
    [
        (TimeoutError("_ssl.c:989: The handshake operation timed out"), NO_TLS),
        (ssl.SSLEOFError(8, "EOF occurred in violation of protocol"), NO_TLS),
        (ssl.SSLError(1, "[SSL: PACKET_LENGTH_TOO_LONG] packet length"), NO_TLS),
        (ConnectionResetError(104, "Connection reset by peer"), NO_TLS),
        (ConnectionRefusedError(111, "Connection refused"), "the proxy variables"),
        (TimeoutError("timed out"), "the proxy variables"),
    ],
    ids=str,
)
def test_a_handshake_that_fails_says_what_to_write_if_there_is_no_tls(
    cause: OSError, words: str
) -> None:
    def failing(_: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError(str(cause)) from cause

    with pytest.raises(Unreachable) as over_tls:
        start(client_of(failing).limited(attempts=1))
    with pytest.raises(Unreachable) as plain:
        start(client_of(failing, endpoint="http://esa").limited(attempts=1))

    assert str(over_tls.value).endswith(words)
    assert str(plain.value).endswith("the proxy variables")


def test_what_happens_is_logged_at_debug_level(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level(logging.DEBUG, logger="pulumi_esa_prefetch.api")

    start(client_of(Script(refusal(429, ""), ok(PLAN))))

    text = caplog.text
    assert "StartScheduledPreloadExecution: HTTP 429" in text
    assert "again in" in text
    assert "StartScheduledPreloadExecution: HTTP 200" in text
