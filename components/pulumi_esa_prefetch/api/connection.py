"""HTTP connections to one endpoint, and the translation of httpx's errors into ours; signs nothing."""

import re
import ssl
from collections.abc import Callable, Generator
from http import HTTPStatus
from typing import TypeVar
from urllib.request import getproxies

import httpx

from pulumi_esa_prefetch.api.errors import NoAnswer, TimedOut, Unreachable, Untrusted
from pulumi_esa_prefetch.api.proxies import PROXY_CREDENTIALS, proxy_for
from pulumi_esa_prefetch.settings.hosts import may_be_sent_keys, proxy_refusal

# Seconds; the first two are the values of Alibaba's SDK.
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 10.0
LONG_READ_TIMEOUT = 60.0
"""For a call that changes something: after a timeout ESA may still carry it out, and undo a later call."""

UNCOMPRESSED = {"accept-encoding": "identity"}
"""The header that asks for an uncompressed answer: its size is easier to limit, and the limit can be lower."""

PROXY_VARIABLES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY"

T = TypeVar("T")

_NEVER_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
    UnicodeError,  # a host such as `xn--a`
)
# Errors whose text comes from the operating system or TLS. The text of all others may quote the request, keys
# included, or the answer, which may repeat it: `Illegal header value b'...'`, `illegal header line: ...`.
_NETWORK_ERRORS = (httpx.NetworkError, httpx.TimeoutException, OSError)
_REASONS: dict[type[Exception], str] = {
    httpx.LocalProtocolError: "a header of the request has a character that HTTP does not allow",
    httpx.UnsupportedProtocol: "it begins with neither http:// nor https://",
    httpx.InvalidURL: "it is not a URL",
    UnicodeError: "its name is not a host's",
}
# As in `[Errno 111] Connection refused`, `_ssl.c:989: The handshake ... timed out`.
_NOISE = re.compile(r"\[[^]]*\]\s*|\(?_ssl\.c:\d+\)?:?\s*")


def open_transport(endpoint: str, *, allow_http: bool = False) -> httpx.HTTPTransport:
    """Connections with the certificate authorities and the proxy that the environment names for the endpoint.

    They follow no redirect. It is no httpx.Client, which takes as long again for a request, and logs whole URLs: one
    of access keys may hold secrets. httpx itself must not read the proxy variables, because one invalid variable would
    break all calls. Raises Untrusted and Unreachable.
    """
    return _with_setup_errors(
        lambda: (
            _proxy_transport(endpoint, allow_http=allow_http)
            or _own_transport(endpoint)
        )
    )


def open_direct_transport() -> httpx.HTTPTransport:
    """Connections without a proxy, whatever the environment names, and any number of them; raises Untrusted."""
    return _with_setup_errors(lambda: httpx.HTTPTransport(limits=httpx.Limits()))


def _proxy_transport(endpoint: str, *, allow_http: bool) -> httpx.HTTPTransport | None:
    """The connections through a proxy, None if there is no proxy; raises Unreachable if the proxy could read keys.

    With https the proxy cannot read what it forwards (CONNECT). With plain http it receives the whole request, so
    it must be a host that may receive keys. Otherwise the request is refused. It is not sent without the proxy:
    a user who names a proxy expects its use, and may have no other route to the host.
    """
    proxies = getproxies()
    found = proxy_for(endpoint, proxies)
    if not found:
        return None
    proxy = httpx.Proxy(found)
    is_plain_http = not endpoint.lower().startswith("https:")
    if is_plain_http and not allow_http and not may_be_sent_keys(proxy.url.host):
        variable = "HTTP_PROXY" if proxies.get("http") else "ALL_PROXY"
        raise Unreachable(proxy_refusal(endpoint, variable))
    return httpx.HTTPTransport(proxy=proxy)


def _own_transport(endpoint: str) -> httpx.HTTPTransport:
    """The connections without a proxy.

    Plain HTTP shows no certificate, so no authorities are read, which takes as long as thirty calls: these connections
    trust no server over https.
    """
    if endpoint.lower().startswith("http:"):
        return httpx.HTTPTransport(verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT))
    return httpx.HTTPTransport()


