"""Sends one signed call, and again where that is safe; knows no action by name and parses no model."""

import contextlib
import logging
import random
import ssl
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode, urlsplit

import httpx

from pulumi_esa_prefetch.api.answers import Answer, read_answer
from pulumi_esa_prefetch.api.credentials import CredentialsSource
from pulumi_esa_prefetch.api.errors import (
    BadCredentials,
    EsaError,
    NoAnswer,
    OutOfTime,
    Throttled,
    Unreachable,
    Untrusted,
    WrongClock,
)
from pulumi_esa_prefetch.api.limits import Limits, within
from pulumi_esa_prefetch.api.pacing import Pacer
from pulumi_esa_prefetch.api.retry import Persistence
from pulumi_esa_prefetch.api.signing import Acs3Auth, canonical_query
from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.keys import Credentials

VERSION = "2024-09-10"

# Those of the official SDK.
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 10.0
LARGEST_ANSWER = 32 * 1024 * 1024

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)

_log = logging.getLogger("pulumi_esa_prefetch.api")

T = TypeVar("T")


@dataclass(frozen=True)
class Call:
    """One action with its parameters; `form` is None for no body, empty for an empty one."""

    action: str
    method: str
    query: Mapping[str, str]
    form: Mapping[str, str] | None = None
    safe_to_repeat: bool = False


