"""Asks the edge for the first byte of a file, and reads how the cache answered; never asks twice."""

import threading
from collections.abc import Callable
from typing import Final
from urllib.request import getproxies

import httpx

from pulumi_esa_prefetch.api.call_limits import run_within
from pulumi_esa_prefetch.api.connection import failure_reason, open_transport
from pulumi_esa_prefetch.api.errors import EsaError, TimedOut
from pulumi_esa_prefetch.api.proxies import proxy_for
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.warmth.edge_answer import FAILED, NO_STATUS, EdgeAnswer
from pulumi_esa_prefetch.warmth.resolve import Resolve

SECONDS: Final = 10.0
"""So long may one answer take, with the connection."""

_HEADERS: Final = {
    # as prefetch asks: the edge may keep a compressed and a plain copy
    "accept-encoding": "gzip",
    "range": "bytes=0-0",
    "user-agent": "pulumi-esa-prefetch",
}
_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_STATUS: Final = 40
_LONGEST_VIA: Final = 200
_LONGEST_AGE: Final = 12


class EdgeClient:
    """Asks for URLs; safe to share between threads, which share its connections.

    It follows no redirect and repeats nothing: the first request warms the edge, so a second one says nothing.
    """

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        seconds: float = SECONDS,
        open_connections: Callable[[str | None], httpx.BaseTransport] | None = None,
    ) -> None:
        self._resolve = resolve or Resolve()
        self._seconds = seconds
        self._open = open_connections or _open_transport
        self._transports: dict[str, httpx.BaseTransport] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close all connections."""
        with self._lock:
            transports = list(self._transports.values())
            self._transports.clear()
        for transport in transports:
            transport.close()

    def ask(self, url: str) -> EdgeAnswer:
        """The answer for this URL; what fails becomes an answer too."""
        try:
            return run_within(
                self._seconds, lambda: self._asked(url), lambda: _late(self._seconds)
            )
        except EsaError as error:
            reason = str(error)
        except Exception as error:  # noqa: BLE001 -- a host may answer anything
            reason = failure_reason(error)
        return EdgeAnswer(url, FAILED, error=one_line(reason))

    def _asked(self, url: str) -> EdgeAnswer:
        request = httpx.Request(
            "GET",
            url,
            headers=_HEADERS,
            extensions={"timeout": httpx.Timeout(self._seconds).as_dict()},
        )
        response = self._transport(request).handle_request(request)
        try:
            if response.headers.get("content-length") in ("0", "1"):
                # Read, so that the connection can be used again.
                for _ in response.iter_raw():
                    pass
        finally:
            response.close()
        return read_answer(url, response)

    def _transport(self, request: httpx.Request) -> httpx.BaseTransport:
        """The connections for a request, which is changed to go to the address that was given for its host."""
        asked = request.url
        port = asked.port or _PORTS.get(asked.scheme, 0)
        given = self._resolve.address_of(asked.host, port)
        if given is None:
            key = proxy_for(str(asked), getproxies()) or ""
        else:
            # Connections by host: hosts of one address differ in name (SNI) and certificate.
            key = f"{asked.host}:{port}"
            request.extensions["sni_hostname"] = asked.host
            request.url = asked.copy_with(host=given[0], port=given[1])
        with self._lock:
            if key not in self._transports:
                self._transports[key] = self._open(
                    str(asked) if given is None else None
                )
            return self._transports[key]


def read_answer(url: str, response: httpx.Response) -> EdgeAnswer:
    """What the headers of an answer say."""
    headers = response.headers
    status = one_line(headers.get("x-site-cache-status", ""), _LONGEST_STATUS).upper()
    age = headers.get("age", "").strip()
    is_age = age.isascii() and age.isdigit() and len(age) <= _LONGEST_AGE
    return EdgeAnswer(
        url,
        status or NO_STATUS,
        http_status=response.status_code,
        age=int(age) if is_age else None,
        via=one_line(headers.get("via", ""), _LONGEST_VIA),
    )


def _open_transport(url: str | None) -> httpx.BaseTransport:
    """Connections with the proxy that the environment names for the URL; None: to an address that was given."""
    return (
        httpx.HTTPTransport() if url is None else open_transport(url, allow_http=True)
    )


def _late(seconds: float) -> TimedOut:
    return TimedOut(f"no answer within {seconds:g} s")
