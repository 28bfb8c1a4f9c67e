"""The way to the endpoint: name, connection, TLS, whether ESA answers, and its clock; one request without a key."""

import contextlib
import ssl
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import urlsplit
from urllib.request import getproxies

import httpx

from pulumi_esa_prefetch.api.bounded_bodies import BodyError, read_body
from pulumi_esa_prefetch.api.call_limits import run_within
from pulumi_esa_prefetch.api.connection import (
    UNCOMPRESSED,
    open_transport,
    timeouts,
    with_translated_errors,
)
from pulumi_esa_prefetch.api.errors import (
    ApiError,
    EsaError,
    NoAnswer,
    NotFromEsa,
    TimedOut,
    Untrusted,
)
from pulumi_esa_prefetch.api.http_answers import (
    HttpAnswer,
    duration_text,
    http_date,
    read_answer,
)
from pulumi_esa_prefetch.api.proxies import proxy_for
from pulumi_esa_prefetch.api.transport import VERSION
from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.doctor.findings import Finding, with_advice
from pulumi_esa_prefetch.settings.credential_sources import Credentials
from pulumi_esa_prefetch.settings.hosts import is_this_machine
from pulumi_esa_prefetch.settings.settings import Settings

ACTION = "GetScheduledPreloadJob"
"""What is asked for, without a signature: ESA refuses it, and its answer shows that it is ESA, and its time."""
MOST_SKEW = timedelta(minutes=15)
"""ESA refuses a request whose time is further from its own (page "V3 request structure and signature")."""
GOOD_SKEW = timedelta(seconds=60)
_WHO = "a request without a key"
_NETWORK = "check the endpoint, the network and the proxy variables"
_NOBODY = Credentials("", "")


@dataclass(frozen=True, slots=True)
class Connection:
    """What the request without a key found; `broken`: what has to be mended before signed calls make sense."""

    findings: tuple[Finding, ...]
    broken: str | None = None


@dataclass(frozen=True, slots=True)
class _Exchange:
    """An answer, when it was asked for and came, the address that sent it, and what TLS agreed on."""

    answer: HttpAnswer
    sent: datetime
    server: str | None
    tls: ssl.SSLSocket | ssl.SSLObject | None


def check_connection(settings: Settings, clock: Clock, seconds: float) -> Connection:
    """Ask the endpoint without a key; after `seconds` it counts as not reached."""
    try:
        exchange = run_within(
            seconds, lambda: _ask(settings, clock, seconds), lambda: _late(settings)
        )
    except Untrusted as error:
        return _unusable(with_advice("tls", "failed", str(error), _NETWORK))
    except EsaError as error:
        return _unusable(with_advice("endpoint", "failed", str(error), _NETWORK))
    who = _who_answers(settings, exchange)
    if who.status == "failed":
        return _unusable(who)
    clocks = _clock(exchange)
    broken = "the clock" if clocks.status == "failed" else None
    return Connection((who, _tls(settings, exchange), clocks), broken)


def _unusable(finding: Finding) -> Connection:
    return Connection((finding,), "the endpoint")


def clock_finding(skew: timedelta | None) -> Finding:
    """The line on this machine's clock, which is ahead of ESA's by `skew`; None if ESA's time is not known."""
    if skew is None:
        return Finding("clock", "warning", "the answer has no time to compare with")
    seconds = round(skew.total_seconds())
    facts = {"aheadSeconds": seconds}
    if abs(skew) < GOOD_SKEW:
        text = f"{abs(seconds)} s from the server's; ESA allows 15 minutes"
        return Finding("clock", "ok", text, facts=facts)
    way = "ahead of" if seconds > 0 else "behind"
    text = f"this machine's clock is {duration_text(abs(seconds))} {way} the server's"
    refused = abs(skew) > MOST_SKEW
    return Finding(
        "clock",
        "failed" if refused else "warning",
        f"{text}: ESA refuses each call" if refused else text,
        "set it right, or let it follow a time server (NTP); ESA allows 15 minutes",
        facts,
    )


