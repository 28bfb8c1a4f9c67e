from typing import Any

from pulumi.runtime.proto import engine_pb2

from pulumi_embedded_engine.program.grpc_server import EngineService


def test_a_severity_of_a_newer_protocol_is_shown_as_info() -> None:
    received: list[Any] = []
    service = EngineService(received.append)

    service.Log(engine_pb2.LogRequest(severity=9, message="a line"), None)  # type: ignore[arg-type]

    assert [(one.severity, one.message) for one in received] == [("info", "a line")]
