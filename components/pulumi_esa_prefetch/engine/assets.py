"""Assets and archives in a program's inputs: the hash that stands for their content; sends nothing."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_esa_prefetch.engine.values import ASSET, SIGNATURE, Secret


def with_hashes(value: Any, directory: Path) -> Any:
    """The value with the hash of each asset whose content is at hand; relative paths start at `directory`."""
    if isinstance(value, Mapping):
        if value.get(SIGNATURE) == ASSET:
            return _hashed(value, directory)
        return {key: with_hashes(item, directory) for key, item in value.items()}
    if isinstance(value, list):
        return [with_hashes(item, directory) for item in value]
    if isinstance(value, Secret):
        return Secret(with_hashes(value.value, directory))
    return value


def _hashed(asset: Mapping[str, Any], directory: Path) -> Mapping[str, Any]:
    if asset.get("hash"):
        return asset
    content = _content(asset, directory)
    if content is None:
        return asset
    return {**asset, "hash": hashlib.sha256(content).hexdigest()}


def _content(asset: Mapping[str, Any], directory: Path) -> bytes | None:
    text, path = asset.get("text"), asset.get("path")
    if isinstance(text, str):
        return text.encode()
    if isinstance(path, str) and (directory / path).is_file():
        return (directory / path).read_bytes()
    return None
