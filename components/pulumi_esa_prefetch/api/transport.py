"""Sends one signed call and repeats it where that is safe; knows no action by name and parses no model."""

import contextlib
import logging
import random
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar
from urllib.parse import urlencode

import httpx

from pulumi_esa_prefetch.api.bounded_bodies import BodyError, read_body
from pulumi_esa_prefetch.api.call_limits import CallLimits, run_within
from pulumi_esa_prefetch.api.connection import (
    UNCOMPRESSED,
    open_transport,
    timeouts,
    with_translated_errors,
)
from pulumi_esa_prefetch.api.credentials import CredentialsProvider
from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadCredentials,
    EsaError,
    Interrupted,
    NoAnswer,
    NoCredentials,
    OutOfTime,
    Throttled,
    TimedOut,
    WrongClock,
)
from pulumi_esa_prefetch.api.http_answers import HttpAnswer, read_answer
from pulumi_esa_prefetch.api.rate_limiter import RateLimiter
from pulumi_esa_prefetch.api.retry_policy import RetryPolicy
from pulumi_esa_prefetch.api.signing import Acs3Auth, canonical_query
from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.settings.credential_sources import (
    BAD_CHARACTER,
    Credentials,
    has_bad_character,
)
from pulumi_esa_prefetch.tracing.call_spans import RequestSpans, call_span

VERSION = "2024-09-10"

_log = logging.getLogger("pulumi_esa_prefetch.api")

_KEY_PARTS: tuple[tuple[str, Callable[[Credentials], str]], ...] = (
    ("access key id", lambda keys: keys.access_key_id),
    ("access key secret", lambda keys: keys.access_key_secret),
    ("security token", lambda keys: keys.security_token or ""),
)

T = TypeVar("T")


@dataclass(frozen=True)
class ApiCall:
    """One call of an API action; `form` is None for a request without a body."""

    action: str
    method: str
    query: Mapping[str, str]
    form: Mapping[str, str] | None = None
    safe_to_repeat: bool = False


