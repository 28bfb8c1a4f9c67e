"""How a provider's process ends: by itself once it is asked to, else by a kill, which is reported."""

import os
import sys
from pathlib import Path

import pytest

from pulumi_embedded_engine.providers import provider_process
from pulumi_embedded_engine.providers.provider_process import ProviderCommand, start

SERVER = """
import signal, threading
from concurrent.futures import ThreadPoolExecutor
import grpc
if {stubborn}:
    signal.signal(signal.SIGINT, signal.SIG_IGN)
server = grpc.server(ThreadPoolExecutor())
print(server.add_insecure_port("127.0.0.1:0"), flush=True)
server.start()
try:
    threading.Event().wait()
except KeyboardInterrupt:
    print("the last message", flush=True)
"""


@pytest.mark.parametrize(
    ("stubborn", "lines"),
    [
        (False, ["the last message"]),
        (
            True,
            [
                "the provider did not end when asked to, and was killed: its last messages may be missing"
            ],
        ),
    ],
)
def test_a_provider_that_must_be_killed_is_reported(
    stubborn: bool, lines: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if stubborn:
        monkeypatch.setattr(provider_process, "_END_SECONDS", 0.2)
    command = [sys.executable, "-c", SERVER.format(stubborn=stubborn)]
    said: list[str] = []
    connection = start(
        ProviderCommand("the provider", command, tmp_path, os.environ),
        lambda line, _: said.append(line),
        lambda _: None,
    )

    connection.close()

    assert said == lines
    assert connection.dead
