"""Which requests are let in at all; decides by their HTTP headers, whatever they ask.

A browser sends here what any web page tells it to. So a page of another origin is
refused everywhere: the keys of a demo are known, and RPC v1 needs no header that a page
may not set. `/_emulator` wants more, for nobody signs there: a known name in Host, since
a page whose name is made to point here (DNS rebinding) is no other origin to its
browser; and JSON, which a page cannot send without asking first. ESA's API takes any
name, as clients in containers use: who cannot sign gets nothing there.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from werkzeug import Request

from pulumi_esa_emulator.http.host_names import is_own, parse_authority, parse_host

_OWN_PAGES = {"same-origin", "none"}
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP status, and one sentence."""

    status: int
    text: str


def is_control(path: str) -> bool:
    """Whether the path is one of the emulator's own."""
    return path == "/_emulator" or path.startswith("/_emulator/")


def refusal_of(request: Request, names: Iterable[str]) -> Refusal | None:
    """Why the request is not let in; `names`: what the server is called besides."""
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
    """Whether it is http, one of our names, and the port that was asked."""
    scheme, _, rest = origin.partition("://")
    page = parse_authority(rest) if scheme == "http" else None
    asked = parse_authority(request.headers.get("Host", ""))
    if page is None or asked is None:
        return False
    return page.port == asked.port and is_own(page.name, own)


def _check_host(request: Request, own: set[str]) -> Refusal | None:
    for text in _authorities(request):
        asked = parse_authority(text)
        if asked is None:
            return Refusal(
                403, f"The request's Host must be one host name; it is {_shown(text)}."
            )
        if not is_own(asked.name, own):
            return Refusal(
                403,
                f"The emulator is not known as {asked.name!r}; "
                f"if that is its name, start it with --allow-host {asked.name}.",
            )
    return None


def _authorities(request: Request) -> Iterable[str]:
    """Where the request says it goes: Host, and a target that is a whole URL."""
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
    """A header for a sentence."""
    return repr(text[:_LONGEST])
