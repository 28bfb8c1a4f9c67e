"""The decision table as lives of single plans: what is true, what is declared, what has to follow; runs nothing.

Every row has a plan of its own, and a job of its own unless it shares one. It lives through four phases, in each of
which one `up` (at the end: `destroy`) carries all rows at once. A row that has nothing to say about a phase must be
left alone in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

Phase = Literal["create", "drift", "change", "destroy"]
Fields = Mapping[str, object]
PHASES: tuple[Phase, ...] = ("create", "drift", "change", "destroy")
LOSS = "loss"
"""An answer that was lost where nobody can say then whether there was an effect."""
STOPPED: dict[str, object] = {"desiredState": "stopped"}
AGAIN: dict[str, object] = {"triggers": {"release": "2"}}


@dataclass(frozen=True)
class Step:
    """One phase: what is so, what is declared, and what has to happen."""

    truth: str | None = None
    """The plan's status when the phase begins; `gone`: there is no such plan; None: as it was left."""
    fields: Fields | None = None
    """What is declared of it; None: as before."""
    start: int = 0
    stop: int = 0
    reset: int = 0
    error: str = ""
    """A part of the sentence that is shown; the record stays as it was."""
    status: str = ""
    """The status that follows, in the state and in ESA; empty: as it was."""
    true: str = ""
    """The status in ESA, where it is another than in the state."""
    gone: bool = False
    """Nothing is recorded of it afterwards."""


@dataclass(frozen=True)
class Row:
    """A life of one plan."""

    name: str
    create: Step
    drift: Step = field(default_factory=Step)
    change: Step = field(default_factory=Step)
    destroy: Step = field(default_factory=Step)
    has_job_id: bool = True
    hangs_on: tuple[str, ...] = ()
    """What may lead elsewhere: rules of the emulator that a dialect changes, or LOSS."""
    end: str = "+8h"
    shares: str = ""
    """The rows that say the same here have one job."""
    slice_len: int = 1
    """URLs per batch."""

    def step(self, phase: Phase) -> Step:
        """What this row says about a phase."""
        return {
            "create": self.create,
            "drift": self.drift,
            "change": self.change,
            "destroy": self.destroy,
        }[phase]


ADOPTED = Step("running", {}, status="running")
HALTED = Step("stopped", STOPPED, status="stopped")
ENDS = Step(stop=1, status="stopped", gone=True)
"""What destroy does to a plan that runs."""
STAYS = Step(gone=True)
"""What destroy does to a plan that does not."""
NO_PLAN = "does not exist"
NO_STOP = "ESA stops only running plans"

CREATE = (
    Row("waiting", Step("waiting", {}, start=1, status="waiting"), destroy=STAYS),
    Row("running", ADOPTED, destroy=ENDS),
    Row("stopped", Step("stopped", {}, start=1, status="running"), destroy=ENDS),
    Row(
        "failed",
        Step("failed", {}, start=1, status="running"),
        destroy=ENDS,
        hangs_on=("start_failed",),
    ),
    Row(
        "failed-kept",
        Step("failed", {"restartFailed": False}, status="failed"),
        destroy=STAYS,
    ),
    Row("finished", Step("finished", {}, status="finished"), destroy=STAYS),
    Row(
        "finished-run-again",
        Step("finished", {"restartFinished": True}, start=1, status="running"),
        destroy=ENDS,
        hangs_on=("start_finished", LOSS),
    ),
    Row("missing", Step("gone", {}, error=NO_PLAN, gone=True)),
    Row("to-stop", Step("running", STOPPED, stop=1, status="stopped"), destroy=STAYS),
    Row("waiting-to-stop", Step("waiting", STOPPED, error=NO_STOP, gone=True)),
    Row("halted", HALTED, destroy=STAYS),
    Row("failed-halted", Step("failed", STOPPED, status="failed"), destroy=STAYS),
    Row("finished-halted", Step("finished", STOPPED, status="finished"), destroy=STAYS),
    Row(
        "bare-stopped",
        Step("stopped", {}, start=1, status="running"),
        destroy=ENDS,
        has_job_id=False,
        hangs_on=(LOSS,),
    ),
    Row(
        "bare-to-stop",
        Step("running", STOPPED, stop=1, status="stopped"),
        destroy=STAYS,
        has_job_id=False,
        hangs_on=(LOSS,),
    ),
    Row(
        "bare-running",
        ADOPTED,
        destroy=ENDS,
        has_job_id=False,
        hangs_on=("start_running", LOSS),
    ),
    Row(
        "bare-finished",
        Step("finished", {}, start=1, status="running"),
        destroy=ENDS,
        has_job_id=False,
        hangs_on=("start_finished", LOSS),
    ),
    Row(
        "bare-halted",
        HALTED,
        destroy=STAYS,
        has_job_id=False,
        hangs_on=("stop_stopped", LOSS),
    ),
    Row(
        "bare-waiting-to-stop",
        Step("waiting", STOPPED, error=NO_STOP, gone=True),
        has_job_id=False,
        hangs_on=("stop_waiting", LOSS),
    ),
)

