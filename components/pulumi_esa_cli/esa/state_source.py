"""Where a report's resources come from: a stack of a local backend, or an exported state."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pulumi_embedded_engine.config.project import find_project
from pulumi_embedded_engine.stacks.stack import open_stack
from pulumi_esa_cli.esa.input_reading import read_input
from pulumi_esa_cli.flags import common_options
from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    ResourceEntry,
    read_state,
    resources_of,
    settings_of,
)

StateFile = Annotated[
    str, typer.Option(metavar="FILE", help="What `stack export` printed, or -.")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Ask ESA nothing: use the state alone.")
]


@dataclass(frozen=True, slots=True)
class StateSource:
    """A stack's resources, secrets masked, and its configuration.

    Secrets of the configuration are in plain text if the stack was opened, else masked.
    It is None if a file does not hold it.
    """

    resources: tuple[ResourceEntry, ...]
    config: Mapping[str, str] | None


def read_source(stack: str, file: str) -> StateSource:
    """Read the file if there is one, else the stack named, else the selected one.

    Raises ReportError and EngineError, each a sentence.
    """
    if file:
        resources = read_state(read_input(file))
        return StateSource(resources, settings_of(resources))
    opened = open_stack(find_project(Path.cwd()), stack or None, os.environ)
    common_options.warn_of_interruption(opened)
    config = {name: value.text for name, value in opened.config().items()}
    return StateSource(resources_of(opened.deployment().body), config)
