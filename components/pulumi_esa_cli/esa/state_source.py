"""Reads the resources for a report from a stack of a local backend, or from an exported state."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from pulumi_embedded_engine.config.project import find_project
from pulumi_embedded_engine.stacks.stack import Stack, open_stack
from pulumi_esa_cli.esa.input_reading import read_input
from pulumi_esa_cli.flags import common_options
from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    ResourceEntry,
    read_state,
    resources_of,
    settings_of,
)

StateFile = Annotated[
    str, typer.Option(metavar="FILE", help="Output of `stack export`, or -.")
]
Offline = Annotated[
    bool, typer.Option("--offline", help="Do not call ESA: use the state alone.")
]


@dataclass(frozen=True, slots=True)
class StateSource:
    """The resources of a stack, with masked secrets, and its configuration.

    In `config` secrets are in plain text if they come from a stack, and masked if they come
    from a file. It is None if the file does not contain it.
    """

    resources: tuple[ResourceEntry, ...]
    config: Mapping[str, str] | None

    @property
    def stack(self) -> str:
        """The name of the stack, which each URN holds; empty if there is no resource."""
        first = next((resource.urn for resource in self.resources), "")
        return first.partition("::")[0].removeprefix("urn:pulumi:")

    @property
    def project(self) -> str:
        """The name of the project, which each URN holds; empty if there is no resource."""
        first = next((resource.urn for resource in self.resources), "")
        return "".join(first.split("::")[1:2])


def read_source(stack: str, file: str) -> StateSource:
    """Read the file if one is given, or else the named stack, or else the selected one.

    Raises ReportError and EngineError.
    """
    if file:
        resources = read_state(read_input(file))
        return StateSource(resources, settings_of(resources))
    return source_of(open_stack(find_project(Path.cwd()), stack or None, os.environ))


def source_of(opened: Stack) -> StateSource:
    """Read the resources and the configuration of a stack. Raises EngineError."""
    common_options.warn_of_interruption(opened)
    config = {name: value.text for name, value in opened.read_config().items()}
    return StateSource(resources_of(opened.deployment().body), config)