DRIFT = (
    Row("drift-waiting", ADOPTED, Step("waiting", status="waiting"), destroy=STAYS),
    Row(
        "drift-stopped",
        ADOPTED,
        Step("stopped", start=1, status="running"),
        destroy=ENDS,
    ),
    Row(
        "drift-failed",
        ADOPTED,
        Step("failed", start=1, status="running"),
        destroy=ENDS,
        hangs_on=("start_failed",),
    ),
    Row(
        "drift-failed-kept",
        Step("running", {"restartFailed": False}, status="running"),
        Step("failed", status="failed"),
        destroy=STAYS,
    ),
    Row("drift-finished", ADOPTED, Step("finished", status="finished"), destroy=STAYS),
    Row("drift-gone", ADOPTED, Step("gone", error=NO_PLAN, gone=True)),
    Row(
        "drift-finished-gone",
        Step("finished", {}, status="finished"),
        Step("gone", status="finished", true="gone"),
        destroy=STAYS,
    ),
    Row(
        "halted-drift-running",
        HALTED,
        Step("running", stop=1, status="stopped"),
        destroy=STAYS,
    ),
    Row(
        "halted-drift-waiting",
        HALTED,
        Step("waiting", error=NO_STOP, status="waiting"),
        Step("stopped", status="stopped"),
        destroy=STAYS,
    ),
    Row("halted-drift-failed", HALTED, Step("failed", status="failed"), destroy=STAYS),
    Row(
        "halted-drift-finished",
        HALTED,
        Step("finished", status="finished"),
        destroy=STAYS,
    ),
)

CHANGE = (
    Row(
        "again-running",
        ADOPTED,
        change=Step(None, AGAIN, stop=1, reset=1, start=1, status="running"),
        destroy=ENDS,
        hangs_on=("reset",),
    ),
    Row(
        "again-resumed",
        Step("running", {"rerun": "resume"}, status="running"),
        change=Step(
            None, {"rerun": "resume", **AGAIN}, stop=1, start=1, status="running"
        ),
        destroy=ENDS,
    ),
    Row(
        "again-finished",
        Step("finished", {}, status="finished"),
        change=Step(None, AGAIN, reset=1, start=1, status="running"),
        destroy=ENDS,
        hangs_on=("start_finished", "reset", LOSS),
    ),
    Row(
        "again-late",
        Step("finished", {}, status="finished"),
        change=Step(None, AGAIN, error="its window is over", status="finished"),
        destroy=STAYS,
        end="-1m",
    ),
    Row(
        "again-halted",
        HALTED,
        change=Step(None, STOPPED | AGAIN, status="stopped"),
        destroy=STAYS,
    ),
    Row(
        "kept-on-destroy",
        ADOPTED,
        change=Step(None, {"onDestroy": "leave"}, status="running"),
        destroy=Step(status="running", gone=True),
    ),
    Row(
        "no-more",
        ADOPTED,
        change=Step(None, STOPPED, stop=1, status="stopped"),
        destroy=STAYS,
    ),
    Row(
        "once-more",
        HALTED,
        change=Step(None, {}, start=1, status="running"),
        destroy=ENDS,
    ),
    Row(
        "drifts-unseen",
        ADOPTED,
        Step("running"),
        change=Step("stopped", AGAIN, reset=1, start=1, status="running"),
        destroy=ENDS,
        hangs_on=("reset",),
    ),
)

