"""The decision table: what to do about one plan, and why; pure, it calls nothing and knows no clock.

Each function is one moment in a resource's life. ``Act.START`` and its like are what the hooks carry
out; ``why`` is a clause for a person, whose subject is the plan, and is what a summary shows.

Where the table of "Semantics of ScheduledPrefetch" is silent:

- A status that this version does not know is never acted upon: ``create`` and ``update`` refuse, ``diff`` sees
  no change, ``delete`` leaves the plan and says so.
- ``desired_state`` changed to running on a plan that waits is a Start, as at ``create``: a plan that ESA
  left waiting for its first Start needs one, for any other it changes nothing.
- Any changed input is a change, if only to be recorded: the outputs echo the inputs.
- A ``job_id`` that is not the plan's is refused: a plan's job is fixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pulumi_esa_prefetch.api.esa_times import render_time
from pulumi_esa_prefetch.api.models import STATUSES, Plan
from pulumi_esa_prefetch.provider.plan_properties import (
    Declaration,
    PlanInputs,
    PlanState,
)


class Observed(Protocol):
    """What is known of a plan: by an answer of ESA's, or by the state."""

    @property
    def status(self) -> str | None:
        """ESA's word for what the plan does."""
        ...

    @property
    def end_time(self) -> datetime | None:
        """The end of its window, if it has one."""
        ...


class Act(StrEnum):
    """What is to be done about a plan."""

    START = "start"
    STOP = "stop"
    RERUN = "rerun"
    """Stop if it is running, go back to the first URL if so declared, Start."""
    ADOPT = "adopt"
    """Record it as it is: no call."""
    RECORD = "record"
    """Record the new declaration: no call."""
    KEEP = "keep"
    """Nothing changes."""
    REPLACE = "replace"
    REFUSE = "refuse"
    """An error, before any call that changes something."""
    AWAIT = "await"
    """A change whose content is not known before the deployment."""
    DELETE = "delete"
    """Stop if it is running, then delete it in ESA."""
    LEAVE = "leave"
    """Forget it without a call."""
    DROP = "drop"
    """It is gone, and so is its record."""


@dataclass(frozen=True)
class Decision:
    """What to do and why; ``tell`` if the reason should reach the user although nothing failed."""

    act: Act
    why: str
    notify: bool = False


SOON = timedelta(minutes=1)
"""A window that opens within this time may be open by ESA's clock."""
MISSING = "does not exist: check plan_id and job_id"
UNKNOWN_STATUS = "is left alone, for this version does not know its status"
WAITING_CANNOT_STOP = (
    "is waiting and ESA stops only running plans: declare it stopped once it runs, or delete "
    "the plan, or move its window"
)


def at_create(declared: PlanInputs, observed: Observed | None) -> Decision:
    """Decide for a plan that this resource does not have yet; None: the plan does not exist."""
    if observed is None:
        return Decision(Act.REFUSE, MISSING)
    status = observed.status
    if status not in STATUSES:
        return Decision(Act.REFUSE, _unknown(observed))
    if declared.desired_state == "stopped":
        return _stopped(status) or Decision(Act.ADOPT, f"is {status} already")
    if status == "finished" and declared.restart_finished:
        return Decision(Act.START, "is finished and restart_finished is set")
    if status == "waiting":
        return Decision(Act.START, "is waiting")
    return _running(declared, status) or Decision(Act.ADOPT, f"is {status} already")


def at_diff(declaration: Declaration, recorded: PlanState) -> Decision:
    """Decide what has changed, by what the state remembers; every act but KEEP is a change."""
    if "plan_id" in declaration.unknown:
        return Decision(Act.REPLACE, "may become another one: plan_id is not known yet")
    declared = declaration.inputs
    if declared is None or declaration.unknown:
        names = ", ".join(sorted(declaration.unknown)) or "the declaration"
        return Decision(Act.AWAIT, f"depends on what is not known yet: {names}")
    if declared.plan_id != recorded.plan_id:
        return Decision(Act.REPLACE, f"takes the place of {recorded.plan_id}")
    return _changed(declared, recorded, recorded)


