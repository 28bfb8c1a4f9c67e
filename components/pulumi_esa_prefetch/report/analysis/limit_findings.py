"""What limits say to a stack as it is declared; pure, and no policy pack itself.

The same judgement serves `esa-prefetch policy analyze` and the policy pack.
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
    """Judge all plans that run or will run; also name the ones nothing is known of."""
    prefetches = declared_prefetches(ResourceGraph.of_state(resources), snapshot)
    outlook = forecast_load(prefetches, snapshot, now)
    return outlook.check(prefetches, limits), _blind(prefetches, outlook)


def _blind(prefetches: Iterable[PrefetchOutlook], outlook: LoadOutlook) -> list[str]:
    return [
        prefetch.name
        for prefetch in prefetches
        if prefetch.action.submits and outlook.of(prefetch) is None
    ]
