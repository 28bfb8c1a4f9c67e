"""Calls the webhook: one POST of JSON, within a few seconds, never a second time; a failure is one sentence."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator

import httpx

from pulumi_esa_prefetch.api.call_limits import run_within
from pulumi_esa_prefetch.api.connection import open_transport, with_translated_errors
from pulumi_esa_prefetch.api.errors import EsaError, TimedOut
from pulumi_esa_prefetch.settings.webhook import WebhookTarget
from pulumi_esa_prefetch.webhook.plan_end import PlanEnd

SECONDS = 5.0
"""The longest time that a call may take."""
ALL_SECONDS = 120.0
"""The time in which a run may be calling, at once or one after the other."""
_NAME = "esa-prefetch:webhook"


class Webhook:
    """The calls of one run; once there was no answer, or all took too long, none is made any more."""

    def __init__(
        self,
        target: WebhookTarget,
        *,
        seconds: float = SECONDS,
        all_seconds: float = ALL_SECONDS,
    ) -> None:
        self._target = target
        self._seconds = seconds
        self._all_seconds = all_seconds
        self._gave_up = threading.Event()
        self._lock = threading.Lock()
        self._running = 0
        self._since = 0.0
        self._spent = 0.0

    def call(self, end: PlanEnd) -> str:
        """Say how a wait ended; what went wrong as one sentence, empty if nothing did or nothing was sent."""
        if self._gave_up.is_set():
            return ""
        try:
            with self._counted():
                status = run_within(self._seconds, lambda: self._post(end), self._late)
        except EsaError as error:
            return self._give_up(str(error))
        problem = ""
        if not httpx.codes.is_success(status):
            problem = f"{_NAME}: {self._target.origin} answers HTTP {status} to the end of plan {end.job}:{end.plan}"
        if self._spent < self._all_seconds:
            return problem
        return self._give_up(
            problem or f"{_NAME}: {self._target.origin} answers too slowly"
        )

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        """Count the time of a call; calls at the same time count once."""
        with self._lock:
            self._since = self._since if self._running else time.monotonic()
            self._running += 1
        try:
            yield
        finally:
            with self._lock:
                now = time.monotonic()
                self._running -= 1
                self._spent, self._since = self._spent + now - self._since, now

    def _give_up(self, problem: str) -> str:
        self._gave_up.set()
        return f"{problem}; it is not called again in this run"

    def _late(self) -> EsaError:
        return TimedOut(
            f"{_NAME}: no answer from {self._target.origin} in {self._seconds:g} seconds"
        )

    def _post(self, end: PlanEnd) -> int:
        """The status of the answer. Raises EsaError. Without a client, which would log the URL."""
        origin, allow_http = self._target.origin, self._target.allow_http
        limit = httpx.Timeout(self._seconds).as_dict()
        with open_transport(origin, allow_http=allow_http) as transport:

            def send() -> int:
                request = httpx.Request(
                    "POST",
                    self._target.url,
                    headers={"content-type": "application/json"},
                    content=json.dumps(end.document()).encode(),
                    extensions={"timeout": limit},
                )
                with contextlib.closing(transport.handle_request(request)) as answer:
                    return answer.status_code

            return with_translated_errors(_NAME, origin, "", send)
