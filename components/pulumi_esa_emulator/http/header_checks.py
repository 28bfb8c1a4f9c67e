"""Refuses requests by their HTTP headers, before anything else looks at them.

Any web page can make a browser send requests to this server. So requests from a page of
another origin are refused everywhere: the keys of a demo are public, and an RPC v1
signature needs no header that a page may not set.

Requests to `/_emulator` are not signed, so they are checked further:

- The name in Host must be known. A page whose own name resolves to this address (DNS
  rebinding) is not another origin to its browser.
- A body must be JSON. A browser asks the server before a page may send JSON (CORS preflight).

ESA's API accepts any name in Host, because clients in containers use other names; a
request without a valid signature gets nothing there.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug import Request

from pulumi_esa_emulator.http.host_names import is_own, parse_authority, parse_host

_OWN_PAGES = {"same-origin", "none"}
_MAX_SHOWN = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: an HTTP status, and one sentence."""

    status: int
    text: str


def is_control(path: str) -> bool:
    """Whether the path belongs to the control API."""
    return path == "/_emulator" or path.startswith("/_emulator/")


def refusal_of(request: Request, names: Iterable[str]) -> Refusal | None:
    """Why the request is refused, or None; `names`: more names of the server."""
    server = parse_host(request.environ.get("SERVER_NAME", ""))
    own = {*names, *([server] if server else [])}
    refusal = _check_origin(request, own)
    if refusal is None and is_control(request.path):
        refusal = _check_host(request, own) or _check_content_type(request)
    return refusal


def _check_origin(request: Request, own: set[str]) -> Refusal | None:
    origin = request.headers.get("Origin")
    page = request.headers.get("Sec-Fetch-Site", "none")
    if origin is not None and not _is_own_origin(origin, request, own):
        return Refusal(403, f"A web page of {_shown(origin)} may not use the emulator.")
    if page not in _OWN_PAGES:
        return Refusal(403, "A web page of another origin may not use the emulator.")
    return None


def _is_own_origin(origin: str, request: Request, own: set[str]) -> bool:
    """Whether it is http, a name of this server, and the port of the request's Host."""
    scheme, _, rest = origin.partition("://")
    page = parse_authority(rest) if scheme == "http" else None
    requested = parse_authority(request.headers.get("Host", ""))
    if page is None or requested is None:
        return False
    return page.port == requested.port and is_own(page.name, own)


def _check_host(request: Request, own: set[str]) -> Refusal | None:
    for text in _authorities(request):
        requested = parse_authority(text)
        if requested is None:
            return Refusal(
                403, f"The request's Host must be one host name; it is {_shown(text)}."
            )
        if not is_own(requested.name, own):
            return Refusal(
                403,
                f"The emulator is not known as {requested.name!r}; "
                f"if that is its name, start it with --allow-host {requested.name}.",
            )
    return None


def _authorities(request: Request) -> Iterable[str]:
    """The hosts that the request names: Host, and the request target if it is a whole URL."""
    yield request.headers.get("Host", "")
    target = request.environ.get("REQUEST_URI", "/")
    if not target.startswith("/") and "://" in target:
        yield target.partition("://")[2].partition("/")[0].partition("?")[0]


def _check_content_type(request: Request) -> Refusal | None:
    has_body = request.content_length or "Transfer-Encoding" in request.headers
    if not has_body or request.is_json:
        return None
    return Refusal(
        415,
        "The request's body must be JSON: "
        "send it with Content-Type: application/json (curl: --json).",
    )


def _shown(text: str) -> str:
    """A header's value, shortened for a message."""
    return repr(text[:_MAX_SHOWN])
