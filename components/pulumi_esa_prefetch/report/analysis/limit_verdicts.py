"""What limits say to a stack as it is declared; pure, and no policy pack itself.

The same judgement serves `esa-prefetch policy analyze` and the policy pack.
"""

from collections.abc import Iterable
from datetime import datetime

from pulumi_esa_prefetch.load import Judgement, Limits
from pulumi_esa_prefetch.report.analysis.load_outlook import (
    Case,
    Outlook,
    look_ahead,
    stand,
)
from pulumi_esa_prefetch.report.inputs.esa_lookup import Looked
from pulumi_esa_prefetch.report.inputs.pulumi_documents import Resource
from pulumi_esa_prefetch.report.inputs.resource_graph import Graph


def judge_stack(
    resources: Iterable[Resource], looked: Looked, limits: Limits, now: datetime
) -> tuple[list[Judgement], list[str]]:
    """Judge all plans that run or will run; also name the ones nothing is known of."""
    cases = stand(Graph.of_state(resources), looked)
    outlook = look_ahead(cases, looked, now)
    return outlook.judge(cases, limits), _blind(cases, outlook)


def _blind(cases: Iterable[Case], outlook: Outlook) -> list[str]:
    return [
        case.name for case in cases if case.outcome.goes_on and outlook.of(case) is None
    ]
