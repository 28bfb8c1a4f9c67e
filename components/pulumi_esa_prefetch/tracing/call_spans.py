"""The spans of an API call: one for the call (RPC), and one for each time that it is sent (HTTP)."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from urllib.parse import urlsplit

from pulumi_esa_prefetch.tracing.spans import Attributes, Span, span

_SERVICE = "ESA"


def call_span(action: str, about: Attributes) -> AbstractContextManager[Span]:
    """A span around a call with all its requests."""
    names = {"rpc.service": _SERVICE, "rpc.method": action}
    attributes = {"rpc.system": "alibaba-cloud-api", **names, **about}
    return span(f"{_SERVICE}/{action}", attributes, kind="client")


class RequestSpan:
    """The span of one request."""

    def __init__(self, recorded: Span) -> None:
        self._span = recorded

    def answered(self, status: int) -> None:
        """Record the status of the answer."""
        self._span.set({"http.response.status_code": status})

    def understood(self, request_id: object) -> None:
        """Record ESA's id of the request."""
        found = request_id if isinstance(request_id, str) else None
        self._span.set({"esa.request_id": found})

    def refused(self, status: int, code: str, sentence: str) -> None:
        """Record with what ESA refused the request."""
        self._span.set({"esa.code": code})
        self._span.fail(str(status), sentence)


class RequestSpans:
    """The requests of one call, counted."""

    def __init__(self, method: str, endpoint: str) -> None:
        self._method = method
        self._endpoint = endpoint
        self._count = 0

    @contextmanager
    def request(self) -> Iterator[RequestSpan]:
        """A span around one request; its URL has no query."""
        parts = urlsplit(self._endpoint)
        before, self._count = self._count, self._count + 1
        attributes = {
            "http.request.method": self._method,
            "http.request.resend_count": before or None,
            "server.address": parts.hostname,
            "server.port": parts.port or (443 if parts.scheme == "https" else 80),
            "url.full": f"{self._endpoint}/",
        }
        with span(self._method, attributes, kind="client") as recorded:
            yield RequestSpan(recorded)
