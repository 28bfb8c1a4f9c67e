"""A real HTTP server on a free port that gets the calls of a webhook; its path holds a token."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

TOKEN = "T0ken-of-the-webhook"


@dataclass
class WebhookReceiver:
    """What was received; ``status``: of its answers, ``hangs``: it answers nothing until it ends."""

    url: str = ""
    status: int = 204
    hangs: bool = False
    calls: list[dict[str, Any]] = field(default_factory=list)
    end: threading.Event = field(default_factory=threading.Event)


@contextmanager
def webhook_receiver(
    *, status: int = 204, hangs: bool = False
) -> Iterator[WebhookReceiver]:
    """Serve a receiver during the block."""
    receiver = WebhookReceiver(status=status, hangs=hangs)

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.headers["content-type"] == "application/json"
            assert self.path.endswith(TOKEN)
            receiver.calls.append(json.loads(body))
            if receiver.hangs:
                receiver.end.wait(30)
                return
            self.send_response(receiver.status)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    receiver.url = f"http://127.0.0.1:{server.server_port}/hook/{TOKEN}?key={TOKEN}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield receiver
    finally:
        receiver.end.set()
        server.shutdown()
        server.server_close()
