"""`esa-prefetch emulator`: options, help and exit codes of the local ESA; serves nothing itself."""

import shlex
from contextlib import closing
from pathlib import Path
from typing import Annotated, Final, Literal
from urllib.parse import urlsplit

import typer

from pulumi_embedded_engine.printable import one_line
from pulumi_esa_cli.terminal.background_lines import BackgroundLines
from pulumi_esa_cli.terminal.printing import echo
from pulumi_esa_emulator.dialects import DIALECTS, DialectError
from pulumi_esa_emulator.faults.fault_file import fault_grammar
from pulumi_esa_emulator.http.edge_server import EdgeServer
from pulumi_esa_emulator.http.emulator_options import EmulatorOptions
from pulumi_esa_emulator.http.server import ListenError, serve
from pulumi_esa_emulator.identity.keys import DEMO_KEY
from pulumi_esa_emulator.messages.documents import DocumentError
from pulumi_esa_emulator.messages.probe_answers import read_answers
from pulumi_esa_emulator.state.data_file import DataFileError

_SEED = "Initial state (JSON: sites, jobs with plans, keys, oss)."
_DATA = "Keep the state in this file; --seed is used only if the file does not exist."
_KEY = "Repeatable; default: emulator-key:emulator-secret."
_POLICY = "RAM policy (JSON): FILE for all keys, or ID=FILE; repeatable."
_CLOCK = "real, or manual: POST /_emulator/clock moves the time."
_START_AT = "Start time of a manual clock; default: now."
_FAULTS = "Inject the faults in this file (JSON; kinds below)."
_DIALECT = "Choose another behaviour where ESA's docs are unclear (below); repeatable."
_ANSWERS = "Answer as the ESA of an account: what `doctor --probe --write` wrote."
_EDGE = "Also serve the sites' edge, http and https, on this port; 0: a free one."
_HOST = "Another host name for /_emulator, such as a container's; repeatable."
STDOUT: Final = 1
_THIS_MACHINE: Final = {"//0.0.0.0:": "//127.0.0.1:", "//[::]:": "//[::1]:"}
_FAULT_GRAMMAR = (
    '**Faults**: a file such as {"seed": 7, "faults": [{"kind": "reset", '
    '"when": "after", "probability": 0.2}]}, or the list alone, or one fault; '
    "POST /_emulator/faults accepts the same. Every fault has the optional fields name, actions, "
    "ids; probability, or calls (numbers from 1), or every; times; enabled. The kinds, "
    "with their own fields in brackets:"
)


def _list(rows: list[str]) -> str:
    return "\n\n".join(f"- {row}" for row in rows)


def _epilog() -> str:
    dialects = [f"**{one.name}**: {one.text}" for one in DIALECTS]
    faults = [
        f"**{kind}**{f' ({fields})' if fields else ''}: {text}"
        for kind, fields, text in fault_grammar()
    ]
    return "\n\n".join(
        (
            "**Dialects** (any number, unless two contradict each other):",
            _list(dialects),
            _FAULT_GRAMMAR,
            _list(faults),
        )
    )


def register(app: typer.Typer) -> None:
    """Add the command to the program."""
    app.command("emulator", epilog=_epilog())(emulator)


def emulator(  # noqa: PLR0913 - one argument per option
    *,
    host: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Address to listen on.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(metavar="N", help="Port; 0: a free one.", min=0, max=65535),
    ] = 8866,
    seed: Annotated[Path | None, typer.Option(metavar="FILE", help=_SEED)] = None,
    data: Annotated[Path | None, typer.Option(metavar="FILE", help=_DATA)] = None,
    access_key: Annotated[
        list[str] | None, typer.Option(metavar="ID:SECRET", help=_KEY)
    ] = None,
    policy: Annotated[
        list[str] | None, typer.Option(metavar="FILE", help=_POLICY)
    ] = None,
    clock: Annotated[
        Literal["real", "manual"], typer.Option(metavar="KIND", help=_CLOCK)
    ] = "real",
    start_at: Annotated[
        str | None, typer.Option(metavar="TIME", help=_START_AT)
    ] = None,
    faults: Annotated[Path | None, typer.Option(metavar="FILE", help=_FAULTS)] = None,
    dialect: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help=_DIALECT)
    ] = None,
    answers: Annotated[Path | None, typer.Option(metavar="FILE", help=_ANSWERS)] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help=_HOST)
    ] = None,
    edge: Annotated[
        int | None, typer.Option(metavar="PORT", help=_EDGE, min=0, max=65535)
    ] = None,
    quiet: Annotated[
        bool, typer.Option("--quiet", help="Print only where it listens.")
    ] = False,
) -> None:
    """Run a local ESA: the API of scheduled prefetch, with its errors and its plans.

    It checks signatures and runs plans. GET /_emulator lists its control paths:
    state, history, batches, clock, faults, dialects, keys, edge, reset.
    """
    try:
        given = read_answers(answers) if answers else None
    except DocumentError as error:
        echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    for unknown in given.unknown() if given else ():
        echo(f"warning: {answers}: no dialect gives the answer {unknown}", err=True)
    options = EmulatorOptions(
        host=host,
        port=port,
        seed=seed,
        data=data,
        access_keys=tuple(access_key or ()),
        policies=tuple(policy or ()),
        clock=clock,
        start_at=start_at,
        faults=faults,
        dialects=(*(dialect or ()), *(given.dialects() if given else ())),
        hosts=tuple(allow_host or ()),
        edge=edge,
    )

    def announce(url: str, server: EdgeServer | None) -> None:
        lines = [f"ESA emulator listening on {url}"]
        lines += [f"Edge, http and https, on port {server.port}"] if server else []
        lines += [] if quiet else _for_a_shell(url, access_key or [], server)
        # flushed, because a program that started this in a pipe waits for the first line
        print(*lines, sep="\n", flush=True)  # noqa: T201 - it is the command's output

    try:
        with closing(BackgroundLines(STDOUT)) as output:
            report = None if quiet else lambda line: output.add(one_line(line))
            serve(options, announce, report)
    except (DocumentError, DialectError) as error:
        echo(f"error: {error}", err=True)
        raise typer.Exit(2) from None
    except (DataFileError, ListenError) as error:
        echo(f"error: {error}", err=True)
        raise typer.Exit(1) from None


def _for_a_shell(
    url: str, access_keys: list[str], edge: EdgeServer | None
) -> list[str]:
    """What to paste into a shell whose programs shall use this server."""
    # imported here, because the help needs nothing of the product
    from pulumi_esa_prefetch.settings.hosts import (  # noqa: PLC0415
        ALLOW_HTTP,
        may_be_sent_keys,
    )

    for everywhere, here in _THIS_MACHINE.items():
        url = url.replace(everywhere, here)
    key_id, secret = DEMO_KEY.id, DEMO_KEY.secret
    if access_keys:
        # the secret of a key that the user gave is not printed again
        key_id, secret = access_keys[0].partition(":")[0], "..."
    variables = {
        "ESA_ENDPOINT": url,
        "ALIBABA_CLOUD_ACCESS_KEY_ID": key_id,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": secret,
    }
    if not may_be_sent_keys(urlsplit(url).hostname or ""):
        variables[ALLOW_HTTP[1]] = "true"
    if edge is not None:
        variables["SSL_CERT_FILE"] = str(edge.authority.file)
    exports = [f"  export {name}={shlex.quote(v)}" for name, v in variables.items()]
    return [
        "To use it, paste into another shell:",
        *map(one_line, exports),
        "Requests, with the time in UTC; Ctrl-C ends:",
    ]
