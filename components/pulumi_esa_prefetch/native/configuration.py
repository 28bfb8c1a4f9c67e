"""The provider's own configuration: read from its arguments, the stack's config and the environment.

The default provider gets every key of the stack's namespace, also those that are the program's (``plans``) or
another one's. They are accepted and dropped: a change of them is no change of the provider. Nor is one of the stack's
``limits``, which are read anew in each run: the engine gives a plugin the stack's config of its own namespace, under
bare names, in PULUMI_CONFIG. No engine gives it ``alicloud:*``. An explicit provider has its arguments and the
environment alone.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pulumi.output import contains_unknowns

from pulumi_esa_prefetch.load import Limits, LimitsError
from pulumi_esa_prefetch.settings.native_settings import OWN, read_parallel
from pulumi_esa_prefetch.settings.setting_lookup import Get
from pulumi_esa_prefetch.settings.settings import (
    NAMESPACE,
    SETTINGS,
    Settings,
    SettingsError,
    read_settings,
    refuse_misspelt,
)
from pulumi_esa_prefetch.warmth.resolve_setting import read_resolve

ARGUMENTS = tuple(sorted({*SETTINGS, *OWN} - {"plans", "debug"}))
"""The arguments of the provider in the schema."""

_ENGINES = ("version",)
"""Arguments that the engine itself adds and reads."""
KEYS = ("accessKey", "secretKey", "securityToken", "webhook")
"""Arguments that are secret in the state, also where the stack's config has them in plain text."""

_DEFAULT_NAME = re.compile(r"::default(_[^:]*)?$")


@dataclass(frozen=True)
class Configuration:
    """What one provider is configured with; ``limits``: their JSON, ``parallel``: how many hooks run at once."""

    settings: Settings
    limits: str | None
    parallel: int


def kept_arguments(urn: str, args: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that are recorded: without the keys of the namespace that are not the provider's."""
    kept = {*ARGUMENTS, *_ENGINES} - ({"limits"} if _is_default(urn) else set())
    return {name: value for name, value in args.items() if name in kept}


def wrong_arguments(
    urn: str, args: Mapping[str, Any], environ: Mapping[str, str]
) -> str:
    """What is wrong with the arguments, in one sentence; empty if nothing is, or not everything is known yet."""
    try:
        refuse_misspelt((f"{NAMESPACE}:{name}" for name in args), OWN)
        if not contains_unknowns(dict(args)):
            read_configuration(urn, args, environ)
    except (SettingsError, LimitsError) as error:
        return str(error)
    return ""


def read_configuration(
    urn: str, args: Mapping[str, Any], environ: Mapping[str, str]
) -> Configuration:
    """Read the configuration of the provider with this URN. Raises SettingsError and LimitsError."""
    if _is_default(urn):
        args = {"limits": _stack_config(environ).get("limits"), **args}
    get = _getter(args)
    limits = get(f"{NAMESPACE}:limits")
    Limits.parse(limits)
    settings = read_settings(get, environ)
    read_resolve(settings.resolve)
    return Configuration(settings, limits, read_parallel(get, environ))


def _is_default(urn: str) -> bool:
    """Whether the engine has made the provider, for resources that name none."""
    return _DEFAULT_NAME.search(urn) is not None


def _getter(args: Mapping[str, Any]) -> Get:
    """Read a config value of this namespace from the arguments."""
    named = {f"{NAMESPACE}:{name}": value for name, value in args.items()}
    return lambda full_name: _text(named.get(full_name))


def _stack_config(environ: Mapping[str, str]) -> Mapping[str, Any]:
    """The stack's config of this namespace, as the engine gives it."""
    try:
        found = json.loads(environ.get("PULUMI_CONFIG") or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _text(value: Any) -> str | None:
    """A value as the stack's config has it: text as it is, anything else as JSON."""
    return value if value is None or isinstance(value, str) else json.dumps(value)