SHARED = (
    Row("beside-runs", ADOPTED, destroy=ENDS, shares="one that runs"),
    Row(
        "beside-again",
        Step("finished", {}, status="finished"),
        change=Step(
            None, AGAIN, error="while another plan of the job runs", status="finished"
        ),
        destroy=STAYS,
        shares="one that runs",
    ),
    Row(
        "beside-waits-again",
        Step("waiting", {}, start=1, status="waiting"),
        change=Step(None, AGAIN, start=1, status="waiting"),
        destroy=STAYS,
        shares="one that runs",
    ),
    Row(
        "shared-again",
        ADOPTED,
        change=Step(None, AGAIN, stop=1, reset=1, start=1, status="running"),
        destroy=ENDS,
        hangs_on=("reset",),
        shares="one that waits",
    ),
    Row(
        "shared-waits",
        Step("waiting", {}, start=1, status="waiting"),
        destroy=STAYS,
        shares="one that waits",
    ),
)

DESTROY = (
    Row(
        "left",
        Step("running", {"onDestroy": "leave"}, status="running"),
        destroy=Step(status="running", gone=True),
    ),
    Row(
        "deleted",
        Step("running", {"onDestroy": "delete"}, status="running"),
        destroy=Step(stop=1, status="gone", gone=True),
    ),
    Row(
        "deleted-waiting",
        Step("waiting", {"onDestroy": "delete"}, start=1, status="waiting"),
        destroy=Step(status="gone", gone=True),
    ),
    Row(
        "deleted-already",
        Step("running", {"onDestroy": "delete"}, status="running"),
        destroy=Step("gone", gone=True),
    ),
)

ROWS = CREATE + DRIFT + CHANGE + SHARED + DESTROY

LIMITS: dict[str, object] = {
    "maxOriginUrlsPerSecond": 0.01,
    "enforce": {"rate": "deny"},
}
DENIED = "esa-prefetch:limits deny it"
FAST = 10
"""URLs per batch, of which the limits deny the Start."""

LIMITED = (
    Row("slow", Step("stopped", {}, start=1, status="running"), destroy=ENDS),
    Row(
        "slow-again",
        ADOPTED,
        change=Step(None, AGAIN, stop=1, reset=1, start=1, status="running"),
        destroy=ENDS,
    ),
    Row("fast", Step("stopped", {}, error=DENIED, gone=True), slice_len=FAST),
    Row("fast-running", ADOPTED, destroy=ENDS, slice_len=FAST),
    Row(
        "fast-drift",
        ADOPTED,
        Step("stopped", error=DENIED, status="stopped"),
        Step(None, STOPPED, status="stopped"),
        destroy=STAYS,
        slice_len=FAST,
    ),
    Row(
        "fast-again",
        ADOPTED,
        change=Step(None, AGAIN, error=DENIED, status="running"),
        destroy=ENDS,
        slice_len=FAST,
    ),
    Row(
        "fast-halted",
        HALTED,
        change=Step(None, {}, error=DENIED, status="stopped"),
        destroy=STAYS,
        slice_len=FAST,
    ),
    Row(
        "fast-to-stop",
        ADOPTED,
        change=Step(None, STOPPED, stop=1, status="stopped"),
        destroy=STAYS,
        slice_len=FAST,
    ),
    Row("bare", Step("stopped", {}, error="give job_id", gone=True), has_job_id=False),
)
"""The same under a limit that denies."""
