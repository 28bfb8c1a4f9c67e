"""The limits that a stack, as declared, does not keep; pure.

`esa-prefetch policy analyze` and the policy pack both use this check.
"""

from collections.abc import Iterable
from datetime import datetime

from pulumi_esa_prefetch.load import LimitFinding, Limits
from pulumi_esa_prefetch.report.analysis.load_outlook import (
    LoadOutlook,
    PrefetchOutlook,
    declared_prefetches,
    forecast_load,
)
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import ResourceEntry
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph


def check_stack(
    resources: Iterable[ResourceEntry],
    snapshot: EsaSnapshot,
    limits: Limits,
    now: datetime,
) -> tuple[list[LimitFinding], list[str]]:
    """Check all plans that run or will run; also return the names of those without a known window and pace."""
    prefetches = declared_prefetches(ResourceGraph.of_state(resources), snapshot)
    outlook = forecast_load(prefetches, snapshot, now)
    return outlook.check(prefetches, limits), _without_forecast(prefetches, outlook)


def _without_forecast(
    prefetches: Iterable[PrefetchOutlook], outlook: LoadOutlook
) -> list[str]:
    return [
        prefetch.name
        for prefetch in prefetches
        if prefetch.action.submits and outlook.of(prefetch) is None
    ]
