"""Calls the webhook: one POST of JSON, within a few seconds, never a second time; a failure is one sentence."""

import contextlib
import json
import threading

import httpx

from pulumi_esa_prefetch.api.call_limits import run_within
from pulumi_esa_prefetch.api.connection import open_transport, with_translated_errors
from pulumi_esa_prefetch.api.errors import EsaError, TimedOut
from pulumi_esa_prefetch.settings.webhook import WebhookTarget
from pulumi_esa_prefetch.webhook.plan_end import PlanEnd

SECONDS = 5.0
"""The longest time that a call may take."""
_NAME = "esa-prefetch:webhook"


class Webhook:
    """The calls of one run; once there was no answer, none is made any more, so that a run waits for it once."""

    def __init__(self, target: WebhookTarget, *, seconds: float = SECONDS) -> None:
        self._target = target
        self._seconds = seconds
        self._gave_up = threading.Event()

    def call(self, end: PlanEnd) -> str:
        """Say how a wait ended; what went wrong as one sentence, empty if nothing did or nothing was sent."""
        if self._gave_up.is_set():
            return ""
        try:
            status = run_within(self._seconds, lambda: self._post(end), self._late)
        except EsaError as error:
            self._gave_up.set()
            return f"{error}; it is not called again in this run"
        if httpx.codes.is_success(status):
            return ""
        return f"{_NAME}: {self._target.origin} answers HTTP {status} to the end of plan {end.job}:{end.plan}"

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
