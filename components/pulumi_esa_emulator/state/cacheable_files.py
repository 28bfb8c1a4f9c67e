"""Which files ESA's edge caches without a cache rule of the site, by the extension in the URL.

Source: "Default cache rules" of ESA's user guide (help.aliyun.com/en/edge-security-acceleration/
esa/user-guide/default-cache-rule): documents, images, audio, video, archives, programs, fonts,
code, vector graphics. Its first two groups could be read; the members of the others are inferred
from Cloudflare's list of the same groups.
"""

from posixpath import splitext
from typing import Final
from urllib.parse import urlsplit

_READ: Final = """
    doc docx ppt pptx pdf csv
    bmp gif ico jpeg jpg png svg svgz tif tiff webp
"""
_INFERRED: Final = """
    avif pict
    flac mid midi mp3 ogg pls
    avi mkv mp4 swf webm
    7z bz2 gz rar tar zip zst
    apk bin class dmg exe iso jar
    eot otf ttf woff woff2
    css ejs js
    eps ps
"""
CACHEABLE: Final = frozenset(f"{_READ} {_INFERRED}".split())


def is_cacheable(url: str) -> bool:
    """Whether the edge caches the file of this URL."""
    return splitext(urlsplit(url).path)[1][1:].lower() in CACHEABLE
