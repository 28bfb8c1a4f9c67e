"""Requests to providers and their answers, to and from the engine's own values; sends nothing."""

import json
from collections.abc import Mapping
from typing import Any, Final

from pulumi.runtime.proto import provider_pb2

from pulumi_esa_prefetch.engine.diff import Diff
from pulumi_esa_prefetch.engine.events import PropertyChange
from pulumi_esa_prefetch.engine.providers import Call, Failure
from pulumi_esa_prefetch.engine.urns import name_of, type_of
from pulumi_esa_prefetch.engine.values import Properties, reveal
from pulumi_esa_prefetch.engine.wire import Encoding, write_struct

_KINDS: Final = {
    provider_pb2.PropertyDiff.ADD: "add",
    provider_pb2.PropertyDiff.ADD_REPLACE: "add-replace",
    provider_pb2.PropertyDiff.DELETE: "delete",
    provider_pb2.PropertyDiff.DELETE_REPLACE: "delete-replace",
    provider_pb2.PropertyDiff.UPDATE: "update",
    provider_pb2.PropertyDiff.UPDATE_REPLACE: "update-replace",
}
_CHANGES: Final = {
    provider_pb2.DiffResponse.DIFF_NONE: "none",
    provider_pb2.DiffResponse.DIFF_SOME: "some",
}


def about(call: Call) -> dict[str, Any]:
    """Which resource a request is about."""
    return {"urn": call.urn, "name": name_of(call.urn), "type": type_of(call.urn)}


def diff_request(call: Call, encoding: Encoding) -> Any:
    """The request for a diff."""
    return provider_pb2.DiffRequest(
        **about(call),
        id=call.id,
        olds=write_struct(call.old_outputs, encoding),
        old_inputs=write_struct(call.old_inputs, encoding),
        news=write_struct(call.inputs, encoding),
        ignoreChanges=call.ignore_changes,
    )


def read_diff(answer: Any) -> Diff:
    """A provider's answer to it."""
    detailed: Mapping[str, PropertyChange] | None = None
    if answer.hasDetailedDiff:
        detailed = {
            path: PropertyChange(_KINDS.get(change.kind, "update"), change.inputDiff)
            for path, change in answer.detailedDiff.items()
        }
    changes = _CHANGES.get(answer.changes, "unknown")
    return Diff(
        "none" if changes == "none" else "some" if changes == "some" else "unknown",
        replaces=tuple(answer.replaces),
        changed=tuple(answer.diffs),
        detailed=detailed,
        delete_before_replace=answer.deleteBeforeReplace,
    )


def failures_of(answer: Any) -> tuple[Failure, ...]:
    """The inputs that an answer refuses."""
    return tuple(Failure(f.property, f.reason) for f in answer.failures)


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), sort_keys=True, ensure_ascii=False)


def variables(package: str, inputs: Properties) -> dict[str, str]:
    """A configuration in the form that older providers read."""
    texts = {}
    for key, value in inputs.items():
        if key != "version":
            plain = reveal(value)
            text = plain if isinstance(plain, str) else _json(plain)
            texts[f"{package}:config:{key}"] = text
    return texts
