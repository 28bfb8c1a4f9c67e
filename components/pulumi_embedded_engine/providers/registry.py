"""The configured providers of a run, by reference; handles provider records like resources."""

import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.diff import Diff
from pulumi_embedded_engine.model.property_values import (
    UNKNOWN_STRING,
    Properties,
    equal,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import (
    DYNAMIC_PACKAGE,
    is_provider_type,
    package_of,
    provider_reference,
    type_of,
)
from pulumi_embedded_engine.providers.provider import (
    CheckResult,
    ObjectResult,
    Provider,
    ProviderCall,
    ProviderError,
    ReadResult,
    ResourceProvider,
)

INTERNAL: Final = "__internal"


class ProviderRegistry(ResourceProvider):
    """Itself a provider, for records of type `pulumi:providers:...`; `find` returns the record of a reference."""

    def __init__(
        self,
        load: Callable[[str, str], Provider],
        find: Callable[[str], Resource | None],
    ) -> None:
        self._load = load
        self._find = find
        self._lock = threading.RLock()
        self._configured: dict[str, Provider] = {}
        self._checked: dict[str, Provider] = {}
        self._aliases: dict[str, str] = {}

    def get(self, reference: str) -> Provider | None:
        """The configured provider with that reference."""
        return self._configured.get(reference)

    def register_alias(self, urn: str, alias: str) -> None:
        """The provider record `urn` had the URN `alias` before: resources in the state still refer to it."""
        self._aliases[urn] = alias

    def same(self, record: Resource) -> None:
        """Configure a provider as recorded (Pulumi's name for this)."""
        reference = provider_reference(record.urn, record.id)
        with self._lock:
            if reference in self._configured:
                return
            provider = self._unconfigured(record.urn, record.inputs)
            self._add(record.urn, record.id, provider, record.inputs)

    def check(self, call: ProviderCall) -> CheckResult:
        """Let the provider check its own configuration."""
        package = package_of(type_of(call.urn))
        old, new = _public(call.old_inputs), _public(call.inputs)
        if package == DYNAMIC_PACKAGE:
            # The dynamic host accepts any configuration: it is not started for this.
            return CheckResult(call.inputs)
        provider = self._load(package, _version(call.inputs))
        checked = provider.check_config(call.urn, old, new)
        if checked.failures:
            provider.close()
            return checked
        with self._lock:
            self._checked[call.urn] = provider
        return CheckResult(_completed(checked.inputs, call.inputs))

    def diff(self, call: ProviderCall) -> Diff:
        """Compare configurations; if the provider does not know, compare the recorded outputs with the new inputs."""
        diff = self._diff_config(call)
        if diff.changes != "unknown":
            return diff
        unchanged = equal(call.old_outputs, _public(call.inputs))
        return Diff("none" if unchanged else "some")

    def create(self, call: ProviderCall) -> ObjectResult:
        """Configure a new provider."""
        id_ = UNKNOWN_STRING if call.preview else str(uuid.uuid4())
        with self._lock:
            provider = self._unconfigured(call.urn, call.inputs)
            self._add(call.urn, id_, provider, call.inputs)
        return ObjectResult(id_, _public(call.inputs))

    def update(self, call: ProviderCall) -> ObjectResult:
        """Start a new process with the new configuration, then end the old one."""
        with self._lock:
            before = self._configured.get(provider_reference(call.urn, call.id))
            provider = self._unconfigured(call.urn, call.inputs)
            self._add(call.urn, call.id, provider, call.inputs)
        if before is not None and before is not provider:
            before.close()
        return ObjectResult(call.id, _public(call.inputs))

    def delete(self, call: ProviderCall) -> None:
        """End the provider's process."""
        with self._lock:
            provider = self._configured.pop(provider_reference(call.urn, call.id), None)
        if provider is not None:
            provider.close()

    def read(self, call: ProviderCall, state: Properties | None) -> ReadResult:
        """Never called."""
        del call, state
        raise ProviderError("provider resources may not be read")

    def provider_of(self, record: Resource) -> ResourceProvider:
        """The provider of a record; configured from the state if the program has not registered it (yet)."""
        if is_provider_type(record.type):
            return self
        reference = record.provider
        if reference not in self._configured:
            recorded = self._find(reference)
            if recorded is None:
                raise EngineError(f"could not find provider {reference} in the state")
            self.same(recorded)
        return self._configured[reference]

    def _diff_config(self, call: ProviderCall) -> Diff:
        if package_of(type_of(call.urn)) == DYNAMIC_PACKAGE:
            return Diff("unknown")
        with self._lock:
            provider = self._checked.get(call.urn) or self._configured.get(
                provider_reference(call.urn, call.id)
            )
        if provider is None:
            return Diff("unknown")
        old, new = _public(call.old_inputs), _public(call.inputs)
        return provider.diff_config(
            replace(call, old_inputs=old, inputs=new, preview=True)
        )

    def _unconfigured(self, urn: str, inputs: Properties) -> Provider:
        provider = self._checked.pop(urn, None)
        if provider is not None:
            return provider
        return self._load(package_of(type_of(urn)), _version(inputs))

    def _add(self, urn: str, id_: str, provider: Provider, inputs: Properties) -> None:
        provider.configure(urn, id_, _public(inputs))
        self._configured[provider_reference(urn, id_)] = provider
        if urn in self._aliases:
            alias = provider_reference(self._aliases[urn], id_)
            self._configured[alias] = provider


def _public(inputs: Properties) -> dict[str, Any]:
    return {key: value for key, value in inputs.items() if key != INTERNAL}


def _version(inputs: Properties) -> str:
    version = inputs.get("version")
    internal = inputs.get(INTERNAL)
    if isinstance(internal, Mapping) and "parameterization" in internal:
        raise EngineError(
            "parameterized providers are not supported here: use the pulumi CLI"
        )
    return version if isinstance(version, str) else ""


def _completed(inputs: Properties, asked: Properties) -> Properties:
    # The requested version is kept by the engine, not by the provider.
    kept = {key: asked[key] for key in ("version", INTERNAL) if key in asked}
    return {**inputs, **kept}