class Transport:
    """The connections, the pace and the keys that all calls of a client share."""

    def __init__(
        self,
        endpoint: str,
        credentials: CredentialsSource,
        *,
        clock: Clock,
        rng: random.Random,
        nonce: Callable[[], str],
        user_agent: str,
        http: httpx.BaseTransport | None,
        max_qps: float | None,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._credentials = credentials
        self._clock = clock
        self._rng = rng
        self._nonce = nonce
        self._pacer = Pacer(clock, max_qps)
        self._client = _http_client(self._endpoint, user_agent, http)

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def until(self, limits: Limits) -> float:
        """When an operation that begins now has to be over, on the monotonic clock."""
        return self._clock.monotonic() + limits.seconds

    def call(
        self,
        call: Call,
        read: Callable[[dict[str, Any]], T],
        *,
        until: float,
        attempts: int | None = None,
    ) -> T:
        """What `read` makes of the answer's content; raises EsaError."""
        persistence = Persistence(
            self._clock, self._rng, call.safe_to_repeat, until, attempts
        )
        return persistence.retrying()(lambda: read(self._attempt(call, until)))

    def _attempt(self, call: Call, until: float) -> dict[str, Any]:
        credentials = self._credentials.get()
        try:
            return self._send(call, credentials, until)
        except WrongClock:
            raise
        except BadCredentials:
            if not self._credentials.renew(credentials):
                raise
            _log.debug("%s: the key was refused, and has been renewed", call.action)
        return self._send(call, self._credentials.get(), until)

    def _send(
        self, call: Call, credentials: Credentials, until: float
    ) -> dict[str, Any]:
        permit = self._pacer.wait(until)
        left = until - self._clock.monotonic()
        if permit is None or left <= 0:
            raise OutOfTime(
                f"{call.action}: not sent, as its time was over before its turn came; "
                "allow more by esa-prefetch:deadline"
            )
        answer = within(
            left,
            lambda: self._exchange(call, credentials, until),
            lambda: _too_late(call),
        )
        try:
            content = read_answer(answer)
        except Throttled as error:
            self._pacer.refused(permit, error.retry_after)
            raise
        except EsaError:
            self._pacer.passed()
            raise
        self._pacer.passed()
        return content

    def _exchange(self, call: Call, credentials: Credentials, until: float) -> Answer:
        began = self._clock.monotonic()
        with self._words_for_faults(call):
            response = self._client.send(
                self._request(call, until - began),
                auth=Acs3Auth(credentials, self._clock, self._nonce),
                stream=True,
            )
            with contextlib.closing(response):
                body = self._body(call, response, until)
        _log.debug(
            "%s: HTTP %d, %d bytes in %.3f s",
            call.action,
            response.status_code,
            len(body),
            self._clock.monotonic() - began,
        )
        return Answer(
            call.action,
            response.status_code,
            response.headers,
            body,
            self._clock.now(),
            credentials,
        )

    def _request(self, call: Call, left: float) -> httpx.Request:
        headers = {
            "accept": "application/json",
            "x-acs-action": call.action,
            "x-acs-version": VERSION,
        }
        body = None
        if call.form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = urlencode(sorted(call.form.items())).encode()
        query = canonical_query(call.query.items())
        return self._client.build_request(
            call.method,
            f"{self._endpoint}/?{query}" if query else f"{self._endpoint}/",
            content=body,
            headers=headers,
            timeout=httpx.Timeout(
                min(READ_TIMEOUT, left), connect=min(CONNECT_TIMEOUT, left)
            ),
        )

    def _body(self, call: Call, response: httpx.Response, until: float) -> bytes:
        body = bytearray()
        for chunk in response.iter_bytes():
            body += chunk
            if len(body) > LARGEST_ANSWER:
                raise NoAnswer(
                    f"{call.action}: the answer is larger than "
                    f"{LARGEST_ANSWER >> 20} MiB, so it is not ESA's"
                )
            if self._clock.monotonic() >= until:
                raise _too_late(call)
        return bytes(body)

    @contextlib.contextmanager
    def _words_for_faults(self, call: Call) -> Generator[None]:
        """The one place where the HTTP library's exceptions become ours."""
        try:
            yield
        except _NEVER_SENT as error:
            raise _not_sent(call, self._endpoint, error) from error
        except httpx.TimeoutException as error:
            raise NoAnswer(
                f"{call.action}: no answer from {self._endpoint} within "
                f"{READ_TIMEOUT:g} s{_doubt(call)}"
            ) from error
        except httpx.HTTPError as error:
            raise NoAnswer(
                f"{call.action}: the connection to {self._endpoint} broke before the "
                f"answer was complete ({_reason(error)}){_doubt(call)}"
            ) from error


def _http_client(
    endpoint: str, user_agent: str, transport: httpx.BaseTransport | None
) -> httpx.Client:
    try:
        return httpx.Client(
            transport=transport,
            headers={"user-agent": user_agent},
            mounts=None if transport else _past_the_proxy(endpoint),
        )
    except (OSError, ValueError) as error:
        raise Untrusted(
            f"no connection can be set up ({_reason(error)}); check SSL_CERT_FILE, "
            "SSL_CERT_DIR and the proxy variables"
        ) from None


def _past_the_proxy(endpoint: str) -> dict[str, None]:
    """A proxy set for the internet cannot reach an ESA on this machine."""
    address = urlsplit(endpoint)
    host = address.hostname or ""
    near = host in {"localhost", "::1"} or host.startswith("127.")
    return {f"all://{address.netloc}": None} if near else {}


def _not_sent(call: Call, endpoint: str, error: Exception) -> NoAnswer:
    tls = next((e for e in _causes(error) if isinstance(e, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return Untrusted(
            f"{call.action}: the certificate of {endpoint} is not trusted "
            f"({tls.verify_message}); for a private authority set SSL_CERT_FILE"
        )
    if tls is not None:
        return Untrusted(
            f"{call.action}: {endpoint} does not speak TLS ({tls.reason}); if it speaks "
            "plain HTTP, write the endpoint with http://"
        )
    return Unreachable(
        f"{call.action}: no connection to {endpoint} ({_reason(error)}); check the "
        "endpoint, the network and the proxy variables"
    )


def _causes(error: BaseException | None) -> Generator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: Exception) -> str:
    text = str(error) or type(error).__name__
    return text.partition("] ")[2] or text  # `[Errno 111] Connection refused`


def _doubt(call: Call) -> str:
    return "" if call.safe_to_repeat else "; ESA may have carried the call out"


def _too_late(call: Call) -> NoAnswer:
    return NoAnswer(
        f"{call.action}: no complete answer before the deadline{_doubt(call)}; allow "
        "more time by esa-prefetch:deadline"
    )
