"""Looks for keys, tokens and signatures in whatever a run left or said; knows no other secret."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

SIGNATURE = re.compile(rb"Signature=[0-9A-Za-z%+/]{20,}")


def in_text(text: str, secrets: Iterable[str]) -> bool:
    """Whether a text holds a secret or a signature."""
    return _holds(text.encode(), secrets)


def in_files(root: Path, secrets: Iterable[str]) -> list[Path]:
    """The files under a folder that hold a secret or a signature."""
    known = list(secrets)
    return [path for path in _files(root) if _holds(path.read_bytes(), known)]


def _holds(data: bytes, secrets: Iterable[str]) -> bool:
    known = any(secret.encode() in data for secret in secrets)
    return known or SIGNATURE.search(data) is not None


def _files(root: Path) -> Iterator[Path]:
    return (path for path in root.rglob("*") if path.is_file())
