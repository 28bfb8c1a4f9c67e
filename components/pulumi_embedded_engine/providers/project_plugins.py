"""The provider plugins that Pulumi.yaml names by a folder, and how a plugin's folder is run; starts no process."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.document_reading import (
    read_document,
    runtime_of,
)
from pulumi_embedded_engine.golang.version_ranges import require_version
from pulumi_embedded_engine.model.operation_context import Project

_FILE: Final = "PulumiPlugin.yaml"
_LOCKS: Final = ("uv.lock", "poetry.lock")


@dataclass(frozen=True, slots=True)
class PluginProgram:
    """How a plugin's folder is run: the command without the engine's address, and what to know if it does not start.

    A binary has no `runtime`.
    """

    command: tuple[str, ...]
    hint: str = ""
    runtime: str = ""


def project_plugin(project: Project, package: str, version: str) -> Path | None:
    """The folder that Pulumi.yaml names for a package; None if it names none, EngineError if it is not there."""
    for entry in project.plugins.get("providers") or ():
        if not isinstance(entry, dict) or entry.get("name") != package:
            continue
        known = str(entry.get("version") or "")
        if not (known and version and known != version):
            return _folder(project, package, entry.get("path"))
    source = package_source(project, package)
    return _folder(project, package, source) if _is_path(source) else None


def package_source(project: Project, package: str) -> str:
    """What `packages` of Pulumi.yaml says of a package: a path, a name, or the address of a repository."""
    found = project.packages.get(package)
    if isinstance(found, str):
        return found.partition("@")[0]
    return str(found.get("source") or "") if isinstance(found, dict) else ""


def is_plugin(folder: Path, package: str) -> bool:
    """Whether a folder holds the plugin of a package: a binary, or a program in some language."""
    return _binary(folder, package).is_file() or (folder / _FILE).is_file()


def plugin_program(folder: Path, package: str, interpreter: Path) -> PluginProgram:
    """How to run the plugin in a folder; EngineError if only the CLI can."""
    binary = _binary(folder, package)
    if binary.is_file():
        return PluginProgram((str(binary),))
    if not is_plugin(folder, package):
        raise EngineError(
            f"the folder of the package '{package}', {folder}, has neither {binary.name} nor {_FILE}"
        )
    return _python_program(folder, package, interpreter)


def _binary(folder: Path, package: str) -> Path:
    return folder / f"pulumi-resource-{package}"


def _python_program(folder: Path, package: str, interpreter: Path) -> PluginProgram:
    file = folder / _FILE
    described = read_document(file)
    if not isinstance(described, dict):
        raise EngineError(f"{file} must be a mapping")
    require_version(str(described.get("requiredPulumiVersion") or ""))
    runtime, options = runtime_of(file, described)
    left = _left_to_cli(folder, runtime, options)
    if left:
        raise EngineError(
            f"the plugin of the package '{package}' {left}, which this engine does not run: use the pulumi CLI"
        )
    environment = folder / str(options.get("virtualenv") or "venv")
    python, hint = environment / "bin/python", ""
    if not python.is_file():
        python = interpreter
        hint = f"the program's Python ran it, because there is no {environment}: `pulumi install` makes one"
    return PluginProgram((str(python), str(folder)), hint, runtime)


def _left_to_cli(folder: Path, runtime: str, options: Mapping[str, Any]) -> str:
    if runtime != "python":
        return f"has the runtime '{runtime}'"
    toolchain = options.get("toolchain")
    places = (folder, *folder.parents)
    if toolchain is None:
        found = [name for name in _LOCKS for at in places if (at / name).is_file()]
        toolchain = found[0].removesuffix(".lock") if found else "pip"
    if toolchain != "pip":
        return f"has the toolchain '{toolchain}'"
    if not (folder / "__main__.py").is_file():
        return "has no __main__.py: it holds remote components"
    return ""


def _is_path(source: str) -> bool:
    return source.startswith((".", "/"))


def _folder(project: Project, package: str, path: Any) -> Path:
    folder = (project.root / str(path or "")).resolve()
    if not path or not folder.is_dir():
        raise EngineError(
            f"{project.file} names {str(path or '')!r} as the folder of the package '{package}', "
            "which is not a directory"
        )
    return folder
