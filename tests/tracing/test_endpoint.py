"""Where spans are sent, from the variables alone."""

import pytest

from pulumi_esa_prefetch.tracing.endpoint import Endpoint, endpoint_of

ALL = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACES = "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"
CLI = "PULUMI_OTEL_EXPORTER_OTLP_ENDPOINT"
A, B = "http://a:4317", "http://b:4317"


@pytest.mark.parametrize(
    ("environ", "expected"),
    [
        ({}, None),
        ({ALL: " "}, None),
        ({ALL: A}, Endpoint(A)),
        ({ALL: A, TRACES: B}, Endpoint(B)),
        ({ALL: A, CLI: "localhost:1"}, Endpoint("localhost:1", insecure=True)),
        ({ALL: A, "OTEL_SDK_DISABLED": "true"}, None),
        ({CLI: "localhost:1", "OTEL_SDK_DISABLED": "True"}, None),
        ({ALL: A, "OTEL_TRACES_EXPORTER": "none"}, None),
        ({ALL: A, "OTEL_EXPORTER_OTLP_PROTOCOL": "grpc"}, Endpoint(A)),
        ({ALL: A, "OTEL_EXPORTER_OTLP_PROTOCOL": "http/protobuf"}, None),
    ],
)
def test_spans_are_sent_where_the_variables_say(
    environ: dict[str, str], expected: Endpoint | None
) -> None:
    assert endpoint_of(environ) == expected
