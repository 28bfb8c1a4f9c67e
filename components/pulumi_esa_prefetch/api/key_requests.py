"""The requests of the official credentials library, sent over our own connections; knows no place of keys.

That library asks without a bound on the answer, follows redirects to anywhere, goes through a proxy to
this machine too, and quotes in its errors what it sent.
"""

import contextlib
import sys
from collections.abc import Generator, Mapping
from contextvars import ContextVar
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from pulumi_esa_prefetch.api.bounded_bodies import BodyError, read_body
from pulumi_esa_prefetch.api.connection import (
    UNCOMPRESSED,
    failure_reason,
    open_transport,
)
from pulumi_esa_prefetch.api.errors import NoCredentials, Unreachable
from pulumi_esa_prefetch.settings.hosts import (
    METADATA,
    may_be_sent_keys,
    plain_http_refusal,
)

_MODULES = "alibabacloud_credentials.provider."
_REPLACED = "TeaCore"
_MILLISECONDS = 1000.0

# The library's own threads ask the metadata service only, and others in this process may use it too.
_allow_http: ContextVar[bool] = ContextVar("allow_http", default=True)


@contextlib.contextmanager
def plain_http(*, allowed: bool) -> Generator[None]:
    """Whether requests of this thread may ask another machine for keys over plain http."""
    token = _allow_http.set(allowed)
    try:
        yield
    finally:
        _allow_http.reset(token)


def replace_http_client() -> None:
    """Send what the library's modules, imported before, would send; raises NoCredentials if they have no door."""
    modules = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(_MODULES) and hasattr(module, _REPLACED)
    ]
    if not modules:
        raise NoCredentials(
            "this version of alibabacloud-credentials is not known here: install an older one"
        )
    for module in modules:
        setattr(module, _REPLACED, _HttpxTeaCore)


class _HttpxTeaCore:
    """What the library sends requests with: the one function of `Tea.core.TeaCore` that it calls."""

    @staticmethod
    def do_action(request: Any, options: Mapping[str, Any] | None = None) -> Any:
        from Tea.response import TeaResponse  # noqa: PLC0415 -- there once the library is

        answer, body = _send(request, options or {})
        response: Any = TeaResponse()
        response.status_code = answer.status_code
        response.status_message = answer.reason_phrase
        response.headers = dict(answer.headers)
        response.body = body
        return response


def _send(request: Any, options: Mapping[str, Any]) -> tuple[httpx.Response, bytes]:
    origin = _origin(request)
    _refuse_plain_http(origin)
    try:
        with (
            _transport(origin) as transport,
            contextlib.closing(
                transport.handle_request(_http_request(request, origin, options))
            ) as answer,
        ):
            return answer, read_body(answer, lambda: None)
    except BodyError as error:
        fault = NoCredentials(f"the answer of {origin} {error}")
    except (httpx.HTTPError, httpx.InvalidURL, ValueError, TypeError) as error:
        fault = NoCredentials(f"no answer from {origin}: {failure_reason(error)}")
    # Here, with no error of the HTTP library in its chain: its text may hold a header.
    raise fault


def _http_request(
    request: Any, origin: str, options: Mapping[str, Any]
) -> httpx.Request:
    headers = {k: v for k, v in request.headers.items() if k.lower() != "host"}
    query = urlencode({k: str(v) for k, v in request.query.items() if v is not None})
    timeout = httpx.Timeout(
        (options.get("readTimeout") or 10_000) / _MILLISECONDS,
        connect=(options.get("connectTimeout") or 5_000) / _MILLISECONDS,
    )
    return httpx.Request(
        request.method,
        f"{origin}{request.pathname or '/'}{query and f'?{query}'}",
        headers={**headers, **UNCOMPRESSED},
        content=request.body or None,
        extensions={"timeout": timeout.as_dict()},
    )


def _transport(origin: str) -> httpx.HTTPTransport:
    try:
        return open_transport(origin, allow_http=_allow_http.get())
    except Unreachable as error:
        fault = NoCredentials(str(error))
    raise fault


def _origin(request: Any) -> str:
    """The URL without its path; the library keeps an IPv6 address without its brackets."""
    scheme, host = request.protocol.lower(), str(request.headers.get("host") or "")
    given, slashes, rest = host.partition("://")
    if slashes:
        scheme, host = given.lower(), rest
    host = host.rstrip("/")
    if host.count(":") > 1 and not host.startswith("["):
        host = f"[{host}]"
    port = request.port if request.port != 80 else None  # noqa: PLR2004 -- its "none"
    return f"{scheme}://{host}{f':{port}' if port else ''}"


def _refuse_plain_http(origin: str) -> None:
    parts = urlsplit(origin)
    host = parts.hostname or ""
    is_open = parts.scheme != "https" and host != METADATA
    if is_open and not may_be_sent_keys(host) and not _allow_http.get():
        raise NoCredentials(plain_http_refusal(origin))
