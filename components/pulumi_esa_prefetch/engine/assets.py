"""The hashes that stand for the content of assets and archives, equal to the CLI's; sends nothing.

An archive that is one file has the hash of that file, any other one that of its files as a tar stream.
"""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import IO, Any, Final

from pulumi_esa_prefetch.engine import tarring
from pulumi_esa_prefetch.engine.archives import (
    Member,
    content_of,
    is_packed,
    members,
)
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.values import ARCHIVE, ASSET, SIGNATURE, Secret

_CHUNK: Final = 1 << 20
_KINDS: Final = {ASSET: "asset", ARCHIVE: "archive"}


def with_hashes(value: Any, directory: Path, key: str = "") -> Any:
    """The value with the hash of each asset and archive in it; relative paths start at `directory`.

    EngineError, with the key under which it lies, if one cannot be read.
    """
    if isinstance(value, Mapping):
        fields = {k: with_hashes(item, directory, k) for k, item in value.items()}
        signature = fields.get(SIGNATURE)
        return _hashed(fields, directory, key) if signature in _KINDS else fields
    if isinstance(value, list):
        return [with_hashes(item, directory, key) for item in value]
    if isinstance(value, Secret):
        return Secret(with_hashes(value.value, directory, key))
    return value


def _hashed(fields: Mapping[str, Any], directory: Path, key: str) -> dict[str, Any]:
    kind = _KINDS[fields[SIGNATURE]]
    kept = _asset(fields) if kind == "asset" else _archive(fields)
    if kept.get("hash"):
        return kept
    try:
        return {**kept, "hash": _hash_of(kept, directory)}
    except EngineError as error:
        raise EngineError(f"the {kind} '{key}' cannot be hashed: {error}") from None
    except OSError as error:
        reason = error.strerror or error
        raise EngineError(f"the {kind} '{key}' cannot be read: {reason}") from None


def _asset(fields: Mapping[str, Any]) -> dict[str, Any]:
    names = (SIGNATURE, "hash", "text", "path", "uri")
    return {name: fields[name] for name in names if fields.get(name)}


def _archive(fields: Mapping[str, Any]) -> dict[str, Any]:
    kept = {name: fields[name] for name in (SIGNATURE, "hash") if fields.get(name)}
    for name in ("path", "uri"):
        if fields.get(name):
            return {**kept, name: fields[name]}
    return {**kept, "assets": fields.get("assets") or {}}


def _hash_of(value: Mapping[str, Any], directory: Path) -> str:
    digest = hashlib.sha256()
    if value[SIGNATURE] == ASSET or is_packed(value):
        with content_of(value, directory) as content:
            _add(digest, content)
    else:
        _add_files(digest, value, directory)
    return digest.hexdigest()


def _add_files(digest: Any, archive: Mapping[str, Any], directory: Path) -> None:
    seen: set[bytes] = set()
    for member in members(archive, directory):
        if member.name not in seen:  # of files of one name the first one counts
            seen.add(member.name)
            _add_file(digest, member)
    digest.update(tarring.END)


def _add_file(digest: Any, member: Member) -> None:
    name = member.name.decode(errors="replace")
    if b"\0" in member.name or member.name.endswith(b"/"):
        raise EngineError(f"{name!r} cannot be the name of a file in an archive")
    digest.update(tarring.header(member.name, member.size))
    if _add(digest, member.content) != member.size:
        raise EngineError(f"{name} has changed while it was read")
    digest.update(tarring.padding(member.size))


def _add(digest: Any, content: IO[bytes]) -> int:
    size = 0
    while chunk := content.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
    return size
