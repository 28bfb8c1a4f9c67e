"""The parts of one run, wired together, and their end; takes no course of its own."""

from collections.abc import Callable

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.engine.builtin import BuiltinProvider
from pulumi_esa_prefetch.engine.cancellation import Cancellation
from pulumi_esa_prefetch.engine.context import Context, Request
from pulumi_esa_prefetch.engine.defaults import DefaultProviders
from pulumi_esa_prefetch.engine.events import Event
from pulumi_esa_prefetch.engine.inbox import Inbox
from pulumi_esa_prefetch.engine.journal import JournalWriter
from pulumi_esa_prefetch.engine.ledger import Ledger
from pulumi_esa_prefetch.engine.loading import Loader
from pulumi_esa_prefetch.engine.monitor import Monitor, Surroundings
from pulumi_esa_prefetch.engine.performer import Performer
from pulumi_esa_prefetch.engine.providers import Provider
from pulumi_esa_prefetch.engine.recording import Recording
from pulumi_esa_prefetch.engine.registry import Registry
from pulumi_esa_prefetch.engine.services import EngineService, Server, serve
from pulumi_esa_prefetch.engine.telling import Telling
from pulumi_esa_prefetch.engine.work import RunWork


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
        self.telling = Telling(sink)
        self.inbox = Inbox()
        self.ledger = Ledger(context.base.resources)
        self.service = EngineService(self.telling)
        defaults = DefaultProviders(context.config, self.inbox)
        self.monitor = Monitor(
            _surroundings(request, context),
            self.inbox,
            defaults,
            self._provider,
            self.service.tell_alone,
        )
        self.server: Server = serve(self.monitor, self.service)
        builtin = BuiltinProvider(context.stack_outputs, self.ledger.news.get)
        self.loader = Loader(context, self.server.address, self._line, builtin)
        self.registry = Registry(self.loader)
        self.work = RunWork(self.registry, self.ledger, clock, dry_run=request.dry_run)
        self.recording = Recording(journal, self.ledger)
        self.performer = Performer(
            self.work,
            self.recording,
            self.telling,
            cancellation,
            counts_refreshes=request.kind == "refresh",
        )
        cancellation.when_requested(self.loader.cancel)
        cancellation.when_aborted(self.loader.kill)

    def close(self) -> None:
        """End everything."""
        self.inbox.close()
        self.monitor.finished.set()
        self.loader.close()
        self.server.stop()

    def _provider(self, reference: str) -> Provider | None:
        return self.registry.get(reference)

    def _line(self, text: str, on_stderr: bool) -> None:
        del on_stderr
        self.telling.line(text)


def _surroundings(request: Request, context: Context) -> Surroundings:
    return Surroundings(
        project=context.project.name,
        stack=context.stack,
        config=context.config,
        dry_run=request.dry_run,
        parallel=request.parallel,
        root=context.project.root,
    )
