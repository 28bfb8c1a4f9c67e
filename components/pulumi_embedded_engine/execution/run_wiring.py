"""Creates the parts of one run, connects them, and closes them; runs nothing itself."""

from collections.abc import Callable, Collection

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.execution.cancellation import Cancellation
from pulumi_embedded_engine.execution.journal_recorder import JournalRecorder
from pulumi_embedded_engine.execution.step_runner import StepRunner
from pulumi_embedded_engine.model.events import Event
from pulumi_embedded_engine.model.operation_context import (
    OperationContext,
    OperationRequest,
)
from pulumi_embedded_engine.program.default_providers import DefaultProviders
from pulumi_embedded_engine.program.event_queue import EventQueue
from pulumi_embedded_engine.program.grpc_server import EngineService, Server, serve
from pulumi_embedded_engine.program.resource_monitor import ResourceMonitor
from pulumi_embedded_engine.providers.builtin_provider import BuiltinProvider
from pulumi_embedded_engine.providers.plugin_lookup import PluginHost
from pulumi_embedded_engine.providers.registry import ProviderRegistry
from pulumi_embedded_engine.run.generator_state import GeneratorState
from pulumi_embedded_engine.run.resource_index import ResourceIndex
from pulumi_embedded_engine.run.run_state import EventDispatcher, RunState
from pulumi_embedded_engine.run.targets import Scope, Targets
from pulumi_embedded_engine.state.journal import JournalWriter


class RunWiring:
    """The parts of one run; after `close` no process and no server is left."""

    def __init__(
        self,
        request: OperationRequest,
        context: OperationContext,
        journal: JournalWriter | None,
        sink: Callable[[Event], None],
        cancellation: Cancellation,
        clock: Clock,
    ) -> None:
        self.request = request
        self.context = context
        self.cancellation = cancellation
        self.clock = clock
        self.journal = journal
        self.events = EventDispatcher(sink, dry_run=request.dry_run)
        self.event_queue = EventQueue()
        self.resources = ResourceIndex(context.base.resources)
        self.service = EngineService(self.events.send)
        defaults = DefaultProviders(context.config, self.event_queue)
        self.monitor = ResourceMonitor(
            context,
            request,
            self.event_queue,
            defaults,
            lambda reference: self.registry.get(reference),  # noqa: PLW0108 - the registry is created below
            self.service.replace_traceback,
        )
        self.server: Server = serve(self.monitor, self.service)
        builtin = BuiltinProvider(context.stack_outputs, self.resources.new_records.get)
        self.plugin_host = PluginHost(context, self.server.address, self._line, builtin)
        self.registry = ProviderRegistry(
            self.plugin_host.load, self.resources.provider_record
        )
        self.run_state = RunState(
            stack=context.stack,
            project=context.project.name,
            dry_run=request.dry_run,
            replace=Targets(request.replace),
            scope=Scope(request),
            generator_state=GeneratorState(),
            resources=self.resources,
            registry=self.registry,
            events=self.events,
            clock=clock,
        )
        self.recorder = JournalRecorder(journal, self.resources)
        self.step_runner = StepRunner(
            self.run_state,
            self.recorder,
            cancellation,
            counts_refreshes=request.kind == "refresh",
        )
        cancellation.on_cancel(self.plugin_host.cancel)
        cancellation.on_terminate(self.plugin_host.kill)

    def report_unknown_targets(self, targets: Targets, known: Collection[str]) -> bool:
        """Report the targets of the command line that do not exist; returns whether there are any."""
        missing = [urn for urn in targets.literals if urn not in known]
        for urn in missing:
            self.events.failed = True
            hint = "" if "$" in urn else " Did you forget to escape $ in your shell?"
            self.events.error(f"Target '{urn}' could not be found in the stack.{hint}")
        return bool(missing)

    def close(self) -> None:
        """End all processes and the server."""
        self.event_queue.close()
        self.monitor.finished.set()
        self.plugin_host.close()
        self.server.stop()

    def _line(self, text: str, on_stderr: bool) -> None:
        del on_stderr
        self.events.output_line(text)
