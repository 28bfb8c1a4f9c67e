"""What a signed request says of itself, whichever way it was signed; proves nothing."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class RequestSignature:
    """Who signs, when, with which nonce; `sign` is what the right secret would give.

    `string_to_sign` is the text that was signed, fit for an error message: no token in it.
    """

    scheme: str
    access_key_id: str
    signature: str
    timestamp: str
    nonce: str
    security_token: str | None
    string_to_sign: str
    sign: Callable[[str], str]
