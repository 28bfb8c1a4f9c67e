"""The settings that only the native provider has: how many hooks run at once; reads nothing of a host."""

from collections.abc import Mapping
from typing import Final

from pulumi_esa_prefetch.settings.setting_lookup import (
    Get,
    SettingsError,
    SettingsSource,
)

PARALLEL: Final = "esa-prefetch:parallel"
DEFAULT_PARALLEL: Final = 32
MOST_PARALLEL: Final = 1000
OWN: Final = ("parallel",)
"""Settings that the dynamic face has not."""


def read_parallel(get: Get, environ: Mapping[str, str]) -> int:
    """How many hooks run at once. Raises SettingsError."""
    given = SettingsSource(get, environ).positive(PARALLEL)
    number = DEFAULT_PARALLEL if given is None else given
    if number != int(number) or number > MOST_PARALLEL:
        raise SettingsError(
            f"{PARALLEL} must be a whole number from 1 to {MOST_PARALLEL}"
        )
    return int(number)
