"""Reads an ACS3-HMAC-SHA256 signature, by the V3 signature page alone.

It shares no code with the client of this project: a mistake in one cannot hide in the
other.
"""

import hashlib
import hmac
import re
from functools import partial
from urllib.parse import quote

from pulumi_esa_emulator.errors import Problem, missing_parameter
from pulumi_esa_emulator.identity.signature import RequestSignature
from pulumi_esa_emulator.messages.request import ApiRequest

ALGORITHM = "ACS3-HMAC-SHA256"
_AUTHORIZATION = re.compile(
    rf"{ALGORITHM} +Credential=([^,\s]+), *SignedHeaders=([^,\s]+), *Signature=(\w+)",
    re.ASCII,
)


def read_acs3(request: ApiRequest) -> RequestSignature:
    """The signature in the Authorization header; Problem if it is incomplete."""
    found = _AUTHORIZATION.fullmatch(request.headers.get("authorization", ""))
    if not found:
        raise Problem("IncompleteSignature")
    signed = found[2].lower().split(";")
    _check_signed(request, signed)
    _check_body(request)
    text = _string_to_sign(request, signed)
    return RequestSignature(
        scheme="ACS3",
        access_key_id=found[1],
        signature=found[3].lower(),
        timestamp=_header(request, "x-acs-date", "Timestamp"),
        nonce=_header(request, "x-acs-signature-nonce", "SignatureNonce"),
        security_token=request.headers.get("x-acs-security-token"),
        string_to_sign=text.replace("\n", "|"),
        sign=partial(_sign, text),
    )


def _header(request: ApiRequest, name: str, parameter: str) -> str:
    value = request.headers.get(name)
    if not value:
        raise missing_parameter(parameter)
    return value


def _check_signed(request: ApiRequest, signed: list[str]) -> None:
    needed = {name for name in request.headers if name.startswith("x-acs-")} | {"host"}
    if request.body:
        needed.add("content-type")
    left_out = sorted(needed - set(signed))
    absent = sorted(set(signed) - set(request.headers))
    if left_out or absent:
        names = ", ".join(left_out or absent)
        why = "are not signed" if left_out else "are signed and were not sent"
        raise Problem("IncompleteSignature", f"These headers {why}: {names}.")


def _check_body(request: ApiRequest) -> None:
    claimed = _header(request, "x-acs-content-sha256", "ContentSha256")
    if claimed.lower() != hashlib.sha256(request.body).hexdigest():
        raise Problem(
            "SignatureDoesNotMatch",
            "x-acs-content-sha256 is not the SHA-256 of the body that arrived.",
        )


def _string_to_sign(request: ApiRequest, signed: list[str]) -> str:
    headers = "".join(
        f"{name}:{_utf8(request.headers[name]).strip()}\n"
        for name in sorted(set(signed))
    )
    pairs = sorted((_encode(name), _encode(value)) for name, value in request.query)
    canonical = "\n".join(
        (
            request.method,
            quote(request.path, safe="/-_.~"),
            "&".join(f"{name}={value}" for name, value in pairs),
            headers,
            ";".join(sorted(set(signed))),
            request.headers["x-acs-content-sha256"],
        )
    )
    return f"{ALGORITHM}\n{hashlib.sha256(canonical.encode()).hexdigest()}"


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _utf8(header: str) -> str:
    # WSGI passes header bytes as Latin-1 text.
    return header.encode("latin-1", "replace").decode("utf-8", "replace")


def _sign(text: str, secret: str) -> str:
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()
