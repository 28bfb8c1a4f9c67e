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
    """Connections with the proxies and authorities that the environment names."""
    try:
        return httpx.Client(
            transport=transport,
            headers={"user-agent": user_agent},
            mounts=None if transport else _past_the_proxy(endpoint),
        )
    except (OSError, ValueError) as error:
        raise Untrusted(
            f"no connection can be set up ({_reason(error)}); check SSL_CERT_FILE, "
            "SSL_CERT_DIR and the proxy variables"
        ) from None


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


def _past_the_proxy(endpoint: str) -> dict[str, None]:
    """A proxy set for the internet cannot reach an ESA on this machine."""
    address = urlsplit(endpoint)
    host = address.hostname or ""
    near = host in {"localhost", "::1"} or host.startswith("127.")
    return {f"all://{address.netloc}": None} if near else {}


def _not_sent(action: str, endpoint: str, error: Exception) -> NoAnswer:
    tls = next((e for e in _causes(error) if isinstance(e, ssl.SSLError)), None)
    if isinstance(tls, ssl.SSLCertVerificationError):
        return Untrusted(
            f"{action}: the certificate of {endpoint} is not trusted "
            f"({tls.verify_message}); for a private authority set SSL_CERT_FILE"
        )
    if tls is not None and "WRONG_VERSION" in (tls.reason or ""):
        return Untrusted(
            f"{action}: {endpoint} does not speak TLS; if it speaks plain HTTP, write "
            "the endpoint with http://"
        )
    return Unreachable(
        f"{action}: no connection to {endpoint} ({_reason(error)}); check the endpoint, "
        "the network and the proxy variables"
    )


def _causes(error: BaseException | None) -> Generator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def _reason(error: Exception) -> str:
    return _NOISE.sub("", str(error)).strip() or type(error).__name__
