"""Keeps prefetch plans of Alibaba Cloud ESA running, as a Pulumi program declares them; holds the public names.

Each name is imported when it is first used: the host process of the dynamic provider needs the provider alone,
and a program without a SitePrefetch needs no pulumi_alicloud.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pulumi_esa_prefetch.provider.errors import PrefetchError
    from pulumi_esa_prefetch.resources.fleet import split_by_job
    from pulumi_esa_prefetch.resources.plan_config import read_plans
    from pulumi_esa_prefetch.resources.prefetch_campaign import (
        PrefetchCampaign,
        PrefetchCampaignArgs,
    )
    from pulumi_esa_prefetch.resources.prefetch_completion import (
        PrefetchCompletion,
        PrefetchCompletionArgs,
    )
    from pulumi_esa_prefetch.resources.prefetch_verification import (
        PrefetchVerification,
        PrefetchVerificationArgs,
    )
    from pulumi_esa_prefetch.resources.prefetch_window import PrefetchWindow
    from pulumi_esa_prefetch.resources.scheduled_prefetch import (
        ScheduledPrefetch,
        ScheduledPrefetchArgs,
        ScheduledPrefetchArgsDict,
    )
    from pulumi_esa_prefetch.resources.site_config import read_prefetches
    from pulumi_esa_prefetch.resources.site_prefetch import (
        SitePrefetch,
        SitePrefetchArgs,
    )

_HOMES = {
    "PrefetchCampaign": "resources.prefetch_campaign",
    "PrefetchCampaignArgs": "resources.prefetch_campaign",
    "PrefetchCompletion": "resources.prefetch_completion",
    "PrefetchCompletionArgs": "resources.prefetch_completion",
    "PrefetchError": "provider.errors",
    "PrefetchVerification": "resources.prefetch_verification",
    "PrefetchVerificationArgs": "resources.prefetch_verification",
    "PrefetchWindow": "resources.prefetch_window",
    "ScheduledPrefetch": "resources.scheduled_prefetch",
    "ScheduledPrefetchArgs": "resources.scheduled_prefetch",
    "ScheduledPrefetchArgsDict": "resources.scheduled_prefetch",
    "SitePrefetch": "resources.site_prefetch",
    "SitePrefetchArgs": "resources.site_prefetch",
    "read_plans": "resources.plan_config",
    "read_prefetches": "resources.site_config",
    "split_by_job": "resources.fleet",
}

__all__ = [
    "PrefetchCampaign",
    "PrefetchCampaignArgs",
    "PrefetchCompletion",
    "PrefetchCompletionArgs",
    "PrefetchError",
    "PrefetchVerification",
    "PrefetchVerificationArgs",
    "PrefetchWindow",
    "ScheduledPrefetch",
    "ScheduledPrefetchArgs",
    "ScheduledPrefetchArgsDict",
    "SitePrefetch",
    "SitePrefetchArgs",
    "read_plans",
    "read_prefetches",
    "split_by_job",
]


def __getattr__(name: str) -> object:
    """Import a public name from its module."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """List the public names, imported or not."""
    return sorted({*globals(), *__all__})
