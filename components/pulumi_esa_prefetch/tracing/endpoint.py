"""Where spans are sent, as OpenTelemetry's variables and the pulumi CLI say; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

OF_THE_CLI: Final = "PULUMI_OTEL_EXPORTER_OTLP_ENDPOINT"
"""The CLI's own receiver, which it names to each process that it starts if it has ``--otel-traces``."""
VARIABLES: Final = (
    "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT",
    "OTEL_EXPORTER_OTLP_ENDPOINT",
)
_PROTOCOLS: Final = (
    "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL",
    "OTEL_EXPORTER_OTLP_PROTOCOL",
)


@dataclass(frozen=True)
class Endpoint:
    """An OTLP receiver over gRPC; ``insecure``: without TLS, None: as its scheme and OpenTelemetry's variables say."""

    address: str
    insecure: bool | None = None


def endpoint_of(environ: Mapping[str, str]) -> Endpoint | None:
    """The receiver; None if none is set, tracing is switched off, or another protocol than gRPC is asked for.

    The CLI's receiver is used before others: the spans around ours are there.
    """
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return None
    own = environ.get(OF_THE_CLI, "").strip()
    if own:
        return Endpoint(own, insecure=True)
    if environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() != "otlp":
        return None
    if _first(environ, _PROTOCOLS) not in {"", "grpc"}:
        return None
    address = _first(environ, VARIABLES)
    return Endpoint(address) if address else None


def _first(environ: Mapping[str, str], names: tuple[str, ...]) -> str:
    found = (environ.get(name, "").strip() for name in names)
    return next(filter(None, found), "")
