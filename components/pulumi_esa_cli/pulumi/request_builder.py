"""Builds the engine's request and the display options from flags and Pulumi.yaml; runs nothing."""

import os
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final, cast

from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.errors import BAD_USAGE, FAILED, EngineError
from pulumi_embedded_engine.golang.document_reading import read_document
from pulumi_embedded_engine.model.operation_context import (
    OperationKind,
    OperationRequest,
    Project,
)
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.run.targets import protected_urns
from pulumi_embedded_engine.stacks.stack import Stack
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.flags.pflag_grammar import parse_bool
from pulumi_esa_cli.pulumi.operation_commands import OperationFlags, long_flag

_PIP: Final = "pip"
MAX_DEFAULT_PARALLEL: Final = 16
MAX_PARALLEL: Final = (
    2**31 - 1
)  # the largest number that the SDK of the program accepts


def find_interpreter(project: Project, environ: Mapping[str, str]) -> Path:
    """The Python of the virtualenv in Pulumi.yaml, or else of PULUMI_PYTHON_CMD, or else this one.

    A toolchain other than pip has its own environment, which only PULUMI_PYTHON_CMD can name. Raises EngineError
    if the Python does not exist, or the program is not a Python program.
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
    # the link is not followed, because Python finds the virtualenv by the path of the link
    return Path(os.path.abspath(python))  # noqa: PTH100 - `resolve` would follow the link


def check_flags(command: str, flags: OperationFlags, global_flags: GlobalFlags) -> None:
    """Raise EngineError for flags that contradict each other, or if a question is needed and nobody can be asked."""
    for one, other in (
        ("target", "exclude_protected"),
        ("preview_only", "skip_preview"),
        ("preview_only", "yes"),
    ):
        if getattr(flags, one) and getattr(flags, other):
            raise EngineError(
                f"{long_flag(one)} and {long_flag(other)} cannot be used together"
            )
    asks = command != "preview" and not (
        flags.yes or flags.skip_preview or flags.preview_only
    )
    if asks and not global_flags.interactive:
        raise EngineError(
            "--yes, --skip-preview or --preview-only is needed where nobody can be asked",
            FAILED if command == "refresh" else BAD_USAGE,
        )


def kind_of(command: str) -> OperationKind:
    """The kind of operation that a command is for the engine."""
    return cast(OperationKind, "up" if command == "preview" else command)


def build_request(
    command: str,
    flags: OperationFlags,
    project: Project,
    base: Snapshot,
    *,
    dry_run: bool,
    verbose: bool,
) -> OperationRequest:
    """The request for the engine; raises EngineError if --refresh is neither true nor false."""
    return OperationRequest(
        kind=kind_of(command),
        dry_run=dry_run,
        parallel=min(flags.parallel, MAX_PARALLEL) or default_parallel(_processors()),
        targets=[*flags.target, *flags.target_replace],
        target_dependents=flags.target_dependents,
        excluded=protected_urns(base) if flags.exclude_protected else (),
        replace=[*flags.replace, *flags.target_replace],
        refresh=wants_refresh(flags.refresh, project),
        continue_on_error=flags.continue_on_error,
        clear_pending_creates=flags.clear_pending_creates,
        debug=flags.debug or verbose,
    )


def build_display_options(
    command: str,
    flags: OperationFlags,
    global_flags: GlobalFlags,
    stack: Stack,
    *,
    planning: bool,
) -> DisplayOptions:
    """The display options of an operation."""
    return DisplayOptions(
        kind=kind_of(command),
        stack=stack.name,
        project=stack.project.name,
        planning=planning,
        color=global_flags.color,
        live=global_flags.interactive,
        diff=flags.diff,
        json=flags.json,
        sames=flags.show_sames,
        reads=flags.show_reads,
        replacement_steps=flags.show_replacement_steps,
        config=flags.show_config,
        full=flags.show_full_output or command == "refresh",
        urns=flags.urns,
        secrets=flags.show_secrets,
        outputs=not flags.suppress_outputs,
        progress=not flags.suppress_progress,
        debug=flags.debug,
        traces=global_flags.verbose > 0,
    )


def wants_refresh(flag: str, project: Project) -> bool:
    """Whether to refresh first: as the flag says, or else the options in Pulumi.yaml."""
    if flag:
        return parse_bool(flag, "--refresh")
    options = read_document(project.file).get("options")
    return isinstance(options, dict) and options.get("refresh") == "always"


def default_parallel(processors: int) -> int:
    """Four for each processor, with a maximum."""
    return min(MAX_DEFAULT_PARALLEL, 4 * processors)


def _processors() -> int:
    """The number of processors that this process may use, if the system gives it; else the number that exist."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
