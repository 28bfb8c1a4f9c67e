"""A signed call by our client and by Alibaba's SDK, to the same server that answers at once."""

import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, Final

from pulumi_esa_emulator.testing import job, plan
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials, StaticCredentials
from tests.support.emulator_process import Service
from tests.support.local_esa import seed

_KEY: Final = ("emulator-key", "emulator-secret")
_JOB: Final = "665d3af3621bccf3fe29e1a4"
_OURS: Final = """
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials, StaticCredentials
with EsaClient({endpoint!r}, StaticCredentials(Credentials(*{key!r}))) as client:
    client.list_scheduled_preload_executions(job_id={job!r})
"""
_SDK: Final = """
from alibabacloud_esa20240910.client import Client
from alibabacloud_esa20240910 import models
from alibabacloud_tea_openapi.models import Config
key, secret = {key!r}
client = Client(Config(access_key_id=key, access_key_secret=secret, endpoint={address!r}, protocol="http"))
client.list_scheduled_preload_executions(models.ListScheduledPreloadExecutionsRequest(id={job!r}))
"""


@contextmanager
def server() -> Iterator[str]:
    """A local ESA with a job of one plan, in a process of its own; yields its URL."""
    with tempfile.TemporaryDirectory(prefix="bench-") as root:
        service = Service(
            Path(root) / "esa", seed(job(plan("stopped"), id=_JOB)), quiet=True
        )
        try:
            yield service.endpoint
        finally:
            service.close()


def scripts(endpoint: str) -> dict[str, str]:
    """A whole program of each that makes one call."""
    given = {"endpoint": endpoint, "address": endpoint[7:], "key": _KEY, "job": _JOB}
    return {"ours": _OURS.format(**given), "sdk": _SDK.format(**given)}


def repeated(endpoint: str, count: int) -> dict[str, float]:
    """CPU seconds of this process for each call."""
    models: Any = import_module("alibabacloud_esa20240910.models")
    config: Any = import_module("alibabacloud_tea_openapi.models").Config
    sdk_client: Any = import_module("alibabacloud_esa20240910.client").Client
    request = models.ListScheduledPreloadExecutionsRequest(id=_JOB)
    sdk = sdk_client(
        config(
            access_key_id=_KEY[0],
            access_key_secret=_KEY[1],
            endpoint=endpoint[7:],
            protocol="http",
        )
    )
    keys = StaticCredentials(Credentials(*_KEY))
    with EsaClient(endpoint, keys, max_qps=1e6) as client:
        ours = _cpu(
            lambda: client.list_scheduled_preload_executions(job_id=_JOB), count
        )
    theirs = _cpu(lambda: sdk.list_scheduled_preload_executions(request), count)
    return {"ours": ours, "sdk": theirs}


def _cpu(call: Callable[[], object], count: int) -> float:
    call()
    began = time.process_time()
    for _ in range(count):
        call()
    return (time.process_time() - began) / count
