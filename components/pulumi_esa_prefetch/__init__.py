"""Declare which Alibaba Cloud ESA prefetch plans should be running; holds the public names, and no logic.

Each name is imported when it is first used: the provider's host process imports this package for the
provider alone, and `SitePrefetch` brings in pulumi_alicloud.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_esa_prefetch.provider.errors import PrefetchError
    from pulumi_esa_prefetch.resources.completion import (
        PrefetchCompletion,
        PrefetchCompletionArgs,
    )
    from pulumi_esa_prefetch.resources.scheduled_prefetch import (
        ScheduledPrefetch,
        ScheduledPrefetchArgs,
    )

_HOMES = {
    "PrefetchCompletion": "resources.completion",
    "PrefetchCompletionArgs": "resources.completion",
    "PrefetchError": "provider.errors",
    "ScheduledPrefetch": "resources.scheduled_prefetch",
    "ScheduledPrefetchArgs": "resources.scheduled_prefetch",
}

__all__ = [
    "PrefetchCompletion",
    "PrefetchCompletionArgs",
    "PrefetchError",
    "ScheduledPrefetch",
    "ScheduledPrefetchArgs",
]


def __getattr__(name: str) -> object:
    """Import a public name from where it is at home."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
