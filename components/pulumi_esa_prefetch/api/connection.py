"""HTTP connections to one endpoint, and all that can be wrong with them in words; signs nothing."""

import contextlib
import re
import ssl
from collections.abc import Generator
from urllib.parse import urlsplit

import httpx

from pulumi_esa_prefetch.api.errors import NoAnswer, TimedOut, Unreachable, Untrusted

# Those of the official SDK.
CONNECT_TIMEOUT = 5.0
READ_TIMEOUT = 10.0
LONG_READ_TIMEOUT = 60.0
"""For a call that changes something: given up, it may still be carried out, and undo what is sent after it."""

PROXY_VARIABLES = "HTTPS_PROXY, HTTP_PROXY, ALL_PROXY, NO_PROXY"

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
# As in `[Errno 111] Connection refused`, `_ssl.c:989: The handshake ... timed out`.
_NOISE = re.compile(r"\[[^]]*\]\s*|\(?_ssl\.c:\d+\)?:?\s*")


def open_client(
    endpoint: str, user_agent: str, transport: httpx.BaseTransport | None
) -> httpx.Client:
    """Connections with the authorities and, to another machine, the proxies that the environment names."""
    try:
        if transport is None and _is_near(endpoint):
            # A proxy set for the internet cannot reach an ESA on this machine. The client
            # reads no proxy variable at all where a transport is given, not even a wrong one.
            transport = httpx.HTTPTransport()
        return httpx.Client(transport=transport, headers={"user-agent": user_agent})
    except OSError as error:
        fault: NoAnswer = Untrusted(
            f"no connection can be set up ({_reason(error)}); check SSL_CERT_FILE and "
            "SSL_CERT_DIR"
        )
    except (ImportError, ValueError, httpx.InvalidURL) as error:
        fault = _unusable_proxy(error)
    # Here, with no error of the library in its chain: that may quote a part of a password.
    raise fault


def timeouts(left: float, *, safe_to_repeat: bool) -> httpx.Timeout:
    """A limit for each wait of a request that may take so many seconds in all."""
    longest = READ_TIMEOUT if safe_to_repeat else LONG_READ_TIMEOUT
    return httpx.Timeout(min(longest, left), connect=min(CONNECT_TIMEOUT, left))


@contextlib.contextmanager
def faults_in_words(action: str, endpoint: str, doubt: str) -> Generator[None]:
    """The one place where the HTTP library's exceptions become ours.

    `doubt` is what to add where the request may have had its effect.
    """
    try:
        yield
    except _NEVER_SENT as error:
        raise _not_sent(action, endpoint, error) from error
    except httpx.TimeoutException as error:
        raise TimedOut(f"{action}: no answer from {endpoint} in time{doubt}") from error
    except httpx.HTTPError as error:
        raise NoAnswer(
            f"{action}: the connection to {endpoint} broke before the answer was "
            f"complete ({_reason(error)}){doubt}"
        ) from error


def _is_near(endpoint: str) -> bool:
    """Whether the endpoint is on this machine."""
    try:
        host = urlsplit(endpoint).hostname or ""
    except ValueError:
        return False  # no URL: that is told when something is sent to it
    return host in {"localhost", "::1"} or host.startswith("127.")


def _unusable_proxy(error: Exception) -> Unreachable:
    """What is wrong with the proxy variables, without the error's text."""
    if isinstance(error, ImportError) and "socks" in str(error).lower():
        why = (
            "a SOCKS proxy needs the package socksio; run `pip install socksio`, or name "
            "an HTTP proxy"
        )
    else:
        why = (
            "its value is not understood; write a proxy as http://host:port, with %2F for "
            "/ and the like in a user name or password, and NO_PROXY as a list of hosts"
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
        f"{action}: no connection to {endpoint} ({_reason(error)}); check the endpoint, "
        f"the network and the proxy variables{_plain_instead(endpoint, error)}"
    )


def _plain_instead(endpoint: str, error: Exception) -> str:
    """What to try where the other side does not take part in a TLS handshake.

    A server without TLS hangs up on it, resets it, or waits for the end of the line.
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


def _reason(error: Exception) -> str:
    return _NOISE.sub("", str(error)).strip() or type(error).__name__
