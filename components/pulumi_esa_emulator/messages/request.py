"""A request to ESA's API, parsed from werkzeug's; only its form is checked."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Literal
from urllib.parse import parse_qsl

from werkzeug import Request
from werkzeug.exceptions import RequestEntityTooLarge

from pulumi_esa_emulator.errors import Problem

MAX_BODY_BYTES = 10 * 1024 * 1024
_MOST_FIELDS = 1000

Scheme = Literal["ACS3", "RPC"]
# The parameter name of RPC v1, and the header name of ACS3.
FieldNames = tuple[str, str]
ACTION: FieldNames = ("Action", "x-acs-action")
VERSION: FieldNames = ("Version", "x-acs-version")


@dataclass(frozen=True)
class ApiRequest:
    """Method, headers (lower-case names), query and form as pairs, body as bytes."""

    request_id: str
    method: str
    path: str
    headers: Mapping[str, str]
    query: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    body: bytes = b""

    @cached_property
    def parameters(self) -> Mapping[str, str]:
        """Query and form together; ESA accepts a parameter in either."""
        return {**dict(self.query), **dict(self.form)}

    @property
    def scheme(self) -> Scheme | None:
        """The signature scheme of the request; None if it is not signed."""
        if "authorization" in self.headers:
            return "ACS3"
        rpc = {"AccessKeyId", "Signature"} & self.parameters.keys()
        return "RPC" if rpc else None

    @property
    def action(self) -> str | None:
        """The operation's name."""
        return self._value_of(ACTION)

    @property
    def version(self) -> str | None:
        """The API version."""
        return self._value_of(VERSION)

    def is_ambiguous(self, field: FieldNames) -> bool:
        """Whether the request gives the field two different values."""
        values = [value for name, value in self.query + self.form if name == field[0]]
        return len({*values, self.headers.get(field[1], "")} - {""}) > 1

    def _value_of(self, field: FieldNames) -> str | None:
        """The value that is signed: a parameter under RPC v1, a header under ACS3."""
        parameter, header = field
        in_parameters = self.parameters.get(parameter)
        in_header = self.headers.get(header)
        if self.scheme == "ACS3":
            return in_header or None
        if self.scheme == "RPC":
            return in_parameters or None
        return in_parameters or in_header or None

    @property
    def host(self) -> str:
        """The host name by which the client called this server."""
        return self.headers.get("host", "")


def read_headers(request: Request, request_id: str) -> ApiRequest:
    """The request without query and body, for one that cannot be parsed."""
    headers = {name.lower(): value for name, value in request.headers.items()}
    return ApiRequest(request_id, request.method, request.path, headers)


def read_request(request: Request, bare: ApiRequest) -> ApiRequest:
    """The whole request, of which `bare` has no query and no body; Problem if it is too large or not UTF-8."""
    body = _body(request)
    kind = bare.headers.get("content-type", "")
    is_form = kind.startswith("application/x-www-form-urlencoded")
    return ApiRequest(
        bare.request_id,
        bare.method,
        bare.path,
        bare.headers,
        _pairs(request.query_string),
        _pairs(body) if is_form else (),
        body,
    )


def _body(request: Request) -> bytes:
    request.max_content_length = MAX_BODY_BYTES
    try:
        return request.get_data(cache=False)
    except RequestEntityTooLarge:
        raise Problem("RequestEntityTooLarge") from None


def _pairs(text: bytes) -> tuple[tuple[str, str], ...]:
    try:
        return tuple(
            parse_qsl(
                text.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=_MOST_FIELDS,
            )
        )
    except ValueError:
        raise Problem(
            "InvalidParameter", "The parameters are not UTF-8, or they are too many."
        ) from None
