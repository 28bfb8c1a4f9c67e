"""gRPC errors of providers as the engine's errors: messages, traces, objects that exist but are not ready."""

from typing import Any

import grpc
from google.protobuf import descriptor_pool, message_factory
from pulumi.runtime.proto import provider_pb2

from pulumi_esa_prefetch.engine.providers import InitFailed, ProviderError
from pulumi_esa_prefetch.engine.traces import message_of
from pulumi_esa_prefetch.engine.wire import read_struct

_DETAILS = "grpc-status-details-bin"


def unimplemented(error: grpc.RpcError) -> bool:
    """Whether the provider does not know the call."""
    return bool(error.code() == grpc.StatusCode.UNIMPLEMENTED)


def fault_of(error: grpc.RpcError, label: str, *, dead: bool) -> ProviderError:
    """The error to raise for what a provider answered."""
    details = error.details() or ""
    for detail in _status_details(error):
        if detail.Is(provider_pb2.ErrorResourceInitFailed.DESCRIPTOR):
            return _init_failed(detail)
        if detail.Is(provider_pb2.ConfigureErrorMissingKeys.DESCRIPTOR):
            return ProviderError(_missing_keys(detail))
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        state = "ended unexpectedly" if dead else f"does not answer: {details}"
        return ProviderError(f"{label} {state}", dead=True)
    message = message_of(details) or f"{label} failed with {error.code().name}"
    return ProviderError(message, details if details.strip() != message else "")


def _status_details(error: grpc.RpcError) -> list[Any]:
    metadata: Any = error.trailing_metadata() or ()
    for key, value in metadata:
        if key == _DETAILS:
            status = _status_class()()
            status.ParseFromString(value)
            return list(status.details)
    return []


def _status_class() -> Any:
    # Two packages carry google.rpc.Status and only one of them may be loaded in a process.
    pool = descriptor_pool.Default()
    try:
        found = pool.FindMessageTypeByName("google.rpc.Status")
    except KeyError:
        from pulumi.runtime.proto import status_pb2  # noqa: PLC0415 - see above

        return status_pb2.Status
    return message_factory.GetMessageClass(found)


def _init_failed(detail: Any) -> InitFailed:
    message = provider_pb2.ErrorResourceInitFailed()
    detail.Unpack(message)
    inputs = read_struct(message.inputs) if message.HasField("inputs") else None
    outputs = read_struct(message.properties)
    return InitFailed(message.id, outputs, inputs, list(message.reasons))


def _missing_keys(detail: Any) -> str:
    message = provider_pb2.ConfigureErrorMissingKeys()
    detail.Unpack(message)
    return "; ".join(
        f'missing required configuration key "{key.name}": {key.description}; set it '
        f"with `config set {key.name} <value>`"
        for key in message.missingKeys
    )
