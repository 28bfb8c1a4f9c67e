"""Asks the edge for the first byte of a file, and reads how the cache answered; never asks twice."""

import threading
from typing import Final
from urllib.request import getproxies

import httpx

from pulumi_esa_prefetch.api.call_limits import run_within
from pulumi_esa_prefetch.api.connection import (
    failure_reason,
    open_direct_transport,
    open_transport,
)
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
    # A host may close a connection between two requests. The second one would fail, and must not be repeated.
    "connection": "close",
    "user-agent": "pulumi-esa-prefetch",
}
_PORTS: Final = {"http": 80, "https": 443}
_LONGEST_STATUS: Final = 40
_LONGEST_VIA: Final = 200
_LONGEST_AGE: Final = 12


class EdgeClient:
    """Asks for URLs, each on a connection of its own; safe to share between threads.

    It follows no redirect and repeats nothing: the first request warms the edge, so a second one says nothing.
    Raises Untrusted if the certificate authorities of the environment cannot be read.
    """

    def __init__(
        self,
        *,
        resolve: Resolve | None = None,
        seconds: float = SECONDS,
    ) -> None:
        self._resolve = resolve or Resolve()
        self._seconds = seconds
        self._direct = open_direct_transport()
        self._proxied: dict[str, httpx.HTTPTransport] = {}
        self._lock = threading.Lock()

    def close(self) -> None:
        """Close what is open."""
        with self._lock:
            transports = [self._direct, *self._proxied.values()]
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
            # `ask` has given up before: this ends the thread that is left.
            extensions={"timeout": httpx.Timeout(2 * self._seconds).as_dict()},
        )
        response = self._transport(request).handle_request(request)
        response.close()
        return read_answer(url, response)

    def _transport(self, request: httpx.Request) -> httpx.HTTPTransport:
        """What sends a request, which is changed to go to the address that was given for its host."""
        asked = request.url
        port = asked.port or _PORTS.get(asked.scheme, 0)
        # In ASCII: httpx gives `host` in Unicode.
        host = asked.raw_host.decode("ascii")
        given = self._resolve.address_of(host, port)
        if given is not None:
            request.extensions["sni_hostname"] = host
            request.url = asked.copy_with(host=given[0], port=given[1])
            return self._direct
        proxy = proxy_for(str(asked), getproxies())
        if proxy is None:
            return self._direct
        with self._lock:
            if proxy not in self._proxied:
                self._proxied[proxy] = open_transport(str(asked), allow_http=True)
            return self._proxied[proxy]


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


def _late(seconds: float) -> TimedOut:
    return TimedOut(f"no answer within {seconds:g} s")
