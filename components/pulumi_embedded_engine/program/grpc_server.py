"""The gRPC server for programs and providers, and Pulumi's engine service (logs, version check)."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any, Final, cast

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc, resource_pb2_grpc

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.version_ranges import require_version
from pulumi_embedded_engine.model.events import Diagnostic, Severity
from pulumi_embedded_engine.program.launcher import UNHANDLED
from pulumi_embedded_engine.providers.provider_process import CHANNEL_OPTIONS

# Each waiting registration occupies a thread; the program has four threads per parallel step.
_THREADS: Final = 4096
# The SDK's complaints after its calls were refused because the run has ended: useless to the user.
_SHUTDOWN_NOISE: Final = (
    "Resource monitor has terminated, shutting down",
    "resource monitor shut down",
)


@dataclass(frozen=True, slots=True)
class Server:
    """A running gRPC server."""

    address: str
    stop: Callable[[], None]


def serve(
    monitor: resource_pb2_grpc.ResourceMonitorServicer, engine: "EngineService"
) -> Server:
    """Serve both on a free local port."""
    pool = ThreadPoolExecutor(max_workers=_THREADS, thread_name_prefix="rpc")
    server = grpc.server(pool, options=CHANNEL_OPTIONS)
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, server)
    engine_pb2_grpc.add_EngineServicer_to_server(engine, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()

    def stop() -> None:
        server.stop(grace=0.2).wait()
        pool.shutdown(wait=False, cancel_futures=True)

    return Server(f"127.0.0.1:{port}", stop)


class EngineService(engine_pb2_grpc.EngineServicer):
    """Receives the log messages of programs and providers."""

    def __init__(self, sink: Callable[[Diagnostic], None]) -> None:
        self._sink = sink
        self._replacements: list[str] = []
        # set when the run is stopping: the SDK's complaint about that is dropped
        self.quiet = False

    def Log(  # noqa: N802 - the protocol's name
        self, request: engine_pb2.LogRequest, context: Any
    ) -> empty_pb2.Empty:
        """Receive one log message."""
        del context
        known = request.severity in engine_pb2.LogSeverity.values()
        name = engine_pb2.LogSeverity.Name(request.severity) if known else "INFO"
        text, stream = self._without_trace(request.message), request.streamId
        if not (self.quiet and any(noise in text for noise in _SHUTDOWN_NOISE)):
            self._sink(
                Diagnostic(
                    cast(Severity, name.lower()),
                    text,
                    request.urn,
                    stream,
                    request.ephemeral,
                )
            )
        return empty_pb2.Empty()

    def replace_traceback(self, sentence: str) -> None:
        """Show this sentence instead of the program's traceback, if the error ends the program."""
        self._replacements.append(sentence)

    def _without_trace(self, message: str) -> str:
        if not message.startswith(UNHANDLED):
            return message
        return next((s for s in self._replacements if s in message), message)

    def RequirePulumiVersion(  # noqa: N802 - the protocol's name
        self,
        request: engine_pb2.RequirePulumiVersionRequest,
        context: grpc.ServicerContext,
    ) -> engine_pb2.RequirePulumiVersionResponse:
        """Reject a program that requires other versions of Pulumi."""
        try:
            require_version(request.pulumi_version_range)
        except EngineError as error:
            self.replace_traceback(str(error))
            context.abort(grpc.StatusCode.UNKNOWN, str(error))
        return engine_pb2.RequirePulumiVersionResponse()
