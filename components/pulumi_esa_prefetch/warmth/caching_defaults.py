"""Which files ESA caches by default, by the extension in the URL, and a warning for a list with others.

From "Default cache rules" (help.aliyun.com/en/edge-security-acceleration/esa/user-guide/default-cache-rule): a request
that no cache rule matches reaches the cache only if its extension is listed there.
"""

import re
from collections import Counter
from collections.abc import Iterable
from posixpath import splitext
from typing import Final
from urllib.parse import unquote, urlsplit

_READ_GROUPS: Final = (
    "doc docx ppt pptx pdf csv",
    "bmp gif ico jpeg jpg png svg svgz tif tiff webp",
)
_INFERRED_GROUPS: Final = (
    "avif pict",
    "flac mid midi mp3 ogg pls",
    "avi mkv mp4 swf webm",
    "7z bz2 gz rar tar zip zst",
    "apk bin class dmg exe iso jar",
    "eot otf ttf woff woff2",
    "css ejs js",
    "eps ps",
)
READ: Final = frozenset(" ".join(_READ_GROUPS).split())
"""Read on that page: its documents and its images."""
INFERRED: Final = frozenset(" ".join(_INFERRED_GROUPS).split())
"""Inferred: the groups are those of that page (images, audio, video, compressed files, programs, fonts, scripts, vector
graphics), their members those of Cloudflare's list of the same kind."""

CACHED: Final = READ | INFERRED
_SHOWN: Final = 3
_EXTENSION: Final = re.compile(r"[a-z0-9]{1,12}")


def uncached_warning(urls: Iterable[str], *, named: bool = True) -> str:
    """One sentence about URLs that ESA does not cache without a cache rule; empty if there is none.

    `named`: whether the sentence may name their extensions.
    """
    others = Counter(
        extension
        for url in dict.fromkeys(urls)
        if (extension := _extension(url)) not in CACHED
    )
    if not others:
        return ""
    count = others.total()
    frequent = [name for name, _ in others.most_common(_SHOWN)]
    names = ", ".join(f".{name}" if name else "no extension" for name in frequent)
    more = ", ..." if len(others) > _SHOWN else ""
    which = f" ({names}{more})" if named else ""
    noun = "URL has an extension" if count == 1 else "URLs have an extension"
    return (
        f"{count} {noun} that ESA does not cache by default{which}: unless the site has a cache rule for "
        "such files, the edge answers DYNAMIC, and a prefetch loads the origin for nothing"
    )


def _extension(url: str) -> str:
    """The extension in lower case without the dot; empty without one.

    A long or odd ending is none: it may be part of a token, or move the cursor of a terminal.
    """
    try:
        path = urlsplit(url).path
    except ValueError:
        return ""
    ending = splitext(unquote(path))[1][1:].lower()
    return ending if _EXTENSION.fullmatch(ending) else ""
