"""A job's URL list: one URL per line, and which lines ESA would refuse; fetches nothing."""

from dataclasses import dataclass
from urllib.parse import urlsplit


@dataclass(frozen=True, slots=True)
class ParsedUrls:
    """The lines that were taken, and ESA's `ErrorInfo` words for those that were not."""

    accepted: tuple[str, ...]
    errors: tuple[str, ...]

    @property
    def error_info(self) -> str | None:
        """The words joined by commas, as ESA answers them; None if all were taken."""
        return ",".join(self.errors) or None


def parse_urls(
    text: str, domain: str | None = None, quota: int | None = None
) -> ParsedUrls:
    """Judge each line: InvalidUrl, InvalidDomain (not of the site), QuotaExcess."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    verdicts = [_verdict(line, domain) for line in lines]
    good = [line for line, verdict in zip(lines, verdicts, strict=True) if not verdict]
    errors = [verdict for verdict in verdicts if verdict]
    if quota is not None and len(good) > quota:
        good, errors = good[:quota], [*errors, "QuotaExcess"]
    return ParsedUrls(tuple(good), tuple(dict.fromkeys(errors)))


def without_query(url: str) -> str:
    """An OSS URL without its query: a signed one has its signature there."""
    return url.partition("?")[0]


def domains_of(urls: tuple[str, ...]) -> str:
    """The hosts of the list, each once, joined by commas."""
    return ",".join(dict.fromkeys(urlsplit(url).hostname or "" for url in urls))


def _verdict(line: str, domain: str | None) -> str | None:
    host = _host(line)
    if host is None:
        return "InvalidUrl"
    if domain and host != domain and not host.endswith(f".{domain}"):
        return "InvalidDomain"
    return None


def _host(line: str) -> str | None:
    # ESA's user guide wants blanks and other alphabets percent-encoded beforehand.
    if not line.isascii() or not line.isprintable() or " " in line:
        return None
    try:
        parts = urlsplit(line)
    except ValueError:
        return None
    return parts.hostname if parts.scheme in {"http", "https"} else None
