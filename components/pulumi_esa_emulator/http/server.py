"""Runs the emulator on a socket until a signal; `running` does it in a thread, for tests.

A connection that is idle, or slow to send, costs a socket and no thread. The size of a
request and the number of connections are limited.
"""

import contextlib
import errno
import logging
import resource
import signal
import socket
import threading
from collections.abc import Callable, Iterator

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.task import ThreadedTaskDispatcher

from pulumi_esa_emulator.http.app import Emulator
from pulumi_esa_emulator.http.edge_server import EdgeServer, running_edge
from pulumi_esa_emulator.http.emulator_options import EmulatorOptions, make_emulator
from pulumi_esa_emulator.http.request_lines import request_line
from pulumi_esa_emulator.http.sockets import EmulatorServer
from pulumi_esa_emulator.messages.request import MAX_BODY_BYTES
from pulumi_esa_emulator.messages.stalls import MAX_STALLED_REQUESTS
from pulumi_esa_emulator.state.edge import Edge
from pulumi_esa_emulator.state.records import Change
from pulumi_esa_emulator.state.request_history import HistoryEntry

# 16 more threads than stalled requests: others are answered, and faults can be removed.
_THREADS = MAX_STALLED_REQUESTS + 16
_MAX_CONNECTIONS = 10_000
_BACKLOG = 1024
_IDLE_SECONDS = 60
_MAX_HEADER_BYTES = 64 * 1024
_SHUTDOWN_SECONDS = 2


class ListenError(Exception):
    """The server cannot listen on the address; the text is one sentence."""


def serve(
    options: EmulatorOptions,
    announce: Callable[[str, EdgeServer | None], None],
    report: Callable[[str], None] | None = None,
) -> None:
    """Serve until SIGINT or SIGTERM.

    Raises ListenError, DataFileError, DocumentError or DialectError. `announce` gets the
    URL of the server when it listens, and its edge if it has one; `report` gets a line for each request to ESA's API,
    and must not block.
    """

    def observe(entry: HistoryEntry, changes: tuple[Change, ...]) -> None:
        if report is not None:
            report(request_line(entry, changes))

    listener = _listen(options.host, options.port)
    with (
        listener,
        contextlib.closing(make_emulator(options, observe)) as emulator,
        _edge(emulator, options.host, options.edge) as edge,
    ):
        server = _server(emulator, listener)
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: _end(server))
        announce(_url(listener), edge)
        _loop(server)
        _close(server)


@contextlib.contextmanager
def running(
    app: Emulator, host: str = "127.0.0.1", port: int = 0, edge: int | None = None
) -> Iterator[str]:
    """Serve the emulator in a thread during the block; yields its URL.

    With a port for the edge, 0 for a free one, `app.edge_server` serves it.
    """
    with _listen(host, port) as listener, _edge(app, host, edge):
        server = _server(app, listener)
        thread = threading.Thread(target=_loop, args=(server,), name="esa-emulator")
        thread.start()
        try:
            yield _url(listener)
        finally:
            _end(server)
            thread.join()
            _close(server)


@contextlib.contextmanager
def _edge(app: Emulator, host: str, port: int | None) -> Iterator[EdgeServer | None]:
    """Serve the edge too, if it has a port."""
    if port is None:
        yield None
        return
    with (
        _listen(host, port, "--edge") as listener,
        running_edge(Edge(app.state), listener) as server,
    ):
        app.edge_server = server
        try:
            yield server
        finally:
            app.edge_server = None


def _listen(host: str, port: int, option: str = "--port") -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except (OSError, OverflowError, UnicodeError) as error:
        if getattr(error, "errno", None) == errno.EADDRINUSE:
            raise ListenError(
                f"Port {port} of {host} is taken: choose another with {option}, or a "
                f"free one with {option} 0."
            ) from None
        # Python adds the address to the system's message.
        text = getattr(error, "strerror", None) or str(error)
        why = text.partition(" (while")[0]
        raise ListenError(f"Cannot listen on {host}:{port}: {why}.") from None


def _server(app: Emulator, listener: socket.socket) -> EmulatorServer:
    # Waitress logs disconnected clients and cut answers: faults cause them on purpose.
    logging.getLogger("waitress").setLevel(logging.CRITICAL)
    dispatcher = ThreadedTaskDispatcher()  # type: ignore[no-untyped-call]
    dispatcher.set_thread_count(_THREADS)  # type: ignore[no-untyped-call]
    adjustments = Adjustments(  # type: ignore[no-untyped-call]
        sockets=[listener],
        ident="ESA-emulator",
        backlog=_BACKLOG,
        connection_limit=_connection_limit(),
        channel_timeout=_IDLE_SECONDS,
        cleanup_interval=5,
        channel_request_lookahead=1,
        max_request_header_size=_MAX_HEADER_BYTES,
        max_request_body_size=MAX_BODY_BYTES,
        log_socket_errors=False,
        asyncore_use_poll=True,
        clear_untrusted_proxy_headers=False,
    )
    where = (listener.family, listener.type, listener.proto, listener.getsockname())
    return EmulatorServer(
        app,
        {},
        True,
        listener,
        dispatcher=dispatcher,
        adj=adjustments,
        sockinfo=where,
        bind_socket=False,
    )


def _connection_limit() -> int:
    """The most that the system allows; poll does not have the limit of select, 1024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _MAX_CONNECTIONS + 200
    best = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    if soft != resource.RLIM_INFINITY and soft < best:
        resource.setrlimit(resource.RLIMIT_NOFILE, (best, hard))
    return max(best - 200, 50)


def _loop(server: EmulatorServer) -> None:
    while not server.stopping.is_set():
        wasyncore.loop(timeout=1.0, use_poll=True, map=server._map, count=1)  # type: ignore[no-untyped-call]  # noqa: SLF001 - waitress loops this way itself


def _end(server: EmulatorServer) -> None:
    server.stopping.set()
    server.pull_trigger()  # type: ignore[no-untyped-call]


def _close(server: EmulatorServer) -> None:
    """Wait a little for requests in work, then close all connections."""
    server.task_dispatcher.shutdown(timeout=_SHUTDOWN_SECONDS)
    wasyncore.close_all(server._map, ignore_all=True)  # type: ignore[no-untyped-call]  # noqa: SLF001 - waitress closes this way itself


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
