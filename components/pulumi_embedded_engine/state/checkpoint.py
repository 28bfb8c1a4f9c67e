"""Converts a snapshot to the JSON of a checkpoint or an export, and back; reads and writes no files."""

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import parse_object
from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.model.timestamps import Timestamp, format_timestamp
from pulumi_embedded_engine.state import integrity
from pulumi_embedded_engine.state.encoding import (
    Decrypt,
    Encrypt,
    StateEncoder,
    decode_operation,
    decode_resource,
)

PLAIN: Final = 3
WITH_FEATURES: Final = 4
# 1 and 2 are older versions without secrets; their records have the same form
_READABLE_VERSIONS: Final = (1, 2, PLAIN, WITH_FEATURES)
PASSPHRASE: Final = "passphrase"  # noqa: S105 - a provider's name
_BYTE_STRINGS: Final = "byteString"
# the other features, and the field of a record that needs each
_FEATURE_FIELDS: Final[tuple[tuple[str, Callable[[Resource], Any]], ...]] = (
    ("refreshBeforeUpdate", lambda record: record.refresh_before_update),
    ("taint", lambda record: record.taint),
    ("replaceWith", lambda record: record.replace_with),
    ("views", lambda record: record.extra.get("viewOf")),
    ("hooks", lambda record: record.extra.get("resourceHooks")),
    ("extensionParameterization", lambda record: record.extra.get("extensionRef")),
    ("snippets-prototype", lambda record: record.extra.get("snippetID")),
)
# the manifest of a state that has none
NO_MANIFEST: Final = {"time": "0001-01-01T00:00:00Z", "magic": "", "version": ""}
_KNOWN_KEYS: Final = (
    "manifest",
    "secrets_providers",
    "resources",
    "pending_operations",
    "metadata",
)


@dataclass(frozen=True, slots=True)
class Deployment:
    """The JSON of a deployment in a checkpoint or an export, with its version and features."""

    version: int = PLAIN
    features: tuple[str, ...] = ()
    body: Mapping[str, Any] = field(default_factory=dict)

    @property
    def salt(self) -> str:
        """The salt of its secrets, or "" if it has none; raises EngineError for another secrets provider."""
        if (
            self.version < PLAIN
        ):  # older versions have no secrets, and the CLI does not look either
            return ""
        provider = _object(self.body, "secrets_providers")
        kind = provider.get("type", "")
        if not kind:
            return ""
        if kind != PASSPHRASE:
            raise EngineError(
                f"the state's secrets are kept by the provider {_shortened(kind)}, which only the "
                "pulumi CLI can open"
            )
        salt = _object(provider, "state").get("salt")
        if not isinstance(salt, str):
            raise EngineError("the state names no salt for its secrets")
        return salt

    @property
    def records(self) -> list[dict[str, Any]]:
        """The JSON records of the resources, not decoded; raises EngineError if one is not a JSON object."""
        found = _items(self.body, "resources")
        if not all(isinstance(record, dict) for record in found):
            raise EngineError("a resource in the state is not a JSON object")
        return found

    @property
    def written_by(self) -> str:
        """The version of Pulumi that wrote it, or ""; raises EngineError if it cannot be read."""
        return str(_object(self.body, "manifest").get("version") or "")

    @property
    def updated_at(self) -> Timestamp | None:
        """When it was written, if it says so; raises EngineError if it cannot be read."""
        text = _object(self.body, "manifest").get("time")
        try:
            return Timestamp.parse(text) if text else None
        except (TypeError, ValueError):
            raise EngineError(f"the state's time is {_shortened(text)}") from None


class DamagedCheckpoint(EngineError):
    """The content of a checkpoint file is no checkpoint."""


def parse_checkpoint(content: bytes) -> Deployment:
    """The deployment in a checkpoint file.

    DamagedCheckpoint if it is none, EngineError if it is of a version not known here.
    """
    try:
        outer = parse_object(content, "the checkpoint")
    except EngineError as error:
        raise DamagedCheckpoint(str(error)) from None
    checkpoint = outer.get("checkpoint")
    if not isinstance(checkpoint, dict):
        raise DamagedCheckpoint("the checkpoint has no 'checkpoint'")
    latest = checkpoint.get("latest") or {}
    return checked_deployment(outer.get("version"), outer.get("features"), latest)


def checked_deployment(number: Any, features: Any, body: Any) -> Deployment:
    """The deployment with this JSON; raises EngineError if its version or one of its features is not known here."""
    if type(number) is not int or number not in _READABLE_VERSIONS:
        raise EngineError(
            f"the state has version {_shortened(number)}; versions 1 to {WITH_FEATURES} can be read"
        )
    if not isinstance(body, dict):
        raise EngineError("the state's deployment is not a JSON object")
    names = _feature_names(features)
    missing = sorted(set(names) - {_BYTE_STRINGS, *dict(_FEATURE_FIELDS)})
    if missing and number == WITH_FEATURES:
        raise EngineError(
            f"the state uses features that only a newer pulumi CLI knows: {', '.join(missing)}"
        )
    return Deployment(number, names, body)