def at_update(
    declared: PlanInputs,
    recorded: PlanState,
    observed: Observed | None,
    now: datetime,
) -> Decision:
    """Decide for a changed declaration or a drifted plan, by what ESA says now."""
    if observed is None:
        return Decision(Act.REFUSE, _gone(recorded))
    decision = _changed(declared, recorded, observed)
    if decision.act is not Act.REFUSE and observed.status not in STATUSES:
        return Decision(Act.REFUSE, _unknown(observed))
    end = observed.end_time
    if decision.act is Act.RERUN and end is not None and end <= now:
        return Decision(
            Act.REFUSE,
            "cannot run again, its window is over: move its window, or put the old triggers back",
        )
    if decision.act is Act.KEEP:
        return Decision(Act.ADOPT, f"is {observed.status} already")
    return decision


def at_rerun(
    observed: Observed, running: Sequence[str], *, was_reset: bool = False
) -> Decision:
    """Decide how a plan runs again from the first URL beside the job's other plans that run, by id.

    The place in the URL list is the job's: going back sets the others back too. ``was_reset``: this run
    has set the job back for another plan, which goes on since: they run again together, from one Reset.
    """
    if was_reset:
        return Decision(Act.START, "runs again: this run has set its job back already")
    if not running:
        return Decision(Act.RERUN, "runs again from the first URL")
    if observed.status == "waiting":
        why = (
            f"will run from where its job is then, for another plan of the job runs ({', '.join(running)}) "
            "and would be set back"
        )
        return Decision(Act.START, why, notify=True)
    return Decision(
        Act.REFUSE,
        "cannot run again from the first URL while another plan of the job runs "
        f"({', '.join(running)}), for the place in the URL list is the job's: wait for it, stop "
        'it, or declare rerun="resume"',
    )


def needs_lookup(declared: PlanInputs, recorded: PlanState) -> bool:
    """Whether an update needs ESA's present word, or is a matter of recording only."""
    decision = _changed(declared, recorded, recorded)
    same_goal = declared.desired_state == recorded.desired_state
    return not (same_goal and decision.act in {Act.RECORD, Act.KEEP})


def at_read(recorded: PlanState, observed: Observed | None) -> Decision:
    """Decide on the record of a plan that was read; None: the plan does not exist any more."""
    if observed is not None and observed.status is None:
        why = "cannot be read: ESA lists it without a status, or with two; run refresh again"
        return Decision(Act.REFUSE, why)
    if observed is not None:
        return Decision(Act.ADOPT, f"is {observed.status}")
    if recorded.status == "finished":
        return Decision(
            Act.KEEP,
            "had finished and is gone from ESA: it stays on record, for done is not to-do",
            notify=True,
        )
    return Decision(Act.DROP, "is gone from ESA")


def before_delete(recorded: PlanState, *, still_declared: bool) -> Decision | None:
    """Decide a deletion without a look; ``kept``: this run declares the plan under another name."""
    if still_declared:
        why = "is left as it is: this run declares it under another record"
        return Decision(Act.LEAVE, why, notify=True)
    if recorded.on_destroy == "leave":
        return Decision(Act.LEAVE, "is left as it is: on_destroy is leave")
    return None


def may_predate_state(recorded: PlanState, observed: Observed | None) -> bool:
    """Whether ESA's word may be one from before what is on record: it is not what comes of the plan by itself.

    A plan that was going does finish by itself; but one that has just run again had finished before, too.
    """
    if observed is None:
        return recorded.status != "finished"
    if recorded.status == "running":
        return observed.status in {"stopped", "waiting", "finished"}
    return recorded.status == "waiting" and observed.status in {"stopped", "finished"}


def may_run(recorded: PlanState, status: str | None) -> bool:
    """Whether Stop has to be called for a plan of that status in ESA's list to stand still.

    A list may lag behind the Start that is on record, and Stop on a stopped plan changes nothing.
    """
    was_going = recorded.status in {"running", "waiting"}
    return status == "running" or (was_going and status == "stopped")


