"""Which Python runs the program and its dynamic providers; runs nothing."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from pulumi_esa_prefetch.engine.context import Project
from pulumi_esa_prefetch.engine.errors import EngineError

_PIP: Final = "pip"


def interpreter(project: Project, environ: Mapping[str, str]) -> Path:
    """The Python of Pulumi.yaml's virtualenv, else of PULUMI_PYTHON_CMD, else this one.

    A toolchain other than pip has an environment of its own, which only PULUMI_PYTHON_CMD can name. Raises EngineError
    if the Python is not there, or the program is not Python.
    """
    if project.runtime != "python":
        raise EngineError(
            "esa-prefetch runs Python programs only, and "
            f"{project.file.name} says `runtime: {project.runtime}`: use the pulumi CLI"
        )
    command = environ.get("PULUMI_PYTHON_CMD")
    toolchain = project.options.get("toolchain") or _PIP
    virtualenv = project.options.get("virtualenv")
    if toolchain == _PIP and virtualenv:
        return _of_virtualenv(project.root / str(virtualenv))
    if toolchain != _PIP and not command:
        raise EngineError(
            f"{project.file.name} says `toolchain: {toolchain}`, which esa-prefetch does not run: set "
            "PULUMI_PYTHON_CMD to the Python of that environment, or use the pulumi CLI"
        )
    if not command:
        return Path(sys.executable)
    found = shutil.which(command, path=environ.get("PATH"))
    if found is None:
        raise EngineError(f"PULUMI_PYTHON_CMD names {command}, which is not there")
    return Path(found).absolute()


def _of_virtualenv(directory: Path) -> Path:
    python = directory / "bin/python"
    try:
        there = python.exists()
    except OSError as error:
        raise EngineError(
            f"the virtualenv that Pulumi.yaml names cannot be used: {python}: {error.strerror}"
        ) from None
    if not there:
        raise EngineError(
            "the virtualenv that Pulumi.yaml names is not there: make it with "
            f"`python3 -m venv {directory}` and install what the program needs"
        )
    # not resolved: the virtualenv's own path is what makes it one
    return Path(os.path.abspath(python))  # noqa: PTH100 - as it stands, without following the link
