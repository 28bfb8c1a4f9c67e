"""The parts of one run, wired together, and their end; takes no course of its own."""

from collections.abc import Callable, Collection

from pulumi_embedded_engine.clock import Clock
from pulumi_embedded_engine.execution.cancellation import Cancellation
from pulumi_embedded_engine.execution.journal_recorder import Recording
from pulumi_embedded_engine.execution.step_runner import Performer
from pulumi_embedded_engine.model.events import Event
from pulumi_embedded_engine.model.operation_context import Context, Request
from pulumi_embedded_engine.program.default_providers import DefaultProviders
from pulumi_embedded_engine.program.event_queue import Inbox
from pulumi_embedded_engine.program.grpc_server import EngineService, Server, serve
from pulumi_embedded_engine.program.resource_monitor import Monitor
from pulumi_embedded_engine.providers.builtin_provider import BuiltinProvider
from pulumi_embedded_engine.providers.plugin_lookup import Loader
from pulumi_embedded_engine.providers.registry import Registry
from pulumi_embedded_engine.run.resource_index import Ledger
from pulumi_embedded_engine.run.run_state import Book, Telling, Work
from pulumi_embedded_engine.run.targets import Scope, Targets
from pulumi_embedded_engine.state.journal import JournalWriter


class Machinery:
    """Everything that one run is made of; `close` leaves no process and no server behind."""

    def __init__(
        self,
        request: Request,
        context: Context,
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
        self.telling = Telling(sink, dry_run=request.dry_run)
        self.inbox = Inbox()
        self.ledger = Ledger(context.base.resources)
        self.service = EngineService(self.telling)
        defaults = DefaultProviders(context.config, self.inbox)
        self.monitor = Monitor(
            context,
            request,
            self.inbox,
            defaults,
            lambda reference: self.registry.get(reference),  # noqa: PLW0108 - comes later
            self.service.tell_alone,
        )
        self.server: Server = serve(self.monitor, self.service)
        builtin = BuiltinProvider(context.stack_outputs, self.ledger.news.get)
        self.loader = Loader(context, self.server.address, self._line, builtin)
        self.registry = Registry(self.loader.load, self.ledger.provider_record)
        self.work = Work(
            stack=context.stack,
            project=context.project.name,
            dry_run=request.dry_run,
            replace=Targets(request.replace),
            scope=Scope(request),
            book=Book(),
            ledger=self.ledger,
            registry=self.registry,
            telling=self.telling,
            clock=clock,
        )
        self.recording = Recording(journal, self.ledger)
        self.performer = Performer(
            self.work,
            self.recording,
            cancellation,
            counts_refreshes=request.kind == "refresh",
        )
        cancellation.when_requested(self.loader.cancel)
        cancellation.when_aborted(self.loader.kill)

    def refuse_unknown(self, targets: Targets, known: Collection[str]) -> bool:
        """Tell which URNs of the command line nobody has heard of; whether there are some."""
        missing = [urn for urn in targets.literals if urn not in known]
        for urn in missing:
            self.telling.failed = True
            hint = "" if "$" in urn else " Did you forget to escape $ in your shell?"
            self.telling.error(f"Target '{urn}' could not be found in the stack.{hint}")
        return bool(missing)

    def close(self) -> None:
        """End everything."""
        self.inbox.close()
        self.monitor.finished.set()
        self.loader.close()
        self.server.stop()

    def _line(self, text: str, on_stderr: bool) -> None:
        del on_stderr
        self.telling.line(text)
