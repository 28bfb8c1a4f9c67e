"""Sends the requests of Alibaba's credentials library over our own connections.

The library itself sets no limit on the size of an answer, follows redirects to any host, uses a proxy even for
this machine, and quotes its requests in error messages.
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
from pulumi_esa_prefetch.api.errors import (
    KeysNotFetched,
    NoCredentials,
    Unreachable,
)
from pulumi_esa_prefetch.settings.hosts import (
    METADATA,
    may_be_sent_keys,
    plain_http_refusal,
)

_MODULES = "alibabacloud_credentials.provider."
_REPLACED = "TeaCore"
_MILLISECONDS = 1000.0

# True by default: the library's own threads use the metadata service only, and other code in this process may
# use the library too.
_allow_http: ContextVar[bool] = ContextVar("allow_http", default=True)


@contextlib.contextmanager
def plain_http(*, allowed: bool) -> Generator[None]:
    """Within this block, whether this thread may fetch keys from another machine over plain HTTP."""
    token = _allow_http.set(allowed)
    try:
        yield
    finally:
        _allow_http.reset(token)


def replace_http_client() -> None:
    """Replace the HTTP client in the library's modules, which must be imported before.

    Raises NoCredentials if this version of the library has none to replace.
    """
    modules = [
        module
        for name, module in list(sys.modules.items())
        if name.startswith(_MODULES) and hasattr(module, _REPLACED)
    ]
    if not modules:
        raise NoCredentials(
            "this version of alibabacloud-credentials is not supported: install an older one"
        )
    for module in modules:
        setattr(module, _REPLACED, _HttpxTeaCore)


class _HttpxTeaCore:
    """The replacement of `Tea.core.TeaCore`, with the only function that the library calls."""

    @staticmethod
    def do_action(request: Any, options: Mapping[str, Any] | None = None) -> Any:
        from Tea.response import TeaResponse  # noqa: PLC0415 -- imported with the library

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
        fault = KeysNotFetched(f"no answer from {origin}: {failure_reason(error)}")
    # Raised outside `except`, so that httpx's error is not chained: its text may hold a header.
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
    """The URL without its path; the library stores an IPv6 address without brackets."""
    scheme, host = request.protocol.lower(), str(request.headers.get("host") or "")
    given, slashes, rest = host.partition("://")
    if slashes:
        scheme, host = given.lower(), rest
    host = host.rstrip("/")
    if host.count(":") > 1 and not host.startswith("["):
        host = f"[{host}]"
    port = request.port if request.port != 80 else None  # noqa: PLR2004 -- means "no port"
    return f"{scheme}://{host}{f':{port}' if port else ''}"


def _refuse_plain_http(origin: str) -> None:
    parts = urlsplit(origin)
    host = parts.hostname or ""
    is_plain_http = parts.scheme != "https" and host != METADATA
    if is_plain_http and not may_be_sent_keys(host) and not _allow_http.get():
        raise NoCredentials(plain_http_refusal(origin))
