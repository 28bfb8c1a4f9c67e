"""Waitress with two more abilities: to reset a connection, and to wait; no routing.

Waitress gives its application no way to the socket, so the channel hands two functions
over in the WSGI environment, and as SERVER_NAME the address that the client reached.
"""

import socket
import struct
import threading
from typing import Any, NoReturn

from waitress.channel import ClientDisconnected, HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import WSGITask

from pulumi_esa_emulator.http.slow_sending import ABORT, PAUSE

# On, for 0 seconds: close() then sends RST instead of FIN (socket(7)).
_LINGER_NONE = struct.pack("ii", 1, 0)


class EmulatorTask(WSGITask):
    """A request being served."""

    def get_environment(self) -> dict[str, Any]:
        """The WSGI environment, with the address and the functions in it."""
        environ: dict[str, Any] = super().get_environment()  # type: ignore[no-untyped-call]
        environ["SERVER_NAME"] = self.channel.address
        environ[ABORT] = self.channel.abort
        environ[PAUSE] = self.channel.pause
        return environ


class EmulatorChannel(HTTPChannel):
    """A connection."""

    task_class = EmulatorTask

    def __init__(self, server: Any, sock: socket.socket, *args: Any, **kw: Any) -> None:
        # Bound to all addresses, each connection has one of them.
        self.address = str(sock.getsockname()[0]).partition("%")[0]
        super().__init__(server, sock, *args, **kw)  # type: ignore[no-untyped-call]

    def abort(self) -> NoReturn:
        """End the connection by a reset."""
        if self.socket is not None:
            level, option = socket.SOL_SOCKET, socket.SO_LINGER
            self.socket.setsockopt(level, option, _LINGER_NONE)
        # Waitress takes this for a client that went away, and closes the socket.
        raise ClientDisconnected

    def pause(self, seconds: float) -> None:
        """Wait, unless the server is closed."""
        self.server.stopping.wait(seconds)


class EmulatorServer(TcpWSGIServer):
    """A listening socket; `stopping` is set when it is to end."""

    channel_class = EmulatorChannel

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.stopping = threading.Event()
        super().__init__(*args, **kwargs)  # type: ignore[no-untyped-call]
