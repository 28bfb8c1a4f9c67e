"""Signs requests with ACS3-HMAC-SHA256 (Alibaba's page "V3 request structure and signature"); sends nothing."""

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import parse_qsl, quote

import httpx

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.settings.credential_sources import Credentials

ALGORITHM = "ACS3-HMAC-SHA256"

Pairs = Iterable[tuple[str, str]]

_SECRET_HEADERS = ("authorization", "x-acs-security-token")


def canonical_query(parameters: Pairs) -> str:
    """The parameters sorted by name and percent-encoded (RFC 3986); empty values are kept."""
    return "&".join(
        f"{_quote(name)}={_quote(value)}" for name, value in sorted(parameters)
    )


def canonical_headers(headers: Pairs) -> tuple[str, str]:
    """The headers to sign, one on each line, and their names joined by `;`."""
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name.lower(), []).append(value.strip())
    names = sorted(values)
    block = "".join(f"{name}:{','.join(sorted(values[name]))}\n" for name in names)
    return block, ";".join(names)


def canonical_request(
    method: str, path: str, query: Pairs, headers: Pairs, payload_sha256: str
) -> str:
    """The canonical request; `payload_sha256` is the SHA-256 of the body, in lower-case hex."""
    block, names = canonical_headers(headers)
    return "\n".join(
        (method, path, canonical_query(query), block, names, payload_sha256)
    )


def string_to_sign(canonical: str) -> str:
    """The name of the algorithm and the hash of the canonical request."""
    return f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def sign(secret: str, text: str) -> str:
    """The signature in lower-case hex; the HMAC key is the secret alone, without a suffix."""
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Acs3Auth:
    """Signs each request with its own time and nonce; keeps no state between requests."""

    credentials: Credentials
    clock: Clock
    nonce: Callable[[], str]

    @contextmanager
    def signed(self, request: httpx.Request) -> Iterator[None]:
        """The request is signed during the block; after it, no header holds a secret."""
        self._add_acs_headers(request)
        request.headers["authorization"] = self.authorization(request)
        try:
            yield
        finally:
            # The response and every exception of httpx refer to the request, and may be logged.
            for name in _SECRET_HEADERS:
                request.headers.pop(name, None)

    def authorization(self, request: httpx.Request) -> str:
        """The Authorization header of a request that already has its `x-acs-*` headers."""
        headers = [
            (name, value)
            for name, value in request.headers.multi_items()
            if name in ("host", "content-type") or name.startswith("x-acs-")
        ]
        canonical = canonical_request(
            request.method,
            request.url.path or "/",
            parse_qsl(request.url.query.decode("ascii"), keep_blank_values=True),
            headers,
            request.headers["x-acs-content-sha256"],
        )
        signature = sign(self.credentials.access_key_secret, string_to_sign(canonical))
        return (
            f"{ALGORITHM} Credential={self.credentials.access_key_id},"
            f"SignedHeaders={canonical_headers(headers)[1]},Signature={signature}"
        )

    def _add_acs_headers(self, request: httpx.Request) -> None:
        request.headers["x-acs-date"] = self.clock.now().strftime("%Y-%m-%dT%H:%M:%SZ")
        request.headers["x-acs-signature-nonce"] = self.nonce()
        request.headers["x-acs-content-sha256"] = hashlib.sha256(
            request.content
        ).hexdigest()
        if self.credentials.security_token:
            request.headers["x-acs-accesskey-id"] = self.credentials.access_key_id
            request.headers["x-acs-security-token"] = self.credentials.security_token


def _quote(text: str) -> str:
    return quote(text, safe="-_.~")
