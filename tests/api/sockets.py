"""Servers on bare sockets, with a function for each connection, for tests."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

Handler = Callable[[socket.socket], None]


@contextlib.contextmanager
def serving(*handlers: Handler) -> Iterator[str]:
    """The URL of a server whose n-th connection goes to the n-th handler, and later ones to the last."""
    listener = socket.create_server(("127.0.0.1", 0))
    connections: list[socket.socket] = []

    def accept() -> None:
        with contextlib.suppress(OSError):
            for number in range(10_000):
                connection, _ = listener.accept()
                connections.append(connection)
                handler = handlers[min(number, len(handlers) - 1)]
                threading.Thread(target=handle, args=(handler, connection)).start()

    def handle(handler: Handler, connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            handler(connection)

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield f"127.0.0.1:{listener.getsockname()[1]}"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(10)
        for connection in connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
            connection.close()


def request_of(connection: socket.socket) -> bytes:
    """Read a whole request that has no body."""
    received = b""
    while b"\r\n\r\n" not in received:
        chunk = connection.recv(65536)
        if not chunk:
            break
        received += chunk
    return received


def answering(
    body: bytes, *, length: int | None = None, headers: bytes = b""
) -> Handler:
    """Answer 200 with a body and this Content-Length."""

    def handle(connection: socket.socket) -> None:
        request_of(connection)
        size = len(body) if length is None else length
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n" + headers
        connection.sendall(head + b"Content-Length: %d\r\n\r\n" % size + body)

    return handle


def resetting(connection: socket.socket) -> None:
    """Read the request, then reset the connection."""
    request_of(connection)
    linger = (1).to_bytes(4, "little") + (0).to_bytes(4, "little")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)


def trickling(before: bytes, drop: bytes) -> Handler:
    """Send `before` at once, then `drop` again and again without end."""

    def handle(connection: socket.socket) -> None:
        request_of(connection)
        connection.sendall(before)
        pause = threading.Event()
        while not pause.wait(0.02):
            connection.sendall(drop)

    return handle
