"""What is said of a measurement: its figure, and why a gate does not let it pass; pure."""

from typing import Final

from pulumi_esa_prefetch.provider.verification.properties import Figures, GateInputs
from pulumi_esa_prefetch.warmth.configuration_faults import configuration_faults
from pulumi_esa_prefetch.warmth.edge_answer import HIT, UNCACHED
from pulumi_esa_prefetch.warmth.measurement import CAVEATS
from pulumi_esa_prefetch.warmth.warm_ratio import percent_text, ratio_text

_SHOWN: Final = 3
_OTHERS: Final = "change the triggers of the verification to ask other URLs"


def figure(found: Figures) -> str:
    """The share of hits with its interval and counts, and what limits it; a few sentences on one line."""
    return f"{ratio_text(found.ratio)}{_cold(found)}. {' '.join(CAVEATS)}"


def failure(gate: GateInputs) -> str | None:
    """Why the gate does not let this pass, in one sentence; None if it does."""
    reason = _not_verified(gate) or _too_cold(gate)
    return f"plan {gate.plan} is not verified as warm: {reason}" if reason else None


def _not_verified(gate: GateInputs) -> str:
    if gate.wanted == 0:
        return (
            "nothing was measured, for each URL of the list was asked before, and only the first answer tells what "
            "a prefetch has done: give other URLs, or purge these and declare the verification under another name"
        )
    seen = f"after {gate.checked} of {gate.wanted} URLs"
    if gate.interrupted:
        return f"the measurement was interrupted {seen}: the next up asks other URLs"
    if gate.checked < gate.wanted:
        return (
            f"the deadline of the operation ended the measurement {seen}: {_OTHERS}, with a smaller sample or a "
            "longer deadline"
        )
    return ""


def _too_cold(gate: GateInputs) -> str:
    faults = "; ".join(configuration_faults(gate.by_status))
    limits = "; ".join(caveat[0].lower() + caveat[1:-1] for caveat in CAVEATS)
    share = gate.ratio.ratio
    if share is None:
        return f"{ratio_text(gate.ratio)}: {faults}; then {_OTHERS} ({limits})"
    if share >= gate.minimum:
        return ""
    return (
        f"{ratio_text(gate.ratio)}, below the minimum of {percent_text(gate.minimum)}{_cold(gate)}: run the plan "
        f"again, or {_OTHERS}{faults and '; '}{faults} ({limits})"
    )


def _cold(found: Figures) -> str:
    """The most frequent statuses of what was not warm and could have been."""
    kinds = sorted(found.by_status.items(), key=lambda item: (-item[1], item[0]))
    named = [
        f"{count} {kind}"
        for kind, count in kinds
        if kind != HIT and kind.split(" ")[0] not in UNCACHED
    ]
    more = [f"{len(named) - _SHOWN} more"] if len(named) > _SHOWN else []
    return f"; others: {', '.join(named[:_SHOWN] + more)}" if named else ""
