"""A way to a port of this machine on which no answer comes back until it is let go; reads nothing it carries."""

import socket
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress


class HeldAnswers(socketserver.ThreadingTCPServer):
    """Carries each connection to the port behind it."""

    daemon_threads = True
    block_on_close = False

    def __init__(self, behind: int) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.behind = behind
        self.let_go = threading.Event()
        self.port = int(self.server_address[1])


class _Connection(socketserver.BaseRequestHandler):
    server: HeldAnswers

    def handle(self) -> None:
        with socket.create_connection(("127.0.0.1", self.server.behind)) as behind:
            there = threading.Thread(
                target=_carry, args=[self.request, behind], daemon=True
            )
            there.start()
            self.server.let_go.wait()
            _carry(behind, self.request)


def _carry(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(1 << 16):
            target.sendall(data)


@contextmanager
def held_answers(behind: int) -> Iterator[HeldAnswers]:
    """Hold the answers of a port during the block."""
    with HeldAnswers(behind) as way:
        threading.Thread(target=way.serve_forever, daemon=True).start()
        try:
            yield way
        finally:
            way.let_go.set()
            way.shutdown()
