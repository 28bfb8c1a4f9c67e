"""Runs the stand-in: `python -m tests.standin` prints its port and serves until its stdin is closed, or SIGTERM.

Attach it to an engine by PULUMI_DEBUG_PROVIDERS=alicloud:<port>. `--plain-diff`: diffs without details.
"""

import os
import signal
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.standin.provider import Alicloud


def main() -> None:
    provider = Alicloud(os.environ, detailed="--plain-diff" not in sys.argv)
    server = grpc.server(ThreadPoolExecutor(max_workers=16))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(provider, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    print(port, flush=True)  # noqa: T201 -- whoever started it waits for the line
    done = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: done.set())

    def until_closed() -> None:
        sys.stdin.read()
        done.set()

    threading.Thread(target=until_closed, daemon=True).start()
    done.wait()
    server.stop(None)


if __name__ == "__main__":
    main()
