"""Which settings are in force, and where each comes from; secrets are named and not shown."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from pulumi_esa_prefetch.doctor.findings import Finding
from pulumi_esa_prefetch.load import Limits, LimitsError, count_text
from pulumi_esa_prefetch.settings.credential_sources import without_masked
from pulumi_esa_prefetch.settings.esa_answers import SETTING as ANSWERS
from pulumi_esa_prefetch.settings.hosts import ALLOW_HTTP
from pulumi_esa_prefetch.settings.native_settings import OWN, PARALLEL, read_parallel
from pulumi_esa_prefetch.settings.setting_lookup import SettingsError, SettingsSource
from pulumi_esa_prefetch.settings.settings import (
    RESOLVE,
    Settings,
    named_endpoint,
    read_settings,
    refuse_misspelt,
)
from pulumi_esa_prefetch.settings.webhook import WEBHOOK
from pulumi_esa_prefetch.warmth.resolve_setting import read_resolve

MASK = "[secret]"
LIMITS = "esa-prefetch:limits"
_CORRECT = "correct it; docs/reference.md lists all settings"
_WHERE = (
    "esa-prefetch:endpoint",
    "alicloud:endpoints",
    "esa-prefetch:accountType",
    "alicloud:accountType",
)
_ACCOUNT_TYPE = (
    "esa-prefetch:accountType",
    "alicloud:accountType",
    "ALIBABA_CLOUD_ACCOUNT_TYPE",
)


@dataclass(frozen=True, slots=True)
class ConfigSource:
    """Where settings come from: a stack's config and the environment; its repr shows no value.

    `secrets`: the names of secret config values; `secret_texts`: all secrets in them.
    """

    config: Mapping[str, str] = field(repr=False)
    environ: Mapping[str, str] = field(repr=False)
    secrets: frozenset[str] = frozenset()
    secret_texts: tuple[str, ...] = field(default=(), repr=False)

    def lookup(self) -> SettingsSource:
        """The lookup of single settings."""
        return SettingsSource(self.config.get, self.environ)

    def settings(self) -> Settings:
        """All settings of the client; raises SettingsError."""
        refuse_misspelt(self.config, OWN)
        return read_settings(self.config.get, self.environ)


def usable_config(config: Mapping[str, str]) -> dict[str, str]:
    """The config without masked keys, which others may replace; a masked endpoint stays, and is then refused.

    Otherwise another endpoint would be asked than the stack's.
    """
    shown = without_masked(config, MASK)
    return shown | {name: MASK for name in _WHERE if config.get(name) == MASK}


def check_settings(source: ConfigSource) -> tuple[Settings | None, list[Finding]]:
    """The settings, None if they cannot be used, and a line for each one that is set and for the defaults."""
    try:
        settings = source.settings()
        parallel = read_parallel(source.config.get, source.environ)
        read_resolve(settings.resolve)
    except SettingsError as error:
        return None, [Finding("settings", "failed", str(error), _CORRECT)]
    lines = [_endpoint(source, settings), *_others(source, settings, parallel)]
    return settings, [*lines, *_limits(source)]


def _endpoint(source: ConfigSource, settings: Settings) -> Finding:
    lookup = source.lookup()
    _, name = named_endpoint(lookup)
    if ":" not in name and name not in source.environ:
        # the public one, which the type of the account chooses
        name = lookup.which(*_ACCOUNT_TYPE) if lookup.text(*_ACCOUNT_TYPE) else ""
    return _setting("endpoint", _shown(source, name, settings.endpoint), name)


def _others(
    source: ConfigSource, settings: Settings, parallel: int
) -> Iterator[Finding]:
    values: dict[str, tuple[tuple[str, ...], object]] = {
        "verify": (("esa-prefetch:verify",), settings.verify),
        "maxQps": (("esa-prefetch:maxQps",), settings.max_qps),
        "deadline": (("esa-prefetch:deadline",), settings.deadline),
        "parallel": ((PARALLEL,), parallel),
        "allowHttp": (ALLOW_HTTP, settings.allow_http),
        "debug": (("esa-prefetch:debug",), settings.debug),
    }
    lookup = source.lookup()
    if settings.webhook:
        name = lookup.which(*WEBHOOK)
        yield _setting("webhook", _shown(source, name, settings.webhook.origin), name)
    defaults = []
    if lookup.text(ANSWERS):
        settled = count_text(len(settings.answers.pairs), "answer")
        yield _setting("answers", f"{settled} of a probe", ANSWERS)
    if settings.resolve:
        name = lookup.which(*RESOLVE)
        yield _setting("resolve", _shown(source, name, settings.resolve), name)
    for label, (names, value) in values.items():
        if lookup.text(*names):
            name = lookup.which(*names)
            yield _setting(label, _shown(source, name, _text(value)), name)
        else:
            defaults.append((label, _text(value)))
    if defaults:
        shown = ", ".join(f"{label} {value}" for label, value in defaults)
        yield Finding(
            "settings", "ok", f"by default: {shown}", facts={"defaults": dict(defaults)}
        )


def _limits(source: ConfigSource) -> Iterator[Finding]:
    text = source.config.get(LIMITS)
    if not text:
        return
    try:
        Limits.parse(text)
    except LimitsError as error:
        yield Finding("settings", "failed", str(error), _CORRECT)
    else:
        yield _setting("limits", "set", LIMITS)


def _setting(label: str, value: str, name: str) -> Finding:
    origin = place_of(name) if name else "the default"
    facts = {"setting": label, "value": value, "from": name or None}
    return Finding("settings", "ok", f"{label} {value}, {origin}", facts=facts)


def place_of(name: str) -> str:
    """Where a setting is from: `namespace:name` is in the stack config, any other name is a variable."""
    return f"from {'stack config' if ':' in name else 'variable'} {name}"


def _shown(source: ConfigSource, name: str, value: str) -> str:
    return MASK if name in source.secrets else value


def _text(value: object) -> str:
    """A value as it is written in the config."""
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)