def may_be_stale(observed: Plan | None, now: datetime) -> bool:
    """Whether only a fresh look may decide an end or a Start: what was seen may be something else by now."""
    if observed is None:
        return False
    start = observed.start_time
    opens = start is None or start <= now + SOON
    return observed.status not in STATUSES or (observed.status == "waiting" and opens)


def at_delete(recorded: PlanState, observed: Observed | None) -> Decision:
    """Decide what becomes of a plan that is declared no more, by what ESA says now."""
    if observed is None:
        return Decision(Act.LEAVE, "is gone already")
    if observed.status not in STATUSES:
        return Decision(Act.LEAVE, _unknown(observed), notify=True)
    if recorded.on_destroy == "delete":
        return Decision(Act.DELETE, "is declared no more and on_destroy is delete")
    if may_run(recorded, observed.status):
        return _stop(observed.status, "declared no more")
    if observed.status == "waiting":
        return Decision(
            Act.LEAVE, "is waiting, and ESA stops only running plans", notify=True
        )
    return Decision(Act.LEAVE, f"is {observed.status}")


def what_then(status: str | None, start_time: datetime | None, now: datetime) -> str:
    """Go on, after the reason why a plan is left, with what it does then; empty if it waits for nothing."""
    if status != "waiting":
        return ""
    when = "when ESA lets it"
    if start_time is not None and start_time > now:
        when = f"at {render_time(start_time)}"
    return f': it will still start {when}; declare on_destroy="delete" to have it deleted instead'


def _gone(recorded: PlanState) -> str:
    if recorded.status == "finished":  # which a refresh keeps on record
        return (
            "had finished and is gone from ESA: remove its declaration, or declare another "
            "plan"
        )
    return "does not exist any more: run refresh"


def _unknown(observed: Observed) -> str:
    return f"{UNKNOWN_STATUS} ({observed.status or 'none'})"


def _changed(declared: PlanInputs, recorded: PlanState, observed: Observed) -> Decision:
    if recorded.job_id and declared.job_id not in {None, recorded.job_id}:
        return Decision(
            Act.REFUSE,
            f"belongs to job {recorded.job_id}: correct job_id or leave it out",
        )
    wanted = _wanted(declared, recorded, observed.status or "")
    if wanted is not None:
        return wanted
    names = _changed_inputs(declared, recorded)
    if not names:
        return Decision(Act.KEEP, "is as declared")
    return Decision(Act.RECORD, f"is as declared; {', '.join(names)} changed")


def _wanted(declared: PlanInputs, recorded: PlanState, status: str) -> Decision | None:
    if declared.desired_state == "stopped":
        if may_run(recorded, status):
            return _stop(status, "declared stopped")
        return _stopped(status)
    if declared.trigger_text != recorded.trigger_text:
        return Decision(Act.RERUN, "runs again: triggers changed")
    if status == "waiting" and recorded.desired_state == "stopped":
        return Decision(Act.START, "is waiting and declared running")
    return _running(declared, status)


def _running(declared: PlanInputs, status: str) -> Decision | None:
    if status == "stopped" or (status == "failed" and declared.restart_failed):
        return Decision(Act.START, f"is {status} and declared running")
    return None


def _stopped(status: str) -> Decision | None:
    if status == "running":
        return _stop(status, "declared stopped")
    if status == "waiting":
        return Decision(Act.REFUSE, WAITING_CANNOT_STOP)
    return None


def _stop(status: str, declared: str) -> Decision:
    what = "is running" if status == "running" else "was set going, may run yet"
    return Decision(Act.STOP, f"{what} and {declared}")


def _changed_inputs(declared: PlanInputs, recorded: PlanState) -> list[str]:
    names = [
        "desired_state",
        "rerun",
        "on_destroy",
        "restart_failed",
        "restart_finished",
    ]
    changed = [n for n in names if getattr(declared, n) != getattr(recorded, n)]
    if declared.job_id and not recorded.job_id:
        changed.append("job_id")
    same_triggers = declared.trigger_text == recorded.trigger_text
    return changed if same_triggers else [*changed, "triggers"]
