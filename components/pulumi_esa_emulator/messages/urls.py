"""A job's URL list: one URL per line, and the lines that ESA would refuse."""

from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import urlsplit

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class ParsedUrls:
    """The accepted URLs, and ESA's `ErrorInfo` words for the refused lines."""

    accepted: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def error_info(self) -> str | None:
        """The error words joined by commas, as ESA returns them; None if there are none."""
        return ",".join(self.errors) or None


def parse_urls(
    text: str, domain: str | None = None, quota: int | None = None
) -> ParsedUrls:
    """Check each line: InvalidUrl, InvalidDomain (not of the site), QuotaExcess."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    found = [_url_error(line, domain) for line in lines]
    good = [line for line, error in zip(lines, found, strict=True) if not error]
    errors = [error for error in found if error]
    if quota is not None and len(good) > quota:
        good, errors = good[:quota], [*errors, "QuotaExcess"]
    return ParsedUrls(tuple(good), tuple(dict.fromkeys(errors)))


def cache_key(url: str) -> str:
    """The URL as a cache knows it, without default port and fragment; ValueError if it is none."""
    parts = urlsplit(url)
    port = "" if parts.port in {None, _PORTS.get(parts.scheme)} else f":{parts.port}"
    host = parts.hostname or ""
    name = f"[{host}]" if ":" in host else host
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{name}{port}{parts.path or '/'}{query}"


def without_query(url: str) -> str:
    """An OSS URL without its query, which can hold a signature."""
    return url.partition("?")[0]


@lru_cache(maxsize=64)  # each GetScheduledPreloadJob asks for those of one job
def domains_of(urls: tuple[str, ...]) -> str:
    """The distinct hosts of the URLs, joined by commas."""
    return ",".join(dict.fromkeys(urlsplit(url).hostname or "" for url in urls))


def _url_error(line: str, domain: str | None) -> str | None:
    host = _host(line)
    if host is None:
        return "InvalidUrl"
    if domain and host != domain and not host.endswith(f".{domain}"):
        return "InvalidDomain"
    return None


def _host(line: str) -> str | None:
    # ESA's user guide requires spaces and non-ASCII characters to be percent-encoded.
    if not line.isascii() or not line.isprintable() or " " in line:
        return None
    try:
        parts = urlsplit(line)
        _ = parts.port
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None
