"""How the wait for one plan ended, and the JSON that says so; pure."""

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Literal

Outcome = Literal["reached", "failed", "stopped", "gone", "timed_out"]


@dataclass(frozen=True)
class PlanEnd:
    """The end of one wait; an empty text is not known.

    ``status``: the last one that ESA listed, ``seconds``: how long the wait took, ``resource``: the name in the stack.
    """

    plan: str
    job: str
    outcome: Outcome
    status: str
    until: str
    when: datetime
    seconds: float
    project: str = ""
    stack: str = ""
    resource: str = ""

    def document(self) -> dict[str, Any]:
        """It as JSON, without what is not known."""
        facts = asdict(self) | {
            "when": self.when.isoformat(timespec="seconds").replace("+00:00", "Z"),
            "seconds": round(self.seconds, 1),
        }
        return {name: value for name, value in facts.items() if value != ""}


def outcome_of(status: str) -> Outcome:
    """How a wait ended whose plan does not get there any longer; its status is empty if ESA does not list it."""
    return (
        "failed" if status == "failed" else "stopped" if status == "stopped" else "gone"
    )
