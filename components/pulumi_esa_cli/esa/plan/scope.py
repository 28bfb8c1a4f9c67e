"""What the commands `plan ...` stand on: the selected stack, if there is one, and a client with its settings."""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Annotated

import typer

from pulumi_embedded_engine.config.project import ProjectNotFoundError
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.stacks.stack import default_stack, open_backend, open_stack
from pulumi_esa_cli.esa.state_source import StateSource, read_source, source_of
from pulumi_esa_cli.flags import common_options
from pulumi_esa_cli.flags.flag_declaration import flag
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.load import LimitsError
from pulumi_esa_prefetch.operations.errors import OperationError
from pulumi_esa_prefetch.operations.plan_words import ChosenPlan, choose_plans
from pulumi_esa_prefetch.report.analysis.progress import WatchedPlan, watched_plans
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.esa_snapshot import open_client, usable_config
from pulumi_esa_prefetch.report.inputs.pulumi_documents import resources_of
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from pulumi_esa_prefetch.settings.settings import SettingsError, read_settings
from pulumi_esa_prefetch.settings.webhook import WebhookTarget


def names_that_begin(incomplete: str) -> list[str]:
    """The names of the selected stack's plans that begin so, for a shell; none where they cannot be read."""
    with suppress(Exception):
        found = open_stack(common_options.current_project(), None, os.environ)
        graph = ResourceGraph.of_state(resources_of(found.deployment().body))
        names = (plan.name for plan in watched_plans(graph))
        return [name for name in names if name.startswith(incomplete)]
    return []


Words = Annotated[
    list[str],
    typer.Argument(
        metavar="PLAN",
        help="Ids of plans (also JOB_ID:PLAN_ID), or names of the stack's resources.",
        show_default=False,
        autocompletion=names_that_begin,
    ),
]
Job = Annotated[
    str, flag("--job", "The job of plans that are given by their bare id.", "ID")
]
Jobs = Annotated[
    list[str] | None, flag("--job", "All plans of this job; repeatable.", "ID")
]
Site = Annotated[str, flag("--site", "All plans of all jobs of this site.", "ID")]

ELSEWHERE = (
    "to do without the stack, run this in another directory (--cwd), or give --file the output of "
    "`pulumi stack export`"
)


@dataclass(frozen=True, slots=True)
class Scope:
    """A stack's name, plans, configuration and project; all empty where no stack is."""

    stack: str
    plans: tuple[WatchedPlan, ...]
    config: Mapping[str, str] | None
    project: str = ""

    def choose(self, words: Sequence[str], job: str) -> list[ChosenPlan]:
        """The plans that the words mean. Raises OperationError."""
        return choose_plans(words, self.plans, job, self.stack)

    def declared(self, plan_id: str) -> WatchedPlan | None:
        """The stack's declaration of a plan."""
        found = (plan for plan in self.plans if plan.plan_id == plan_id)
        return next((plan for plan in found if plan.declared), None)

    @contextmanager
    def client(self) -> Iterator[EsaClient]:
        """A client with the stack's settings."""
        with open_client(self.config, os.environ) as client:
            yield client

    def webhook(self) -> WebhookTarget | None:
        """The webhook of the stack's settings. Raises SettingsError."""
        config = usable_config(self.config, os.environ)
        return read_settings(config.get, os.environ).webhook


@contextmanager
def sentences() -> Iterator[None]:
    """Turn the errors of the product into the command's own."""
    try:
        yield
    except (EsaError, LimitsError, OperationError, ReportError, SettingsError) as error:
        raise EngineError(str(error)) from None


def read_scope(global_flags: GlobalFlags, stack: str, file: str) -> Scope:
    """Read the exported state, or the named stack, or else the selected one, if there is one.

    Raises EngineError, also if a stack is selected and cannot be read: its limits must hold.
    """
    if file:
        with sentences():
            return _scope(read_source("", file))
    if not stack and not _is_selected():
        return Scope("", (), {})
    opened = common_options.open_selected_stack(global_flags, stack)
    return _scope(source_of(opened), opened.name)


def _is_selected() -> bool:
    try:
        project = common_options.current_project()
    except ProjectNotFoundError:
        return False
    try:
        return bool(
            default_stack(project, open_backend(project, os.environ), os.environ)
        )
    except EngineError as error:
        raise EngineError(f"{error}; {ELSEWHERE}", error.exit_code) from None


def _scope(source: StateSource, name: str = "") -> Scope:
    plans = watched_plans(ResourceGraph.of_state(source.resources))
    return Scope(name or source.stack, tuple(plans), source.config, source.project)
