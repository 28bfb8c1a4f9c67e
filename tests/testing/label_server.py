"""An HTTP server with labels, as a code host has them: `/labels/<name>` by PUT, GET and DELETE, with a token."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "token-of-the-host"


class LabelServer(ThreadingHTTPServer):
    """Keeps labels by name."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.labels: dict[str, Any] = {}
        self.seen: list[str] = []

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: LabelServer

    def _answer(self) -> None:
        name = self.path.rpartition("/")[2]
        length = int(self.headers.get("Content-Length") or 0)
        body = json.loads(self.rfile.read(length) or "null")
        self.server.seen.append(f"{self.command} {name}")
        status, answer = self._result(name, body)
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(answer).encode())

    do_GET = do_PUT = do_DELETE = _answer  # noqa: N815 - names of the library

    def _result(self, name: str, body: Any) -> tuple[int, Any]:
        if self.headers.get("Authorization") != f"Bearer {TOKEN}":
            return 401, {"message": "Bad credentials"}
        labels = self.server.labels
        if self.command == "PUT":
            labels[name] = body
        elif name not in labels:
            return 404, {"message": "Not Found"}
        return 200, labels.pop(name) if self.command == "DELETE" else labels[name]

    def log_message(self, *_: object) -> None:
        """Print nothing."""


@contextmanager
def label_server() -> Iterator[LabelServer]:
    """Serve during the block."""
    with LabelServer() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