class Transport:
    """The connections, rate limiters and access keys that all calls of a client share."""

    def __init__(
        self,
        endpoint: str,
        credentials: CredentialsProvider,
        *,
        clock: Clock,
        rng: random.Random,
        nonce: Callable[[], str],
        user_agent: str,
        http: httpx.BaseTransport | None,
        max_qps: float,
    ) -> None:
        self._endpoint = endpoint.rstrip("/")
        self._credentials = credentials
        self._clock = clock
        self._rng = rng
        self._nonce = nonce
        self._max_qps = max_qps
        self._rate_limiters: dict[str, RateLimiter] = {}  # by action: ESA's quota
        self._connections = http or open_transport(self._endpoint)
        self._headers = {"user-agent": user_agent, **UNCOMPRESSED}
        self._is_closed = False
        self._interrupted = threading.Event()

    def close(self) -> None:
        """Close all connections."""
        self._is_closed = True
        self._connections.close()

    def interrupt(self) -> None:
        """From now on, send no call that changes something; a call that is under way goes on."""
        self._interrupted.set()

    def deadline_for(self, limits: CallLimits) -> float:
        """The deadline of an operation that begins now, on the monotonic clock."""
        return self._clock.monotonic() + limits.seconds

    def call(
        self,
        call: ApiCall,
        read: Callable[[dict[str, Any]], T],
        *,
        deadline: float,
        attempts: int | None = None,
    ) -> T:
        """The value that `read` returns for the content of the answer; raises EsaError.

        `deadline` is a time on the monotonic clock.
        """
        policy = RetryPolicy(
            self._clock, self._rng, call.safe_to_repeat, deadline, attempts
        )
        spans = RequestSpans(call.method, self._endpoint)
        refusals: list[EsaError] = []

        def attempt() -> T:
            try:
                return read(self._attempt(call, deadline, spans))
            except OutOfTime:
                if refusals:  # what ESA said before is why there is no time left
                    raise refusals[-1] from None
                raise
            except EsaError as error:
                refusals.append(error)
                raise

        with call_span(call.action, _subject(call)):
            return policy.retrying()(attempt)

    def _attempt(
        self, call: ApiCall, deadline: float, spans: RequestSpans
    ) -> dict[str, Any]:
        credentials = self._keys(call, deadline)
        try:
            return self._send(call, credentials, deadline, spans)
        except WrongClock:
            raise
        except BadCredentials:
            if not self._credentials.renew(credentials, self._left(call, deadline)):
                raise
            _log.debug("%s: the key was refused, and has been renewed", call.action)
        return self._send(call, self._keys(call, deadline), deadline, spans)

    def _keys(self, call: ApiCall, deadline: float) -> Credentials:
        """The keys to sign with; raises NoCredentials if one is not valid in a header: httpx would log it."""
        credentials = self._credentials.get(self._left(call, deadline))
        for name, value in _KEY_PARTS:
            if has_bad_character(value(credentials)):
                raise NoCredentials(f"{call.action}: the {name} {BAD_CHARACTER}")
        return credentials

    def _left(self, call: ApiCall, deadline: float) -> float:
        """The seconds until the deadline, more than 0; raises OutOfTime."""
        left = deadline - self._clock.monotonic()
        if left <= 0:
            raise _not_sent_in_time(call)
        return left

    def _send(
        self,
        call: ApiCall,
        credentials: Credentials,
        deadline: float,
        spans: RequestSpans,
    ) -> dict[str, Any]:
        new = RateLimiter(self._clock, self._max_qps)
        rate_limiter = self._rate_limiters.setdefault(call.action, new)
        sent = rate_limiter.wait(deadline, lambda: self._is_refused(call))
        if self._is_refused(call):
            raise Interrupted(f"{call.action}: not sent, as the run was interrupted")
        if sent is None:
            raise _not_sent_in_time(call)
        with spans.request() as span:
            answer = run_within(
                self._left(call, deadline),
                lambda: self._exchange(call, credentials, deadline),
                lambda: _too_late(call),
            )
            span.answered(answer.status)
            try:
                content = read_answer(answer, _effect_note(call))
            except EsaError as error:
                if isinstance(error, ApiError):
                    span.refused(error.status, error.code, str(error))
                    span.understood(error.request_id)
                if isinstance(error, Throttled):
                    rate_limiter.refused(sent, error.retry_after)
                else:
                    rate_limiter.passed()
                raise
            span.understood(content.get("RequestId"))
        rate_limiter.passed()
        return content

    def _is_refused(self, call: ApiCall) -> bool:
        """Whether the run was interrupted; what a call before has done is still looked up."""
        return self._interrupted.is_set() and call.method != "GET"

    def _exchange(
        self, call: ApiCall, credentials: Credentials, deadline: float
    ) -> HttpAnswer:
        began = self._clock.monotonic()

        def send() -> tuple[httpx.Response, bytes]:
            if self._is_closed:
                raise RuntimeError(f"{call.action}: the client has been closed")
            request = self._request(call, deadline)
            with Acs3Auth(credentials, self._clock, self._nonce).signed(request):
                response = self._connections.handle_request(request)
            response.request = request
            with contextlib.closing(response):
                return response, self._body(call, response, deadline)

        response, body = with_translated_errors(
            call.action, self._endpoint, _effect_note(call), send
        )
        _log.debug(
            "%s: HTTP %d, %d bytes in %.3f s",
            call.action,
            response.status_code,
            len(body),
            self._clock.monotonic() - began,
        )
        return HttpAnswer(
            call.action,
            response.status_code,
            response.headers,
            body,
            self._clock.now(),
            credentials,
        )

    def _request(self, call: ApiCall, deadline: float) -> httpx.Request:
        headers = {
            **self._headers,
            "accept": "application/json",
            "x-acs-action": call.action,
            "x-acs-version": VERSION,
        }
        body = None
        if call.form is not None:
            headers["content-type"] = "application/x-www-form-urlencoded"
            body = urlencode(sorted(call.form.items())).encode()
        query = canonical_query(call.query.items())
        allowed = timeouts(
            max(0.0, deadline - self._clock.monotonic()),
            safe_to_repeat=call.safe_to_repeat,
        )
        return httpx.Request(
            call.method,
            f"{self._endpoint}/?{query}" if query else f"{self._endpoint}/",
            content=body,
            headers=headers,
            extensions={
                "timeout": allowed.as_dict(),
                "trace": self._abort_if_late(call, deadline),
            },
        )

    def _abort_if_late(
        self, call: ApiCall, deadline: float
    ) -> Callable[[str, object], None]:
        """A trace function that aborts a request after the deadline, just before it would be sent.

        Without it, a request that waited for a connection could be sent after its caller stopped waiting.
        """

        def watch(event: str, _: object) -> None:
            is_sent_now = event.endswith(".send_request_headers.started")
            if is_sent_now and self._clock.monotonic() >= deadline:
                raise _not_sent_in_time(call)

        return watch

    def _body(self, call: ApiCall, response: httpx.Response, deadline: float) -> bytes:
        def refuse_lateness() -> None:
            if self._clock.monotonic() >= deadline:
                raise _too_late(call)

        try:
            return read_body(response, refuse_lateness)
        except BodyError as error:
            raise NoAnswer(
                f"{call.action}: the answer {error}, so it is not ESA's{_effect_note(call)}"
            ) from None


def _subject(call: ApiCall) -> dict[str, str | None]:
    """What the call is about, for its span."""
    given = {**call.query, **(call.form or {})}
    kind = "plan" if call.action.endswith("Execution") else "job"
    return {f"esa.{kind}_id": given.get("Id"), "esa.site_id": given.get("SiteId")}


def _effect_note(call: ApiCall) -> str:
    return "" if call.safe_to_repeat else "; ESA may have carried the call out"


def _not_sent_in_time(call: ApiCall) -> OutOfTime:
    return OutOfTime(
        f"{call.action}: not sent, as its time was over before its turn came; allow more "
        "time by esa-prefetch:deadline"
    )


def _too_late(call: ApiCall) -> TimedOut:
    return TimedOut(
        f"{call.action}: no complete answer before the deadline{_effect_note(call)}; allow "
        "more time by esa-prefetch:deadline"
    )
