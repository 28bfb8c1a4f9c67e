"""The waitress server, extended: it can reset a connection, and pause an answer.

Waitress gives the application no access to the socket. So the channel puts two functions
into the WSGI environment, and as SERVER_NAME the address that the client connected to.
"""

import socket
import struct
import threading
from typing import Any, NoReturn

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask

from pulumi_esa_emulator.http.slow_sending import ABORT, PAUSE

# Linger for 0 seconds: close() then sends RST instead of FIN (socket(7)).
_LINGER_NONE = struct.pack("ii", 1, 0)


class EmulatorTask(WSGITask):
    """A request in work."""

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment, with the address and the two functions."""
        environ: dict[str, Any] = super().get_environment()  # type: ignore[no-untyped-call]
        environ["SERVER_NAME"] = self.channel.address
        environ[ABORT] = self.channel.abort
        environ[PAUSE] = self.channel.pause
        return environ


class EmulatorChannel(HTTPChannel):
    """A connection."""

    task_class = EmulatorTask

    def __init__(self, server: Any, sock: socket.socket, *args: Any, **kw: Any) -> None:
        # A server bound to all addresses has one of them per connection.
        self.address = str(sock.getsockname()[0]).partition("%")[0]
        super().__init__(server, sock, *args, **kw)  # type: ignore[no-untyped-call]

    def abort(self) -> NoReturn:
        """Reset the connection."""
        if self.socket is not None:
            level, option = socket.SOL_SOCKET, socket.SO_LINGER
            self.socket.setsockopt(level, option, _LINGER_NONE)
        # Waitress handles this as a disconnected client, and closes the socket.
        raise ClientDisconnected

    def pause(self, seconds: float) -> None:
        """Wait; return early if the server stops."""
        self.server.stopping.wait(seconds)


class EmulatorServer(TcpWSGIServer):
    """A listening server; `stopping` is set when it must stop."""

    channel_class = EmulatorChannel

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.stopping = threading.Event()
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
