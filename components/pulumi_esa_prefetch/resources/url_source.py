"""The URLs of a job, from a list, a file, a sitemap or an OSS object; creates no resource."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any, Self

from pulumi import Input, Output, RunError

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.resources.input_mapping import map_input
from pulumi_esa_prefetch.resources.property_values import is_later
from pulumi_esa_prefetch.resources.url_encoding import (
    UrlError,
    encode_url,
    encode_urls,
    numbered,
)
from pulumi_esa_prefetch.warmth.caching_defaults import uncached_warning

_LARGEST_FILE = 64 << 20
# The most that Alibaba Cloud's ROS takes in a list (ALIYUN::ESA::ScheduledPreloadJob): ESA's own pages name no number.
_MOST_URLS = 10_000
_OSS_URL_NOTE = "oss_url is percent-encoded, because ESA takes ASCII only"


@dataclass(frozen=True)
class _Urls:
    """The text for ESA, and a sentence about URLs that were encoded for it; empty if none was."""

    text: str
    note: str


@dataclass(frozen=True)
class UrlSource:
    """A URL list for a ScheduledPreloadJob: its ``insert_way``, and its ``url_list`` or ``oss_url``.

    ``note`` is a sentence about URLs that are sent encoded, or that ESA does not cache by default; empty if none is.
    """

    insert_way: str
    content: Input[str]
    note: Input[str]

    @classmethod
    def of_one(
        cls,
        *,
        urls: Input[Sequence[Input[str]]] | None,
        url_file: str | Path | None,
        oss_url: Input[str] | None,
        sitemap: str | Path | None = None,
    ) -> Self:
        """The list from the one source that is given. Raises RunError, also if it is not exactly one."""
        places = (urls, url_file, oss_url, sitemap)
        if sum(place is not None for place in places) != 1:
            raise RunError(
                "exactly one of urls, url_file, oss_url and sitemap is needed"
            )
        if oss_url is not None:
            return cls._of("oss", map_input(oss_url, _one_url))
        if url_file is not None:
            return cls._of("textBox", _from_file(url_file))
        if sitemap is not None:
            return cls._of("textBox", _from_sitemap(sitemap))
        return cls._of("textBox", _from_list(urls))

    @classmethod
    def _of(cls, insert_way: str, urls: Input[_Urls]) -> Self:
        text = map_input(urls, attrgetter("text"))
        # An output may be a secret: nothing of its URLs is shown.
        named = isinstance(urls, _Urls)
        is_list = insert_way == "textBox"
        notes = partial(_notes, named=named) if is_list else attrgetter("note")
        return cls(insert_way, text, map_input(urls, notes))

    def for_esa(self) -> dict[str, Input[str]]:
        """The list as inputs of a ScheduledPreloadJob."""
        name = "oss_url" if self.insert_way == "oss" else "url_list"
        return {"insert_way": self.insert_way, name: self.content}

    def listed(self) -> Input[list[str]]:
        """The URLs of a list or a file, as ESA gets them; a secret if one has a query, which may hold a signature."""
        return map_input(self.content, _listed)

    def for_triggers(self) -> Input[str]:
        """The list as part of triggers: a digest, for the list may be long.

        The text is in the state of every stack. If it were made differently, all plans would run again.
        """
        return map_input(self.content, _digest)


def _listed(content: str) -> Any:
    urls = content.splitlines()
    return Output.secret(urls) if any("?" in url for url in urls) else urls


def _notes(urls: _Urls, *, named: bool) -> str:
    """All that is said about a list before its URLs are prefetched."""
    uncached = uncached_warning(urls.text.splitlines(), named=named)
    return "; ".join(filter(None, (urls.note, uncached)))


def _digest(content: str) -> str:
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def _from_file(given: object) -> _Urls:
    if not isinstance(given, str | Path) or "\0" in str(given):
        raise RunError("url_file must be a path on this machine")
    path = Path(given)
    try:
        # Editors on Windows write a byte order mark first.
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise RunError(
                f"url_file {path} is larger than {_LARGEST_FILE >> 20} MiB: put the list into OSS, "
                "and give its oss_url"
            )
        lines = content.decode("utf-8-sig").splitlines()
    except OSError as error:
        raise RunError(f"url_file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RunError(f"url_file {path} must be text in UTF-8") from None
    return _joined(lines, f"url_file {path}")


def _from_sitemap(given: object) -> _Urls:
    """The URLs of a sitemap, sorted: one that lists them in another order is the same list."""
    if not isinstance(given, str | Path) or "\0" in str(given) or given == "":
        raise RunError("sitemap must be a URL, or a path on this machine")
    from pulumi_esa_prefetch.resources.sitemap import (  # noqa: PLC0415 -- httpx is heavy
        SitemapLimits,
        sitemap_urls,
    )

    found = sitemap_urls(given, SitemapLimits(urls=_MOST_URLS))
    read = _joined(found, "sitemap", noun="URL", is_cut=len(found) > _MOST_URLS)
    return _Urls("\n".join(sorted(set(read.text.splitlines()))), read.note)


def _from_list(urls: Any) -> Input[_Urls]:
    parts = urls if isinstance(urls, Sequence) else [urls]
    if not any(map(is_later, parts)):
        return _of_list(urls)
    # What is known now is refused where it is declared.
    _encoded(numbered(["" if is_later(part) else part for part in parts]), "urls")
    later: Output[Any] = Output.from_input(urls)
    # An output may be a secret: nothing of its URLs is shown.
    return map_input(later, lambda known: _of_list(known, is_shown=False))


def _of_list(urls: object, *, is_shown: bool = True) -> _Urls:
    if isinstance(urls, str):
        raise RunError(
            "urls is one string: give a list of URLs, or url_file, oss_url or sitemap"
        )
    if not isinstance(urls, Sequence):
        raise RunError("urls must be a list of URLs")
    return _joined(urls, "urls", is_shown=is_shown)


def _joined(
    lines: Sequence[object],
    place: str,
    *,
    noun: str = "line",
    is_shown: bool = True,
    is_cut: bool = False,
) -> _Urls:
    """The list for ESA. `noun`: what a message counts; `is_cut`: there are more lines than these."""
    urls = numbered(lines)
    if not urls:
        raise RunError(f"{place} holds no URL")
    if len(urls) > _MOST_URLS:
        count = f"at least {len(urls)}" if is_cut else len(urls)
        raise RunError(
            f"{place} holds {count} URLs, more than the {_MOST_URLS} that Alibaba Cloud documents for "
            "one job: divide it between several SitePrefetch, or put it into OSS and give oss_url"
        )
    encoded = _encoded(urls, place, noun)
    note = _note(urls, encoded, place, noun, is_shown=is_shown)
    return _Urls("\n".join(encoded.values()), note)


def _encoded(urls: Mapping[int, str], place: str, noun: str = "line") -> dict[int, str]:
    """The URLs as ESA takes them. Raises RunError, by their numbers: a URL may hold a signature."""
    try:
        return encode_urls(urls, noun)
    except UrlError as error:
        raise RunError(f"{place}: {error}") from None


def _note(
    urls: Mapping[int, str],
    encoded: Mapping[int, str],
    place: str,
    noun: str,
    *,
    is_shown: bool,
) -> str:
    changed = [n for n in urls if urls[n] != encoded[n]]
    if not changed:
        return ""
    verb = "URL is" if len(changed) == 1 else "URLs are"
    # Without its query, which may hold a signature.
    first = f" as {encoded[changed[0]].partition('?')[0]}" if is_shown else ""
    return one_line(
        f"{place}: {len(changed)} {verb} percent-encoded, because ESA takes ASCII only: "
        f"the first is {noun} {changed[0]}, which is sent{first or ' encoded'}"
    )


def _one_url(url: object) -> _Urls:
    try:
        encoded = encode_url(str(url))
    except UrlError as error:
        raise RunError(f"oss_url {error}") from None
    return _Urls(encoded, "" if encoded == url else _OSS_URL_NOTE)
