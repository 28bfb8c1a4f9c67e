"""Serves the edge on a socket: http and https on one port, by the first byte of a connection.

A thread per connection, and `_MOST_CONNECTIONS` of both at most. All end with the server.
"""

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from tempfile import TemporaryDirectory
from typing import Any

from pulumi_esa_emulator.http.edge_certificates import CertificateAuthority
from pulumi_esa_emulator.http.edge_replies import EdgeReply, edge_refusal, edge_reply
from pulumi_esa_emulator.state.edge import Edge

_MOST_CONNECTIONS = 64
_IDLE_SECONDS = 10
_TLS_HANDSHAKE = b"\x16"
_MAX_SHOWN = 200


class EdgeServer(ThreadingMixIn, TCPServer):
    """The edge at an address; `running_edge` starts and ends it."""

    daemon_threads = False
    request_queue_size = 128

    def __init__(
        self, edge: Edge, authority: CertificateAuthority, listener: socket.socket
    ) -> None:
        address = listener.getsockname()
        super().__init__(address, EdgeHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listener
        self.edge = edge
        self.authority = authority
        self.port: int = address[1]
        self._context = authority.context()
        self._slots = threading.BoundedSemaphore(_MOST_CONNECTIONS)
        self._open: dict[socket.socket, socket.socket] = {}
        self._stopping = threading.Event()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Begin a thread for a connection, once there are fewer than the most."""
        # With it `stop` can end the connection, whatever TLS does to the first socket.
        handle = request.dup()
        while not self._slots.acquire(timeout=0.1):
            if self._stopping.is_set():
                handle.close()
                self.shutdown_request(request)
                return
        self._open[request] = handle
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve a connection; one that breaks off or speaks no HTTP is no error."""
        try:
            with (
                contextlib.suppress(OSError),
                request,
                self._secured(request) as connection,
            ):
                self.finish_request(connection, client_address)
        finally:
            self._open.pop(request).close()
            self._slots.release()

    def stop(self) -> None:
        """End all connections and threads."""
        self._stopping.set()
        self.shutdown()
        for handle in tuple(self._open.values()):
            with contextlib.suppress(OSError):
                handle.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def _secured(self, request: socket.socket) -> socket.socket:
        """The connection, with TLS if the client begins with its handshake."""
        request.settimeout(_IDLE_SECONDS)
        if request.recv(1, socket.MSG_PEEK) != _TLS_HANDSHAKE:
            return request
        return self._context.wrap_socket(request, server_side=True)


class EdgeHandler(BaseHTTPRequestHandler):
    """One connection: reads requests and writes replies."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # Headers and body in one write, sent at once.
    wbufsize = -1
    disable_nagle_algorithm = True
    server: EdgeServer

    def do_GET(self) -> None:
        """Answer, and warm the edge."""
        self._send(self._reply(warms=True), with_body=True)

    def do_HEAD(self) -> None:
        """Answer without a body; the edge stays as it is."""
        self._send(self._reply(warms=False), with_body=False)

    def version_string(self) -> str:
        """The header Server."""
        return "ESA"

    def log_message(self, *_: object) -> None:
        """Print nothing."""

    def _reply(self, *, warms: bool) -> EdgeReply:
        host, target = self.headers.get("Host", ""), self.path
        secure = isinstance(self.connection, ssl.SSLSocket)
        if not target.startswith("/") or "/" in host:
            return edge_refusal(400, "The edge wants a path, and a host in Host.")
        try:
            url = f"{'https' if secure else 'http'}://{host}{target}"
            answer = self.server.edge.ask(url, warms=warms)
        except ValueError:
            return edge_refusal(400, "The header Host is not a host.")
        if answer is None:
            known = ", ".join(self.server.edge.hosts)[:_MAX_SHOWN] or "none"
            return edge_refusal(
                404,
                f"No job of this ESA has a URL of the host {host[:_MAX_SHOWN]!r}; "
                f"known hosts: {known}.",
            )
        return edge_reply(answer, self.headers.get("Range"))

    def _send(self, reply: EdgeReply, *, with_body: bool) -> None:
        if self.headers.get("Content-Length") or self.headers.get("Transfer-Encoding"):
            # A body is not read, so nothing can follow it.
            self.close_connection = True
        self.send_response(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        self.end_headers()
        if with_body:
            self.wfile.write(reply.body)


@contextlib.contextmanager
def running_edge(edge: Edge, listener: socket.socket) -> Iterator[EdgeServer]:
    """Serve the edge in threads during the block."""
    with TemporaryDirectory(prefix="esa-emulator-") as folder:
        server = EdgeServer(edge, CertificateAuthority(Path(folder)), listener)
        thread = threading.Thread(
            target=server.serve_forever, args=(0.1,), name="esa-edge"
        )
        thread.start()
        try:
            yield server
        finally:
            server.stop()
            thread.join()
