"""The files in which the CLI keeps the selected stack and the login of this machine; knows no state."""

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import Project
from pulumi_embedded_engine.processes.atomic_files import write_atomically
from pulumi_embedded_engine.processes.bounded_reading import read_file


def pulumi_home(environ: Mapping[str, str]) -> Path:
    """The directory of the CLI's own files."""
    chosen = environ.get("PULUMI_HOME")
    return Path(chosen) if chosen else Path.home() / ".pulumi"


def _file(project: Project, environ: Mapping[str, str]) -> Path:
    digest = hashlib.sha1(str(project.file).encode(), usedforsecurity=False).hexdigest()
    return (
        pulumi_home(environ) / "workspaces" / f"{project.name}-{digest}-workspace.json"
    )


def _read(file: Path) -> dict[str, Any]:
    # an unreadable file counts as missing: it holds only a selection, which can be made again
    try:
        found = json.loads(read_file(file))
    except (EngineError, OSError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def selected_stack(project: Project, url: str, environ: Mapping[str, str]) -> str:
    """The selected stack of a project in a backend, or ""."""
    found = _read(_file(project, environ))
    stacks = found.get("stacks")
    name = stacks.get(url) if isinstance(stacks, dict) else None
    # written by an older CLI, which kept one selection for all backends
    name = name or found.get("stack")
    return name if isinstance(name, str) else ""


def login_url(environ: Mapping[str, str]) -> str:
    """The URL of the backend that `pulumi login` chose, or ""."""
    directory = environ.get("PULUMI_CREDENTIALS_PATH") or pulumi_home(environ)
    found = _read(Path(directory) / "credentials.json").get("current")
    return found if isinstance(found, str) else ""


def select_stack(
    project: Project, url: str, environ: Mapping[str, str], stack: str | None
) -> None:
    """Save a stack (its full name) as the selected one; None removes the selection.

    Raises EngineError if the file cannot be written. Without a Pulumi.yaml nothing is saved.
    """
    if not project.file.exists():
        return
    file = _file(project, environ)
    found = _read(file)
    found.pop("stack", None)
    chosen = found.get("stacks")
    stacks = dict(chosen) if isinstance(chosen, dict) else {}
    stacks.pop(url, None)
    if stack is not None:
        stacks[url] = stack
    rest = {key: value for key, value in found.items() if key != "stacks"}
    text = json.dumps(rest | {"stacks": stacks}, indent=4)
    try:
        if not stacks and not rest:
            file.unlink(missing_ok=True)
            return
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_atomically(file, text.encode(), 0o600)
    except OSError as error:
        raise EngineError(f"{file} cannot be written: {error.strerror}") from None
