"""The plugin's process: serves the provider on a free port until its engine ends it.

The engine starts it with its own address as argument and reads the port from the first line on stdout. Started by
hand without an address, it waits for an engine that attaches it (``PULUMI_DEBUG_PROVIDERS=esa-prefetch:<port>``).
"""

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from importlib.metadata import version

import grpc.aio
from pulumi.runtime.proto import provider_pb2_grpc

from pulumi_esa_prefetch.native import call_spans
from pulumi_esa_prefetch.native.property_names import sentence_in_schema
from pulumi_esa_prefetch.native.servicer import NativeServicer
from pulumi_esa_prefetch.provider import host_life, messages

_LARGEST = 400 * 1024 * 1024
"""Bytes of one message, as in Pulumi's own providers."""
_OPTIONS = [
    ("grpc.max_receive_message_length", _LARGEST),
    ("grpc.max_send_message_length", _LARGEST),
]
_LONGEST_HOOK = 3600.0
"""Seconds that running hooks get to finish once the process is asked to end."""


def main(arguments: Sequence[str] | None = None) -> None:
    """Serve until SIGINT or SIGTERM; then begin nothing, and finish what runs."""
    parser = argparse.ArgumentParser(description="Pulumi provider plugin esa-prefetch.")
    parser.add_argument("engine", nargs="?", default="", help="the engine's address")
    # which the CLI puts before the address
    parser.add_argument("--tracing", help=argparse.SUPPRESS)
    known, _ = parser.parse_known_args(arguments)  # the engine may add flags for logs
    if known.engine:
        messages.use_engine(known.engine, sentence_in_schema)
    asyncio.run(_serve(known.engine))


async def _serve(engine: str) -> None:
    server = grpc.aio.server(
        options=_OPTIONS, interceptors=call_spans.interceptors(os.environ)
    )
    servicer = NativeServicer(version("pulumi-esa-prefetch"), engine)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    with suppress(NotImplementedError):  # on Windows SIGINT is a KeyboardInterrupt
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(number, ended.set)
    if engine:
        host_life.end_with_engine(lambda: servicer.is_busy)
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await ended.wait()
    servicer.interrupt()
    await server.stop(_LONGEST_HOOK)
