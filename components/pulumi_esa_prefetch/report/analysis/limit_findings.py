"""What limits say to a stack as it is declared; pure, and no policy pack itself.

The same judgement serves `esa-prefetch policy analyze` and the policy pack.
"""

from collections.abc import Iterable
from datetime import datetime

from pulumi_esa_prefetch.load import LimitFinding, Limits
from pulumi_esa_prefetch.report.analysis.load_outlook import (
    Case,
    LoadOutlook,
    declared_cases,
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
    cases = declared_cases(ResourceGraph.of_state(resources), snapshot)
    outlook = forecast_load(cases, snapshot, now)
    return outlook.check(cases, limits), _blind(cases, outlook)


def _blind(cases: Iterable[Case], outlook: LoadOutlook) -> list[str]:
    return [
        case.name for case in cases if case.action.submits and outlook.of(case) is None
    ]
