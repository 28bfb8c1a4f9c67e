"""The real dynamic provider host in its own process, called over gRPC as an engine does."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct
from pulumi.dynamic import ResourceProvider
from pulumi.dynamic.dynamic import serialize_provider
from pulumi.runtime.proto import (
    engine_pb2,
    engine_pb2_grpc,
    provider_pb2,
    provider_pb2_grpc,
)

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
FLAGS = ("--tracing", "tcp://127.0.0.1:1")
"""What the CLI puts before its address if it has `--otel-traces`."""
URN = "urn:pulumi:dev::project::pulumi-python:dynamic/esa:ScheduledPrefetch::name"


@dataclass
class EngineLog(engine_pb2_grpc.EngineServicer):
    """An engine's log; ``messages``: severity, URN and text of each."""

    address: str = ""
    messages: list[tuple[str, str, str]] = field(default_factory=list)
    hangs: bool = False

    def Log(  # noqa: N802 -- the protocol's name
        self, request: engine_pb2.LogRequest, context: grpc.ServicerContext
    ) -> Empty:
        """Keep the message; if the log hangs, answer only when the caller has given up."""
        while self.hangs and context.is_active():
            time.sleep(0.01)
        severity = engine_pb2.LogSeverity.Name(request.severity)
        self.messages.append((severity, request.urn, request.message))
        return Empty()


@contextlib.contextmanager
def engine_log() -> Iterator[EngineLog]:
    """Serve an engine's log during the block."""
    log, server = EngineLog(), grpc.server(ThreadPoolExecutor(2))
    engine_pb2_grpc.add_EngineServicer_to_server(log, server)
    log.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield log
    finally:
        server.stop(None)


class Host:
    """One host process and the pickle of one provider."""

    def __init__(
        self,
        process: "subprocess.Popen[bytes]",
        provider: ResourceProvider,
        folder: Path,
    ) -> None:
        self._process = process
        port = _port(folder / "stdout")
        self._channel = grpc.insecure_channel(f"127.0.0.1:{port}")
        self._stub = provider_pb2_grpc.ResourceProviderStub(self._channel)
        self._pickle = serialize_provider(provider)
        self._folder = folder

    def stdout_text(self) -> str:
        """What the process has written on stdout after its port."""
        return (self._folder / "stdout").read_text().partition("\n")[2]

    def stderr_text(self) -> str:
        """What the process has written on stderr."""
        return (self._folder / "stderr").read_text()

    def configure(self, **config: str) -> None:
        """Send the stack's config, with full names."""
        values = {name.replace("__", ":"): value for name, value in config.items()}
        self._stub.Configure(provider_pb2.ConfigureRequest(args=_struct(values)))

    def check(
        self, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> tuple[dict[str, Any], list[tuple[str, str]]]:
        """The checked inputs and the failures."""
        answer = self._stub.Check(
            provider_pb2.CheckRequest(
                urn=URN, olds=self._props(olds), news=self._props(news)
            )
        )
        return _dict(answer.inputs), [(f.property, f.reason) for f in answer.failures]

    def diff(
        self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> tuple[bool, list[str], bool]:
        """Whether there are changes, which properties replace, and whether the deletion comes first."""
        answer = self._stub.Diff(
            provider_pb2.DiffRequest(
                id=id_, urn=URN, olds=self._props(olds), news=self._props(news)
            )
        )
        some = answer.changes == provider_pb2.DiffResponse.DIFF_SOME
        return some, list(answer.replaces), answer.deleteBeforeReplace

    def create(self, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the outputs."""
        answer = self._stub.Create(
            provider_pb2.CreateRequest(urn=URN, properties=self._props(props))
        )
        return answer.id, _dict(answer.properties)

    def read(self, id_: str, props: Mapping[str, Any]) -> tuple[str, dict[str, Any]]:
        """The id and the outputs."""
        answer = self._stub.Read(
            provider_pb2.ReadRequest(id=id_, urn=URN, properties=self._props(props))
        )
        return answer.id, _dict(answer.properties)

    def update(
        self, id_: str, olds: Mapping[str, Any], news: Mapping[str, Any]
    ) -> dict[str, Any]:
        """The outputs."""
        answer = self._stub.Update(
            provider_pb2.UpdateRequest(
                id=id_, urn=URN, olds=self._props(olds), news=self._props(news)
            )
        )
        return _dict(answer.properties)

    def delete(self, id_: str, props: Mapping[str, Any]) -> None:
        """Delete it."""
        self._stub.Delete(
            provider_pb2.DeleteRequest(id=id_, urn=URN, properties=self._props(props))
        )

    def end(self) -> int:
        """End the process as an engine does; its exit code."""
        for _ in range(10):
            self._process.send_signal(signal.SIGINT)
            # Seldom, on a busy machine, the first one does not wake the host's main thread; an engine kills it then.
            with contextlib.suppress(subprocess.TimeoutExpired):
                return self._process.wait(3)
        raise AssertionError("the host does not end")

    def wait(self, seconds: float = 30) -> int:
        """Wait until the process ends by itself; its exit code."""
        return self._process.wait(seconds)

    def with_provider(self, provider: ResourceProvider) -> "Host":
        """Another provider in the same process."""
        return Host(self._process, provider, self._folder)

    def close(self) -> None:
        """Close the connection."""
        self._channel.close()

    def _props(self, props: Mapping[str, Any]) -> Struct:
        return _struct({"__provider": self._pickle} | dict(props))


@contextlib.contextmanager
def running_host(
    folder: Path,
    provider: ResourceProvider,
    environ: Mapping[str, str],
    *python: str,
    engine: str = "",
) -> Iterator[Host]:
    """Run a host during the block; ``python``: options of the interpreter, ``engine``: the engine's address."""
    with (folder / "stdout").open("w") as out, (folder / "stderr").open("w") as err:
        process = subprocess.Popen(
            [sys.executable, "-u", *python, "-m", "pulumi.dynamic", *FLAGS, engine],
            stdout=out,
            stderr=err,
            env=dict(environ),
        )
    try:
        host = Host(process, provider, folder)
        with contextlib.closing(host):
            yield host
    finally:
        process.kill()
        process.wait(10)


def _port(stdout: Path) -> int:
    deadline = time.monotonic() + 30
    while not stdout.read_text().endswith("\n"):
        assert time.monotonic() < deadline, "the host did not start"
        time.sleep(0.02)
    return int(stdout.read_text())


def _struct(values: Mapping[str, Any]) -> Struct:
    return ParseDict(dict(values), Struct())


def _dict(struct: Struct) -> dict[str, Any]:
    values: dict[str, Any] = MessageToDict(struct)
    return values