def snapshot_of(deployment: Deployment, decrypt: Decrypt | None) -> Snapshot:
    """The snapshot of a deployment, not checked for integrity; raises EngineError if a record cannot be read."""
    try:
        return _snapshot_of(deployment.body, decrypt)
    except RecursionError:
        raise EngineError("the state is nested too deeply") from None


def _snapshot_of(body: Mapping[str, Any], decrypt: Decrypt | None) -> Snapshot:
    return Snapshot(
        resources=tuple(
            decode_resource(record, decrypt) for record in _items(body, "resources")
        ),
        pending_operations=tuple(
            decode_operation(record, decrypt)
            for record in _items(body, "pending_operations")
        ),
        metadata=_object(body, "metadata"),
        extra={key: value for key, value in body.items() if key not in _KNOWN_KEYS},
    )


def check_integrity(deployment: Deployment, snapshot: Snapshot) -> None:
    """Raise IntegrityError if the deployment was changed by hand, or its snapshot breaks a rule of the state."""
    _check_magic(deployment.body.get("manifest"))
    integrity.check_snapshot(snapshot)


def require_integrity(deployment: Deployment, snapshot: Snapshot) -> None:
    """Like `check_integrity`, but raises EngineError with advice for a person."""
    try:
        check_integrity(deployment, snapshot)
    except integrity.IntegrityError as fault:
        raise EngineError(
            f"snapshot integrity failure; refusing to use it: {fault}. `pulumi state repair` of the "
            "pulumi CLI can repair it"
        ) from None


def _items(body: Mapping[str, Any], key: str) -> list[Any]:
    found = body.get(key)
    if not isinstance(found, list | None):
        raise EngineError(f"the state's {key!r} are not a JSON list")
    return found or []


def _object(holder: Mapping[str, Any], key: str) -> dict[str, Any]:
    found = holder.get(key)
    if not isinstance(found, dict | None):
        raise EngineError(f"the state's {key!r} is not a JSON object")
    return found or {}


def _feature_names(features: Any) -> tuple[str, ...]:
    found = features or []
    if not isinstance(found, list) or not all(isinstance(x, str) for x in found):
        raise EngineError("the state's 'features' must be a list of names")
    return tuple(found)


def _shortened(value: Any) -> str:
    """An unexpected value, shortened for a message."""
    return repr(value)[:40]


def _check_magic(manifest: Any) -> None:
    found = manifest if isinstance(manifest, dict) else {}
    name = found.get("version") or ""
    if not isinstance(name, str) or (found.get("magic") or "") != _magic(name):
        raise integrity.IntegrityError(
            "the manifest's magic does not match its version, so the state was damaged or changed by hand"
        )


def _magic(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest() if name else ""


def writer_version() -> str:
    """The name under which this engine writes states."""
    from importlib.metadata import (  # noqa: PLC0415 - heavy, and only a write needs it
        PackageNotFoundError,
        version,
    )

    try:
        return f"esa-prefetch/{version('pulumi-esa-prefetch')}"
    except PackageNotFoundError:  # run from a source tree
        return "esa-prefetch"


def deployment_of(
    snapshot: Snapshot,
    *,
    salt: str,
    encrypt: Encrypt | None,
    now: datetime,
    features: tuple[str, ...] = (),
) -> Deployment:
    """The deployment of a snapshot.

    `features` are the features of the former state: secrets that stay encrypted may need them. Without `encrypt`,
    secrets are written as plain text, as `stack export --show-secrets` needs them.
    """
    encoder = StateEncoder(encrypt)
    name = writer_version()
    body: dict[str, Any] = {
        "manifest": {
            "time": format_timestamp(now),
            "magic": _magic(name),
            "version": name,
        }
    }
    if salt:
        body["secrets_providers"] = {"type": PASSPHRASE, "state": {"salt": salt}}
    if snapshot.resources:
        body["resources"] = [encoder.resource(record) for record in snapshot.resources]
    if snapshot.pending_operations:
        body["pending_operations"] = [
            encoder.operation(operation) for operation in snapshot.pending_operations
        ]
    body["metadata"] = dict(snapshot.metadata)
    used = set(features) | _used_features(snapshot.resources)
    if encoder.byte_strings:
        used.add(_BYTE_STRINGS)
    number = WITH_FEATURES if used else PLAIN
    return Deployment(number, tuple(sorted(used)), body | dict(snapshot.extra))


def _used_features(resources: tuple[Resource, ...]) -> set[str]:
    return {
        name
        for record in resources
        for name, has_mark in _FEATURE_FIELDS
        if has_mark(record)
    }


def render_checkpoint(deployment: Deployment, stack: str) -> dict[str, Any]:
    """A checkpoint file's JSON; `stack` is the fully qualified name."""
    inner = {"stack": stack, "latest": deployment.body}
    return _envelope(deployment) | {"checkpoint": inner}


def render_export(deployment: Deployment) -> dict[str, Any]:
    """The JSON that `stack export` prints."""
    return _envelope(deployment) | {"deployment": deployment.body}


def _envelope(deployment: Deployment) -> dict[str, Any]:
    features = {"features": list(deployment.features)} if deployment.features else {}
    return {"version": deployment.version} | features
