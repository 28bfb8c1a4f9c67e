"""Declare which Alibaba Cloud ESA prefetch plans should be running; holds the public names, and no logic."""

from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.resources.scheduled_prefetch import (
    ScheduledPrefetch,
    ScheduledPrefetchArgs,
)

__all__ = ["PrefetchError", "ScheduledPrefetch", "ScheduledPrefetchArgs"]