def _ask(settings: Settings, clock: Clock, seconds: float) -> _Exchange:
    transport = open_transport(settings.endpoint, allow_http=settings.allow_http)

    def send() -> _Exchange:
        request = _request(settings.endpoint, seconds)
        sent = clock.now()
        response = transport.handle_request(request)
        received = clock.now()
        with contextlib.closing(response):
            facts = _socket_facts(response)  # the body may close the connection
            body = _body(response)
        return _Exchange(
            HttpAnswer(
                _WHO, response.status_code, response.headers, body, received, _NOBODY
            ),
            sent,
            *facts,
        )

    with contextlib.closing(transport):
        return with_translated_errors(_WHO, settings.endpoint, "", send)


def _request(endpoint: str, seconds: float) -> httpx.Request:
    return httpx.Request(
        "GET",
        f"{endpoint}/",
        headers={
            "accept": "application/json",
            "x-acs-action": ACTION,
            "x-acs-version": VERSION,
            **UNCOMPRESSED,
        },
        extensions={"timeout": timeouts(seconds, safe_to_repeat=True).as_dict()},
    )


def _body(response: httpx.Response) -> bytes:
    try:
        return read_body(response, lambda: None)
    except BodyError as error:
        raise NoAnswer(f"{_WHO}: the answer {error}, so it is not ESA's") from None


def _socket_facts(
    response: httpx.Response,
) -> tuple[str | None, ssl.SSLSocket | ssl.SSLObject | None]:
    """The address at the other end, and the TLS of the connection, as far as they are known."""
    stream = response.extensions.get("network_stream")
    if stream is None:
        return None, None
    try:
        address = stream.get_extra_info("server_addr")
    except OSError:  # the other side has closed the connection
        address = None
    server = address[0] if isinstance(address, tuple) else None
    return server, stream.get_extra_info("ssl_object")


def _late(settings: Settings) -> TimedOut:
    return TimedOut(
        f"{_WHO}: no answer from {settings.endpoint} in time (it may drop requests); {_NETWORK}"
    )


def _who_answers(settings: Settings, exchange: _Exchange) -> Finding:
    """Whether the answer is ESA's: it refuses a request without a key by one of its errors."""
    host = urlsplit(settings.endpoint).netloc
    facts = {"endpoint": settings.endpoint, "address": exchange.server}
    took = (exchange.answer.received - exchange.sent).total_seconds()
    text = f"{host} answers in {took:.1f} s{_by(settings, exchange.server)}"
    try:
        read_answer(exchange.answer, "")
    except NotFromEsa as error:
        return with_advice("endpoint", "failed", str(error), _NETWORK)
    except ApiError as error:
        if error.ambiguous:
            return with_advice("endpoint", "warning", str(error), "try again later")
        return Finding("endpoint", "ok", text, facts=facts)
    except EsaError as error:
        return with_advice("endpoint", "failed", str(error), _NETWORK)
    return Finding(
        "endpoint",
        "failed",
        f"{host} answers a request without a key: it is not ESA",
        _NETWORK,
    )


def _by(settings: Settings, server: str | None) -> str:
    if proxy_for(settings.endpoint, getproxies()):
        return ", through a proxy of the environment"
    return f", from {server}" if server else ""


def _tls(settings: Settings, exchange: _Exchange) -> Finding:
    host = urlsplit(settings.endpoint).hostname or ""
    if settings.endpoint.startswith("http:"):
        if is_this_machine(host):
            return Finding("tls", "ok", "plain http, to this machine only")
        return Finding(
            "tls",
            "warning",
            "plain http: who is on the way can read and change calls and answers",
            "use https, if it is not a test server in your own network",
        )
    return Finding("tls", "ok", f"{_protocol(exchange)}, the certificate is trusted")


def _protocol(exchange: _Exchange) -> str:
    return (exchange.tls and exchange.tls.version()) or "https"


def _clock(exchange: _Exchange) -> Finding:
    server = http_date(exchange.answer.headers.get("date", ""))
    if server is None:
        return clock_finding(None)
    # The header has whole seconds, and was written between the two moments.
    middle = exchange.sent + (exchange.answer.received - exchange.sent) / 2
    return clock_finding(middle - server - timedelta(seconds=0.5))
