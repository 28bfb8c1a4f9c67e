"""One whole operation, from its request to its outcome; the engine's front door."""

from collections.abc import Callable

from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.engine.cancellation import Cancellation
from pulumi_esa_prefetch.engine.context import Context, Outcome, Request
from pulumi_esa_prefetch.engine.events import Event
from pulumi_esa_prefetch.engine.journal import JournalWriter
from pulumi_esa_prefetch.engine.machinery import Machinery
from pulumi_esa_prefetch.engine.operation import Operation


def run(
    request: Request,
    context: Context,
    journal: JournalWriter | None,
    sink: Callable[[Event], None],
    cancel: Cancellation,
    clock: Clock,
) -> Outcome:
    """Do one operation and tell all of it to `sink`; `journal` is None in a dry run.

    What goes wrong is an event and `Outcome.failed`; `Aborted` is raised if the run was ended at once.
    """
    machinery = Machinery(request, context, journal, sink, cancel, clock)
    try:
        return Operation(machinery).run()
    finally:
        machinery.close()