def _with_setup_errors(make: Callable[[], httpx.HTTPTransport]) -> httpx.HTTPTransport:
    try:
        return make()
    except OSError as error:
        fault: NoAnswer = Untrusted(
            f"no connection can be set up ({failure_reason(error)}); check SSL_CERT_FILE and "
            "SSL_CERT_DIR"
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        fault = _unusable_proxy(error)
    # Raised outside `except`, so that httpx's error is not chained: it may quote a part of a password.
    raise fault


def timeouts(left: float, *, safe_to_repeat: bool) -> httpx.Timeout:
    """The timeouts of a request that may take `left` seconds in total."""
    longest = READ_TIMEOUT if safe_to_repeat else LONG_READ_TIMEOUT
    return httpx.Timeout(min(longest, left), connect=min(CONNECT_TIMEOUT, left))


def with_translated_errors(
    action: str, endpoint: str, effect_note: str, send: Callable[[], T]
) -> T:
    """The result of `send`; raises NoAnswer for an error of httpx. It is the only place that translates them.

    `effect_note` is added to the message if the call may have had its effect.
    """
    try:
        return send()
    except _NEVER_SENT as error:
        fault: NoAnswer = _not_sent(action, endpoint, error)
    except httpx.TimeoutException:
        fault = TimedOut(f"{action}: no answer from {endpoint} in time{effect_note}")
    except httpx.HTTPError as error:
        fault = NoAnswer(
            f"{action}: the connection to {endpoint} broke before the answer was "
            f"complete ({failure_reason(error)}){effect_note}"
        )
    # Raised outside `except`, so that httpx's error is not chained: its text may hold a header.
    raise fault


def failure_reason(error: Exception) -> str:
    """Why a request failed, without any text of the request or of the answer."""
    if isinstance(error, httpx.ProxyError):
        return _proxy_reason(error)
    if isinstance(error, _NETWORK_ERRORS):
        return _NOISE.sub("", str(error)).strip() or type(error).__name__
    known = (text for kind, text in _REASONS.items() if isinstance(error, kind))
    return next(known, "the answer is not HTTP, or ended too early")


def _proxy_reason(error: httpx.ProxyError) -> str:
    """The status of the proxy's answer, without its reason phrase, which is the proxy's own text."""
    code = str(error)[:3]
    try:
        status = HTTPStatus(int(code))
    except ValueError:
        return "the proxy refuses"
    advice = (
        f"; {PROXY_CREDENTIALS}"
        if status is HTTPStatus.PROXY_AUTHENTICATION_REQUIRED
        else ""
    )
    return f"the proxy answers {status.value} {status.phrase}{advice}"


def _unusable_proxy(error: Exception) -> Unreachable:
    """The error for an invalid proxy variable, without the text of httpx's error."""
    if isinstance(error, ImportError) and "socks" in str(error).lower():
        why = (
            "a SOCKS proxy needs the package socksio; run `pip install socksio`, or name "
            "an HTTP proxy"
        )
    else:
        why = (
            "its value is not understood; write a proxy as http://host:port, with %2F for "
            "/ and the like in a user name or password"
        )
    return Unreachable(f"a proxy variable ({PROXY_VARIABLES}) cannot be used: {why}")


def _not_sent(action: str, endpoint: str, error: Exception) -> NoAnswer:
    tls = next((e for e in _causes(error) if isinstance(e, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return Untrusted(
            f"{action}: the certificate of {endpoint} is not trusted "
            f"({tls.verify_message}); for a private authority set SSL_CERT_FILE"
        )
    if tls is not None and "WRONG_VERSION" in str(tls):
        return Untrusted(
            f"{action}: {endpoint} does not speak TLS; if it speaks plain HTTP, write "
            "the endpoint with http://"
        )
    return Unreachable(
        f"{action}: no connection to {endpoint} ({failure_reason(error)}); check the endpoint, "
        f"the network and the proxy variables{_plain_http_hint(endpoint, error)}"
    )


def _plain_http_hint(endpoint: str, error: Exception) -> str:
    """The advice to use http://, if the TLS handshake did not complete.

    A server without TLS closes the connection, resets it, or waits for the end of the line.
    """
    is_broken = any(
        isinstance(cause, (ssl.SSLError, ConnectionResetError))
        or "handshake" in str(cause)
        for cause in _causes(error)
    )
    if not is_broken or not endpoint.startswith("https:"):
        return ""
    return ", or write http:// before it if it speaks no TLS"


def _causes(error: BaseException | None) -> Generator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__
