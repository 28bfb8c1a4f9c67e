"""`esa-prefetch warm`: asks the edge for a sample of URLs, each once, and says how many come from its cache."""

import random
import signal
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Annotated, Any, Final

import typer

from pulumi_embedded_engine.errors import EngineError
from pulumi_esa_cli.esa.exit_codes import INTERRUPTED, NOT_WARM
from pulumi_esa_cli.esa.warm.report import WarmReport, report_document, report_lines
from pulumi_esa_cli.esa.warm.source import UrlList, urls_of_file, urls_of_stack
from pulumi_esa_cli.flags.common_options import AsJson, StackName
from pulumi_esa_cli.terminal.printing import echo, print_json
from pulumi_esa_cli.terminal.progress_line import ProgressLine
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.settings.setting_lookup import SettingsError
from pulumi_esa_prefetch.warmth.edge_answer import EdgeAnswer
from pulumi_esa_prefetch.warmth.edge_client import EdgeClient
from pulumi_esa_prefetch.warmth.measurement import PARALLEL, Measurement, measure
from pulumi_esa_prefetch.warmth.resolve import Resolve, ResolveError, parse_resolve
from pulumi_esa_prefetch.warmth.resolve_setting import read_resolve
from pulumi_esa_prefetch.warmth.sampling import unasked

SAMPLE: Final = 50
MINIMUM: Final = 0.9
_MOST_PARALLEL: Final = 32
_SEEDS: Final = 1_000_000
_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def register(app: typer.Typer) -> None:
    """Add the command `warm`."""
    app.command("warm")(warm)


def warm(
    *,
    urls: Annotated[
        str,
        typer.Option(
            metavar="FILE", help="A list with one URL in each line, or - for stdin."
        ),
    ] = "",
    stack: StackName = "",
    sample: Annotated[
        int, typer.Option(metavar="N", min=1, help="Ask for so many URLs at most.")
    ] = SAMPLE,
    seed: Annotated[
        int | None,
        typer.Option(
            metavar="S", min=0, help="Draw this sample; default: another each time."
        ),
    ] = None,
    resolve: Annotated[
        list[str] | None,
        typer.Option(
            metavar="HOST:PORT:ADDRESS",
            help="Connect to this address, as curl does; may be repeated.",
        ),
    ] = None,
    parallel: Annotated[
        int,
        typer.Option(
            metavar="N", min=1, max=_MOST_PARALLEL, help="Requests at the same time."
        ),
    ] = PARALLEL,
    minimum: Annotated[
        float,
        typer.Option(metavar="SHARE", min=0, max=1, help="The least share of hits."),
    ] = MINIMUM,
    as_json: AsJson = False,
) -> None:
    """Measure how warm the edge is: the share of cache hits in a sample of URLs.

    Asks for the first byte of each URL once, from this machine. The URLs are those of a
    list, or of the jobs in the state of a stack. Exits with 10 if the share is less than
    --minimum, or if no answer shows it.
    """
    try:
        given = _urls(urls, stack)
        edge = EdgeClient(resolve=_addresses(resolve, given.resolve))
    except (ReportError, SettingsError, EsaError) as error:
        raise EngineError(str(error)) from None
    for note in given.notes:
        echo(f"note: {note}", err=True)
    drawn = random.SystemRandom().randrange(_SEEDS) if seed is None else seed
    size = min(sample, len(unasked(given.urls, given.asked)))
    with closing(edge) as client, _signals() as interrupted:
        result = _measured(given, client, size, drawn, parallel, interrupted)
        report = WarmReport(
            result,
            drawn,
            minimum,
            interrupted=interrupted() and len(result.answers) < size,
        )
    if as_json:
        print_json(report_document(report))
    else:
        for line in report_lines(report):
            echo(line)
    if report.interrupted:
        raise typer.Exit(INTERRUPTED)
    if report.shortfall:
        raise EngineError(report.shortfall, NOT_WARM)


def _urls(file: str, stack: str) -> UrlList:
    if file and stack:
        raise ReportError("--urls and --stack cannot be used together")
    return urls_of_file(file) if file else urls_of_stack(stack)


def _addresses(options: list[str] | None, setting: str) -> Resolve:
    """The addresses of the option; without any, those of the setting. Raises ReportError and SettingsError."""
    if not options:
        return read_resolve(setting)
    try:
        return parse_resolve(options)
    except ResolveError as error:
        raise ReportError(f"--resolve: {error}") from None


def _measured(
    given: UrlList,
    client: EdgeClient,
    size: int,
    seed: int,
    parallel: int,
    interrupted: Callable[[], bool],
) -> Measurement:
    line, count = ProgressLine(), 0

    def tell(_: EdgeAnswer) -> None:
        nonlocal count
        count += 1
        line.tell(f"asked for {count} of {size} URLs ...")

    line.tell(f"asking for {size} URLs ...")
    try:
        return measure(
            given.urls,
            size=size,
            seed=seed,
            ask=client.ask,
            parallel=parallel,
            asked=given.asked,
            stop=interrupted,
            answered=tell,
        )
    finally:
        line.clear()


@contextmanager
def _signals() -> Iterator[Callable[[], bool]]:
    """Whether a signal has come; what nohup ignores stays ignored. A second one ends the command at once."""
    came: list[int] = []

    def note(number: int, frame: Any) -> None:
        del frame
        if came:
            raise KeyboardInterrupt
        came.append(number)

    heard = [each for each in _SIGNALS if signal.getsignal(each) is not signal.SIG_IGN]
    before = {number: signal.signal(number, note) for number in heard}
    try:
        yield lambda: bool(came)
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
