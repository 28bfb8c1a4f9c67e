"""The CPU of one signed request in the emulator and in moto's server, on a comparable call: a list of what is there."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path
from socket import create_server
from typing import Final

import httpx

from pulumi_esa_emulator.identity.keys import DEMO_KEY
from pulumi_esa_emulator.testing import job, plan
from pulumi_esa_emulator.testing.signing import signed_query
from pulumi_esa_prefetch.clock import SystemClock
from tests.support.emulator_process import Service
from tests.support.local_esa import seed

_JOB: Final = "665d3af3621bccf3fe29e1a4"
_SECONDS: Final = 60.0
# botocore's form; moto, unlike the emulator, does not compute it again.
_AWS: Final = {
    "Authorization": "AWS4-HMAC-SHA256 Credential=key/20300101/us-east-1/dynamodb/aws4_request, "
    "SignedHeaders=host;x-amz-date;x-amz-target, Signature=0",
    "Content-Type": "application/x-amz-json-1.0",
    "X-Amz-Date": "20300101T000000Z",
    "X-Amz-Target": "DynamoDB_20120810.ListTables",
}


def missing() -> str:
    """Why moto's server cannot be run; "" if it can."""
    if find_spec("moto") is None:
        return "moto is not installed: pip install 'pulumi-esa-prefetch[bench]'"
    return "" if Path("/proc/self/stat").exists() else "there is no /proc here"


def cpu_per_request(count: int) -> dict[str, float]:
    """CPU seconds of each server's process for one request."""
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        service = Service(
            Path(root) / "esa", seed(job(plan("stopped"), id=_JOB)), quiet=True
        )
        try:
            emulator = _measured(service.pid, count, _asks_esa(service.endpoint))
        finally:
            service.close()
    with _moto() as (pid, endpoint):
        moto = _measured(pid, count, _asks_moto(endpoint))
    return {"emulator": emulator, "moto": moto}


def _measured(pid: int, count: int, ask: Callable[[httpx.Client], None]) -> float:
    with httpx.Client(trust_env=False, timeout=30) as client:
        for _ in range(20):
            ask(client)
        began = _cpu_of_process(pid)
        for _ in range(count):
            ask(client)
        return (_cpu_of_process(pid) - began) / count


def _asks_esa(endpoint: str) -> Callable[[httpx.Client], None]:
    def ask(client: httpx.Client) -> None:
        now = SystemClock().now()
        action = "ListScheduledPreloadExecutions"
        query = signed_query(action, {"Id": _JOB}, DEMO_KEY, now)
        client.post(endpoint, params=query).raise_for_status()

    return ask


def _asks_moto(endpoint: str) -> Callable[[httpx.Client], None]:
    def ask(client: httpx.Client) -> None:
        client.post(endpoint, headers=_AWS, content=b"{}").raise_for_status()

    return ask


@contextmanager
def _moto() -> Iterator[tuple[int, str]]:
    with create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-p", str(port)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    endpoint = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + _SECONDS
        while time.monotonic() < end:
            try:
                httpx.get(endpoint, timeout=5, trust_env=False)
                break
            except httpx.TransportError:
                time.sleep(0.1)
        yield process.pid, endpoint
    finally:
        process.terminate()
        process.wait(30)


def _cpu_of_process(pid: int) -> float:
    """User and system seconds of a process, with all its threads."""
    words = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(words[11]) + int(words[12])) / os.sysconf("SC_CLK_TCK")
