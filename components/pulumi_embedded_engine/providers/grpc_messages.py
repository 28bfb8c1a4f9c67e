"""Converts requests to providers, their answers and errors, between wire and engine values; sends nothing."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import grpc
from google.protobuf import descriptor_pool, message_factory
from pulumi.runtime.proto import provider_pb2

from pulumi_embedded_engine.model.diff import Diff
from pulumi_embedded_engine.model.events import PropertyChange
from pulumi_embedded_engine.model.property_values import Properties, reveal
from pulumi_embedded_engine.model.property_wire import (
    Encoding,
    read_struct,
    write_struct,
)
from pulumi_embedded_engine.model.urns import name_of, type_of
from pulumi_embedded_engine.providers.provider import (
    CheckFailure,
    InitFailed,
    ProviderCall,
    ProviderError,
)

_HEADER: Final = "Traceback (most recent call last):"
# `Exception` says nothing, and a dotted class name is internal; but `KeyError` is needed to understand its text.
_NAMELESS: Final = re.compile(r"^(?:Exception|(?:\w+\.)+\w+): (?=\S)")
_DETAILS = "grpc-status-details-bin"
_CHANGES: Final[Mapping[int, Literal["none", "some"]]] = {
    provider_pb2.DiffResponse.DIFF_NONE: "none",
    provider_pb2.DiffResponse.DIFF_SOME: "some",
}


def is_traceback(text: str) -> bool:
    """Whether the text contains a Python traceback."""
    return _HEADER in text


def exception_message(details: str) -> str:
    """The exception's own message if the text is a traceback; else the text."""
    if not is_traceback(details):
        return _without_class(details.strip())
    lines = details.rsplit(_HEADER, 1)[1].splitlines()
    for number, line in enumerate(lines):
        if line and not line[0].isspace():
            return _without_class("\n".join(lines[number:]).strip())
    return details.strip()


def _without_class(message: str) -> str:
    return _NAMELESS.sub("", message, count=1)


def unimplemented(error: grpc.RpcError) -> bool:
    """Whether the provider does not implement the call."""
    return bool(error.code() == grpc.StatusCode.UNIMPLEMENTED)


def provider_error(error: grpc.RpcError, label: str, *, dead: bool) -> ProviderError:
    """The exception for an error that a provider returned."""
    details = error.details() or ""
    for detail in _status_details(error):
        if detail.Is(provider_pb2.ErrorResourceInitFailed.DESCRIPTOR):
            return _init_failed(detail)
        if detail.Is(provider_pb2.ConfigureErrorMissingKeys.DESCRIPTOR):
            return ProviderError(_missing_keys(detail))
    if error.code() == grpc.StatusCode.UNAVAILABLE:
        state = "ended unexpectedly" if dead else f"does not answer: {details}"
        return ProviderError(f"{label} {state}", dead=True)
    message = exception_message(details) or f"{label} failed with {error.code().name}"
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
    # Two packages contain google.rpc.Status, and only one of them may be loaded in a process.
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


def resource_fields(urn: str) -> dict[str, Any]:
    """The fields that identify the resource of a request."""
    return {"urn": urn, "name": name_of(urn), "type": type_of(urn)}


def diff_fields(call: ProviderCall, encoding: Encoding) -> dict[str, Any]:
    """The old and new properties, for a diff and for an update."""
    return {
        **resource_fields(call.urn),
        "id": call.id,
        "olds": write_struct(call.old_outputs, encoding),
        "old_inputs": write_struct(call.old_inputs, encoding),
        "news": write_struct(call.inputs, encoding),
        "ignoreChanges": call.ignore_changes,
    }


def read_diff(answer: Any) -> Diff:
    """The provider's answer to a diff."""
    detailed: Mapping[str, PropertyChange] | None = None
    if answer.hasDetailedDiff:
        detailed = {
            path: PropertyChange(_kind(change.kind), change.inputDiff)
            for path, change in answer.detailedDiff.items()
        }
    return Diff(
        _CHANGES.get(answer.changes, "unknown"),
        replaces=tuple(answer.replaces),
        changed=tuple(answer.diffs),
        detailed=detailed,
        delete_before_replace=answer.deleteBeforeReplace,
    )


def _kind(number: Any) -> str:
    if number not in provider_pb2.PropertyDiff.Kind.values():
        return "update"  # a kind of a newer protocol
    name: str = provider_pb2.PropertyDiff.Kind.Name(number)
    return name.lower().replace("_", "-")


def failures_of(answer: Any) -> tuple[CheckFailure, ...]:
    """The inputs that the answer rejects."""
    return tuple(CheckFailure(f.property, f.reason) for f in answer.failures)


def config_variables(package: str, inputs: Properties) -> dict[str, str]:
    """The configuration in the form that older providers read."""
    texts = {}
    for key, value in inputs.items():
        if key != "version":
            plain = reveal(value)
            texts[f"{package}:config:{key}"] = (
                plain
                if isinstance(plain, str)
                else json.dumps(
                    plain, separators=(",", ":"), sort_keys=True, ensure_ascii=False
                )
            )
    return texts
