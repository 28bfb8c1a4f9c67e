"""The setting `esa-prefetch:resolve`, read as addresses for hosts; the command has a flag instead."""

from pulumi_esa_prefetch.settings.setting_lookup import SettingsError
from pulumi_esa_prefetch.settings.settings import RESOLVE
from pulumi_esa_prefetch.warmth.resolve import Resolve, ResolveError, parse_resolve


def read_resolve(text: str) -> Resolve:
    """The addresses that the setting's text gives. Raises SettingsError."""
    try:
        return parse_resolve([text])
    except ResolveError as error:
        raise SettingsError(f"{RESOLVE[0]} (or {RESOLVE[1]}): {error}") from None
