"""The history of a stack's updates, in the files that `stack history` of the CLI reads; knows no run."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import dumps
from pulumi_embedded_engine.processes.bounded_reading import read_file
from pulumi_embedded_engine.state.file_backend import StackFiles


def write_entry(
    files: StackFiles, entry: Mapping[str, Any], content: bytes, nanos: int
) -> None:
    """Write one update, and the checkpoint after it into history and backups; raises OSError."""
    files.history.mkdir(parents=True, exist_ok=True)
    name = f"{files.name}-{nanos}"
    (files.history / f"{name}.history.json").write_text(dumps(entry), "utf-8")
    (files.history / f"{name}.checkpoint.json").write_bytes(content)
    if files.backed_up:
        files.backups.mkdir(parents=True, exist_ok=True)
        (files.backups / f"{files.name}.{nanos}.json").write_bytes(content)


def read_entries(files: StackFiles) -> list[dict[str, Any]]:
    """The updates, newest first; raises EngineError if one cannot be read."""
    found = sorted(files.history.glob("*.history.json"), reverse=True)
    return [_read(path) for path in found]


def _read(path: Path) -> dict[str, Any]:
    try:
        entry = json.loads(read_file(path))
    except (OSError, ValueError, RecursionError) as error:
        raise EngineError(f"{path} cannot be read: {error}") from None
    if not isinstance(entry, dict):
        raise EngineError(f"{path} is not a JSON object")
    return entry
