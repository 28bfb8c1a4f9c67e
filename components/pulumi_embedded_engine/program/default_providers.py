"""Default providers: the record that resources of a package share if the program names none; starts no provider."""

import json
import re
import threading
from collections.abc import Mapping
from typing import Any

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.goals import Goal
from pulumi_embedded_engine.model.operation_context import ConfigValue
from pulumi_embedded_engine.model.property_values import UNKNOWN_STRING, Secret
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import (
    BUILTIN_PACKAGE,
    DYNAMIC_PACKAGE,
    PROVIDER_PREFIX,
    provider_reference,
)
from pulumi_embedded_engine.program.event_queue import EventQueue
from pulumi_embedded_engine.providers.registry import INTERNAL

_DISABLED = "pulumi:disable-default-providers"


class DefaultProviderDisabled(EngineError):
    """The stack's configuration disables the default provider."""


class DefaultProviders:
    """Registers each default provider before the first resource that needs it."""

    def __init__(
        self, config: Mapping[str, ConfigValue], event_queue: EventQueue
    ) -> None:
        self._config = config
        self._event_queue = event_queue
        self._lock = threading.Lock()
        self._references: dict[tuple[str, str, str], str] = {}

    def reference(self, package: str, version: str = "", url: str = "") -> str:
        """The reference of the package's default provider."""
        key = (package, version.removeprefix("v"), url)
        with self._lock:
            if key not in self._references:
                self._refuse_disabled(package)
                self._references[key] = self._register(*key)
            return self._references[key]

    def _register(self, package: str, version: str, url: str) -> str:
        inputs = package_config(self._config, package)
        if version or url:
            inputs[INTERNAL] = {"pluginDownloadURL": url} if url else {}
        if version:
            inputs["version"] = version
        type_ = f"{PROVIDER_PREFIX}{package}"
        asked = Resource(urn="", custom=True, type=type_, inputs=inputs)
        goal = Goal(default_name(version, url), asked)
        record = self._event_queue.register(goal).record
        return provider_reference(record.urn, record.id or UNKNOWN_STRING)

    def _refuse_disabled(self, package: str) -> None:
        setting = self._config.get(_DISABLED)
        if setting is None or not setting.text or package == BUILTIN_PACKAGE:
            return
        try:
            disabled = [str(name).strip() for name in json.loads(setting.text)]
        except (ValueError, TypeError):
            message = f"{_DISABLED} should be a JSON list of package names"
            raise DefaultProviderDisabled(message) from None
        if "*" in disabled or package in disabled:
            raise DefaultProviderDisabled(
                f"default provider for '{package}' disabled by {_DISABLED}: the "
                "resource must be given an explicit provider"
            )


def default_name(version: str, url: str) -> str:
    """The name of a default provider's record."""
    name = "default"
    if version:
        name += "_" + re.sub(r"[.+-]", "_", version)
    if url:
        name += "_" + re.sub(r"[^A-Za-z0-9_./]", "_", re.sub(r"^https?://", "", url))
    return name


def package_config(config: Mapping[str, ConfigValue], package: str) -> dict[str, Any]:
    """The configuration of a package's provider; dynamic providers get the whole configuration, with namespaces."""
    found = {}
    for key, value in config.items():
        namespace, _, name = key.partition(":")
        known = Secret(value.text) if value.secret else value.text
        if package == DYNAMIC_PACKAGE:
            found[key] = known
        elif namespace == package:
            found[name] = known
    return found
