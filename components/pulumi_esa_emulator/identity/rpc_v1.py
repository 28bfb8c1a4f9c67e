"""Reads an RPC v1 signature (HMAC-SHA1), as the Terraform provider sends it.

It covers the query and the form. Written only from the RPC signature page.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from functools import partial
from urllib.parse import quote

from pulumi_esa_emulator.errors import Problem, missing_parameter
from pulumi_esa_emulator.identity.signature import RequestSignature
from pulumi_esa_emulator.messages.request import ApiRequest


def read_rpc_v1(request: ApiRequest) -> RequestSignature:
    """The signature in query and form; Problem if it is incomplete."""
    values = request.parameters
    needed = ("AccessKeyId", "Signature", "Timestamp", "SignatureNonce")
    for name in needed:
        if not values.get(name):
            raise missing_parameter(name)
    _check_method(values)
    text = _string_to_sign(request)
    token = values.get("SecurityToken")
    return RequestSignature(
        scheme="RPC",
        access_key_id=values["AccessKeyId"],
        signature=values["Signature"],
        timestamp=values["Timestamp"],
        nonce=values["SignatureNonce"],
        security_token=token,
        string_to_sign=text.replace(_encode(_encode(token)), "***") if token else text,
        sign=partial(_sign, text),
    )


def _check_method(values: Mapping[str, str]) -> None:
    if values.get("SignatureMethod", "HMAC-SHA1") != "HMAC-SHA1":
        raise Problem("IncompleteSignature", "SignatureMethod is not HMAC-SHA1.")
    if values.get("SignatureVersion", "1.0") != "1.0":
        raise Problem("IncompleteSignature", "SignatureVersion is not 1.0.")


def _string_to_sign(request: ApiRequest) -> str:
    pairs = sorted(
        (_encode(name), _encode(value))
        for name, value in request.query + request.form
        if name != "Signature"
    )
    canonical = "&".join(f"{name}={value}" for name, value in pairs)
    return f"{request.method}&{_encode('/')}&{_encode(canonical)}"


def _encode(text: str) -> str:
    return quote(text, safe="-_.~")


def _sign(text: str, secret: str) -> str:
    digest = hmac.new(f"{secret}&".encode(), text.encode(), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
