"""A resource monitor in this process: remembers what a component registers, and creates nothing."""

import contextlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.protobuf.empty_pb2 import Empty
from pulumi.runtime.proto import provider_pb2, resource_pb2, resource_pb2_grpc

from tests.native.plugin import Props, plain, struct, urn

OUTPUTS = {
    "jobId": "a" * 24,
    "desiredState": "running",
    "status": "running",
    "startTime": "2026-01-01T00:00:00Z",
    "endTime": "2026-01-02T00:00:00Z",
}


class Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """One engine's monitor; ``recorded``: the outputs of a resource that a component reads; ``every``: all requests."""

    def __init__(self) -> None:
        self.address = ""
        self.registered: dict[str, Any] = {}
        self.every: list[Any] = []
        self.recorded: Props = {}

    def inputs(self, name: str) -> Props:
        """What was declared of one resource."""
        return plain(self.registered[name].object)

    def GetDeploymentInfo(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        features = resource_pb2.ResourceMonitorFeature.values()
        return resource_pb2.DeploymentInfo(supportedFeatures=features)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        self.registered[request.name] = request
        self.every.append(request)
        address = f"urn:pulumi:test::{request.type}::{request.name}"
        known = plain(request.object)
        outputs = struct(OUTPUTS | known) if request.custom else struct({})
        return resource_pb2.RegisterResourceResponse(
            urn=address, id="an-id" if request.custom else "", object=outputs
        )

    def RegisterResourceOutputs(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        return Empty()

    def Invoke(self, request: Any, context: Any) -> Any:  # noqa: N802, ARG002
        assert request.tok == "pulumi:pulumi:getResource"
        found = {"urn": urn("launch"), "id": "an-id", "state": self.recorded}
        answer = provider_pb2.InvokeResponse()
        getattr(answer, "return").CopyFrom(struct(found))
        return answer


@contextlib.contextmanager
def monitor(**recorded: Any) -> Iterator[Monitor]:
    """Serve a monitor on a free port."""
    server = grpc.server(ThreadPoolExecutor(8))
    served = Monitor()
    served.recorded = recorded
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(served, server)
    served.address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    try:
        yield served
    finally:
        server.stop(None)
