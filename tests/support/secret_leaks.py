"""Looks for keys, tokens and signatures in whatever a run left or said; knows no other secret."""

import base64
import json
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

SIGNATURE = re.compile(rb"Signature=[0-9A-Za-z%+/]{20,}")


def spellings(secret: str) -> Iterator[str]:
    """A secret as it may stand somewhere: as it is, quoted, in hex, in base64 at any offset."""
    raw = secret.encode()
    yield secret
    yield from (quote(secret, ""), quote_plus(secret), json.dumps(secret)[1:-1])
    yield from (secret.replace("/", "\\/"), raw.hex(), raw.hex().upper())
    for offset in range(3):
        # The letters that hold bits of what stands before and after it say nothing.
        start, end = (offset * 8 + 5) // 6, (offset + len(raw)) * 8 // 6
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            yield encode(b"x" * offset + raw).decode()[start:end]


def in_text(text: str, secrets: Iterable[str]) -> bool:
    """Whether a text holds a secret or a signature."""
    return _holds(text.encode(), secrets)


def in_files(root: Path, secrets: Iterable[str]) -> list[Path]:
    """The files under a folder that hold a secret or a signature."""
    known = list(secrets)
    return [path for path in _files(root) if _holds(path.read_bytes(), known)]


def _holds(data: bytes, secrets: Iterable[str]) -> bool:
    found = (text for secret in secrets for text in spellings(secret))
    known = any(text.encode() in data for text in found)
    return known or SIGNATURE.search(data) is not None


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file())
