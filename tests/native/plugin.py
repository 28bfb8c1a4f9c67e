"""The plugin in its own process, called over gRPC as an engine does."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from stacks.prefetch.demo.settings import ROOT, shielded
from tests.provider.host import FLAGS
from tests.support.local_esa import job_id, plan_id

P = provider_pb2
DEFAULT_PROVIDER = "urn:pulumi:test::test::pulumi:providers:esa-prefetch::default"
Props = dict[str, Any]


def struct(props: Props) -> Struct:
    """Properties as an engine sends them."""
    return ParseDict(props, Struct())


def plain(found: Any) -> Props:
    """Properties of an answer."""
    return MessageToDict(found)


def urn(name: str) -> str:
    """The URN of a ScheduledPrefetch."""
    return f"urn:pulumi:test::test::esa-prefetch:index:ScheduledPrefetch::{name}"


class Plugin:
    """One running plugin."""

    def __init__(self, process: subprocess.Popen[str], port: int) -> None:
        self.process = process
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self.calls = provider_pb2_grpc.ResourceProviderStub(self._channel)

    def close(self) -> int:
        """End it as an engine does, and return its exit code."""
        self._channel.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=30)

    def attach(self, engine: str) -> None:
        """Attach it to an engine."""
        self.calls.Attach(plugin_pb2.PluginAttach(address=engine))

    def check_config(self, provider: str = DEFAULT_PROVIDER, **args: Any) -> Any:
        """Check the provider's arguments."""
        return self.calls.CheckConfig(
            P.CheckRequest(urn=provider, news=struct(args), olds=struct({}))
        )

    def configure(self, provider: str = DEFAULT_PROVIDER, **args: Any) -> Any:
        """Configure the provider."""
        return self.calls.Configure(P.ConfigureRequest(urn=provider, args=struct(args)))

    def check(self, name: str = "launch", **inputs: Any) -> Any:
        """Check inputs."""
        return self.calls.Check(P.CheckRequest(urn=urn(name), news=struct(inputs)))

    def create(self, number: int, timeout: float = 0, **more: Any) -> Any:
        """Begin to create a plan's record."""
        inputs = {"planId": plan_id(number), "jobId": job_id(1)} | more
        request = P.CreateRequest(
            urn=urn(f"plan-{number}"), properties=struct(inputs), timeout=timeout
        )
        return self.calls.Create.future(request)

    def cancel(self) -> None:
        """What an engine calls at Ctrl-C."""
        self.calls.Cancel(Empty())


@contextlib.contextmanager
def plugin(endpoint: str, engine: str = "", **variables: str) -> Iterator[Plugin]:
    """Start the plugin that a clone of this repository has."""
    environment = shielded(
        os.environ,
        {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
            "ESA_ENDPOINT": endpoint,
            **variables,
        },
    )
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "plugin"), *FLAGS, *([engine] if engine else [])],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    port = int(process.stdout.readline())
    running = Plugin(process, port)
    try:
        yield running
    finally:
        running.close()
        process.stdout.close()
