"""The signature of a request, as parsed from either scheme; not yet checked."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestSignature:
    """Who signed, when, and with which nonce.

    `sign` computes the signature that a secret would give. `string_to_sign` is for the
    error message; the security token in it is replaced.
    """

    scheme: str
    access_key_id: str
    signature: str
    timestamp: str
    nonce: str
    security_token: str | None
    string_to_sign: str
    sign: Callable[[str], str]
