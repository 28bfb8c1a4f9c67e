"""The decision table: what to do with one plan, and why; pure, it calls nothing and reads no clock.

Each function is one moment in the life of a resource. It returns an `Act`, which the hooks carry out, and the reason: a
clause for a person, whose subject is the plan. A summary shows it.

Decisions that the table of "Semantics of ScheduledPrefetch" does not hold:

- A plan with a status that this version does not know is not touched: ``create`` and ``update`` refuse, ``diff``
  reports no change, ``delete`` leaves the plan and says so.
- ``desired_state`` changed to running on a waiting plan is a Start, as in ``create``. A plan that still waits for its
  first Start needs it; for any other it changes nothing.
- Every changed input is a change, even if it is only recorded, because the outputs echo the inputs.
- A ``job_id`` that is not the plan's is refused, because a plan never changes its job.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol

from pulumi_esa_prefetch.api.esa_times import render_time
from pulumi_esa_prefetch.api.models import STATUSES, Plan
from pulumi_esa_prefetch.load import list_text
from pulumi_esa_prefetch.provider.plan_properties import (
    Declaration,
    PlanInputs,
    PlanState,
)


class Observed(Protocol):
    """What is known about a plan, from an answer of ESA or from the state."""

    @property
    def status(self) -> str | None:
        """The status that ESA returned."""
        ...

    @property
    def end_time(self) -> datetime | None:
        """The end of its window, if it has one."""
        ...


class Act(StrEnum):
    """What to do with a plan."""

    START = "start"
    STOP = "stop"
    RERUN = "rerun"
    """Stop if it is running, Reset its job if ``rerun`` is from_start, Start."""
    ADOPT = "adopt"
    """Record the plan as it is; no call."""
    RECORD = "record"
    """Record the new declaration; no call."""
    KEEP = "keep"
    """Nothing changes."""
    REPLACE = "replace"
    REFUSE = "refuse"
    """Raise an error, before any call that changes something."""
    AWAIT = "await"
    """A change; what it is, is not known before the deployment."""
    DELETE = "delete"
    """Stop if it is running, then delete it in ESA."""
    LEAVE = "leave"
    """Remove it from the state; no call."""
    DROP = "drop"
    """It does not exist: remove it from the state."""


@dataclass(frozen=True)
class Decision:
    """What to do and why; ``notify``: the reason is a warning or a note, not only a cause.

    ``repeats``: the state says that this stack had done it before, and something else has undone it. ``question``: of
    a refusal, the question of the probe whose answer "refused" proves that ESA refuses it too.
    """

    act: Act
    why: str
    notify: bool = False
    repeats: bool = False
    question: str = ""


SOON = timedelta(minutes=1)
"""A window that opens within this time may be open already by ESA's clock."""
MISSING = "does not exist: check plan_id and job_id"
UNRECORDED = "unknown"
"""The status in the state of a plan whose status could not be read after its last Start."""
UNKNOWN_STATUS = "this version does not know its status"
WAITING_CANNOT_STOP = (
    "is waiting and ESA stops only running plans: declare it stopped once it runs, or delete "
    "the plan, or move its window"
)


def at_create(declared: PlanInputs, observed: Observed | None) -> Decision:
    """Decide for a plan that is not in the state yet; ``observed``: None if the plan does not exist."""
    if observed is None:
        return Decision(Act.REFUSE, MISSING)
    status = observed.status
    if status not in STATUSES:
        return Decision(Act.REFUSE, _unknown(observed))
    if declared.desired_state == "stopped":
        return _stopped(status) or Decision(Act.ADOPT, has_status(status))
    if status == "finished" and declared.restart_finished:
        return Decision(Act.START, "is finished and restart_finished is set")
    if status == "waiting":
        return Decision(Act.START, "is waiting")
    return _running(declared, status) or Decision(Act.ADOPT, has_status(status))


def has_status(status: str | None) -> str:
    """The reason that a plan has this status: ``is stopped``, ``has failed``."""
    return "has failed" if status == "failed" else f"is {status}"


def missing(plan_ids: Sequence[str]) -> str:
    """The reason where a job does not have the plan; ``plan_ids``: the plans that it has, as far as known."""
    if not plan_ids:
        return MISSING
    return f"{MISSING}; the job has the plans {list_text(plan_ids)}"


def at_diff(declaration: Declaration, recorded: PlanState) -> Decision:
    """Decide what has changed, by the state alone; every act but KEEP is a change."""
    if "plan_id" in declaration.unknown:
        return Decision(Act.REPLACE, "may be replaced: plan_id is not known yet")
    declared = declaration.inputs
    if declared is None or declaration.unknown:
        names = ", ".join(sorted(declaration.unknown)) or "the declaration"
        return Decision(Act.AWAIT, f"depends on values that are not known yet: {names}")
    if declared.plan_id != recorded.plan_id:
        return Decision(Act.REPLACE, f"replaces {recorded.plan_id}")
    return _changed(declared, recorded, recorded)


def at_update(
    declared: PlanInputs,
    recorded: PlanState,
    observed: Observed | None,
    now: datetime,
) -> Decision:
    """Decide for a changed declaration or a drifted plan, by what ESA lists now."""
    if observed is None:
        return Decision(Act.REFUSE, _gone(recorded))
    decision = _changed(declared, recorded, observed)
    if decision.act is not Act.REFUSE and observed.status not in STATUSES:
        return Decision(Act.REFUSE, _unknown(observed))
    end = observed.end_time
    if decision.act is Act.RERUN and end is not None and end <= now:
        return Decision(
            Act.REFUSE,
            "cannot run again, because its window is over: move its window, or put the old triggers back",
            question="start-late",
        )
    if decision.act is Act.KEEP:
        return Decision(Act.ADOPT, has_status(observed.status))
    return decision


def at_rerun(
    observed: Observed, running: Sequence[str], *, was_reset: bool = False
) -> Decision:
    """Decide how a plan runs again from the first URL.

    The place in the URL list belongs to the job, so a Reset sets its other plans back too. ``running``: the ids of
    the job's other plans that run. ``was_reset``: this run has already reset the job for another plan, which has
    been running since. Then both run from that one Reset.
    """
    if was_reset:
        return Decision(
            Act.START, "triggers changed; this run has already reset its job"
        )
    if not running:
        return Decision(Act.RERUN, "triggers changed")
    if observed.status == "waiting":
        why = (
            "triggers changed; it runs from where its job is then, because another plan of the job runs "
            f"({list_text(running, 3)}) and a Reset would set it back"
        )
        return Decision(Act.START, why, notify=True)
    return Decision(
        Act.REFUSE,
        "cannot run again from the first URL while another plan of the job runs "
        f"({list_text(running, 3)}), because the place in the URL list belongs to the job: wait for it, stop "
        'it, or declare rerun="resume"',
    )


def without_lookup(declared: PlanInputs, recorded: PlanState) -> Decision:
    """Decide for an update that `needs_lookup` leaves to the state alone: it is recorded."""
    return _changed(declared, recorded, recorded)


def needs_lookup(declared: PlanInputs, recorded: PlanState) -> bool:
    """Whether an update needs the plan's status in ESA; if not, it is only recorded."""
    decision = _changed(declared, recorded, recorded)
    same_goal = declared.desired_state == recorded.desired_state
    settled = recorded.attempted is None
    return not (same_goal and settled and decision.act in {Act.RECORD, Act.KEEP})


def has_arrived(recorded: PlanState, status: str | None) -> bool:
    """Whether a Start whose effect was not known (``attempted``) has had it; ``status``: the one in ESA's list.

    A waiting plan proves nothing: a Reset may have set it back. Nor does a finished one that was finished before.
    """
    was_finished = recorded.status == "finished"
    return status == "running" or (status == "finished" and not was_finished)


def at_read(recorded: PlanState, observed: Observed | None) -> Decision:
    """Decide at a refresh; ``observed``: None if the plan does not exist any more."""
    if observed is not None and observed.status is None:
        why = "cannot be read: ESA lists it without a status, or with two; run refresh again"
        return Decision(Act.REFUSE, why)
    if observed is not None:
        return Decision(Act.ADOPT, has_status(observed.status))
    if recorded.status == "finished":
        return Decision(
            Act.KEEP,
            "had finished and is gone from ESA: it stays in the state, so that it is not run once more",
            notify=True,
        )
    return Decision(Act.DROP, "is gone from ESA")


def before_delete(recorded: PlanState, *, still_declared: bool) -> Decision | None:
    """Decide a deletion that needs no list; ``still_declared``: this run declares the plan again."""
    if still_declared:
        why = "this run declares it again"
        return Decision(Act.LEAVE, why, notify=True)
    if recorded.on_destroy == "leave":
        return Decision(Act.LEAVE, "on_destroy is leave")
    return None


def may_predate_state(recorded: PlanState, observed: Observed | None) -> bool:
    """Whether a list may be older than the state: it shows what the recorded status does not turn into by itself.

    A running plan does finish by itself. But a plan that was just run again had finished before too, so a list
    that shows it finished may be old.
    """
    if observed is None:
        return recorded.status != "finished"
    if recorded.attempted is not None:
        return observed.status != "running"
    if recorded.status == "running":
        return observed.status in {"stopped", "waiting", "finished"}
    return recorded.status == "waiting" and observed.status in {"stopped", "finished"}


def may_run(recorded: PlanState, status: str | None) -> bool:
    """Whether the plan may run, so that Stop has to be called; ``status``: the one in ESA's list.

    A list may lag behind the Start that is in the state, and Stop on a stopped plan changes nothing.
    """
    was_going = recorded.status in {"running", "waiting"}
    was_going = was_going or recorded.attempted is not None
    return status == "running" or (was_going and status == "stopped")


def may_be_stale(observed: Plan | None, now: datetime) -> bool:
    """Whether the plan may have changed its status by itself since the list: its window may have opened."""
    if observed is None:
        return False
    start = observed.start_time
    opens = start is None or start <= now + SOON
    return observed.status not in STATUSES or (observed.status == "waiting" and opens)


def at_delete(recorded: PlanState, observed: Observed | None) -> Decision:
    """Decide what happens to a plan that is no longer declared, by what ESA lists now."""
    if observed is None:
        return Decision(Act.LEAVE, "is gone already")
    if observed.status not in STATUSES:
        why = f"{UNKNOWN_STATUS} ({observed.status})"
        return Decision(Act.LEAVE, why, notify=True)
    if recorded.on_destroy == "delete":
        return Decision(Act.DELETE, "no longer declared, and on_destroy is delete")
    if may_run(recorded, observed.status):
        return _stop(observed.status, " and no longer declared")
    if observed.status == "waiting":
        return Decision(
            Act.LEAVE, "is waiting, and ESA stops only running plans", notify=True
        )
    return Decision(Act.LEAVE, has_status(observed.status))


def what_then(status: str | None, start_time: datetime | None, now: datetime) -> str:
    """The end of a sentence about a plan that is left: when it will start; empty if it does not wait."""
    if status != "waiting":
        return ""
    when = "when ESA lets it"
    if start_time is not None and start_time > now:
        when = f"at {render_time(start_time)}"
    return f': it will still start {when}; declare on_destroy="delete" to have it deleted instead'


def _gone(recorded: PlanState) -> str:
    if recorded.status == "finished":  # a refresh keeps it in the state
        return (
            "had finished and is gone from ESA: remove its declaration, or declare another "
            "plan"
        )
    return "does not exist any more: run refresh"


def _unknown(observed: Observed) -> str:
    return f"is left alone, because {UNKNOWN_STATUS} ({observed.status or 'none'})"


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
    return Decision(Act.RECORD, f"{', '.join(names)} changed")


def _wanted(declared: PlanInputs, recorded: PlanState, status: str) -> Decision | None:
    if declared.desired_state == "stopped":
        stops = may_run(recorded, status)
        decision = _stop(status) if stops else _stopped(status)
        if decision and status == "running" and _stays(declared, recorded):
            called_stop = recorded.request_id and not recorded.starts
            did = "stopped it" if called_stop else "declares it stopped"
            return _found_undone(decision, did, status)
        return decision
    by_triggers = _by_triggers(declared, recorded, status)
    if by_triggers is not None:
        return by_triggers
    if status == "waiting" and recorded.desired_state == "stopped":
        return Decision(Act.START, "is waiting")
    decision = _running(declared, status)
    if decision and status == "stopped" and _stays(declared, recorded):
        return _found_undone(decision, "started it" if recorded.starts else "", status)
    return decision


def _by_triggers(
    declared: PlanInputs, recorded: PlanState, status: str
) -> Decision | None:
    if declared.has_triggers(recorded.attempted):
        return _unsettled(declared, recorded, status)
    if declared.trigger_text != recorded.trigger_text:
        return Decision(Act.RERUN, "triggers changed")
    return None


def _unsettled(declared: PlanInputs, recorded: PlanState, status: str) -> Decision:
    """Decide where the effect of the last Start was not known; before it, the job was reset if that was needed.

    So Start is sent alone, unless the plan was finished before and still is: then nobody can tell, and what was
    declared is done again, as after a failure that was not recorded.
    """
    if status not in STATUSES:
        return Decision(Act.AWAIT, "the effect of its last Start is not known yet")
    if has_arrived(recorded, status):
        return Decision(
            Act.RECORD, "its last Start, whose answer was lost, had its effect"
        )
    if status == "finished":
        return Decision(Act.RERUN, "triggers changed")
    if status == "failed" and not declared.restart_failed:
        return Decision(Act.RECORD, "has failed since its last Start")
    return Decision(
        Act.START, f"{has_status(status)}, and its last Start had no effect"
    )


def _stays(declared: PlanInputs, recorded: PlanState) -> bool:
    """Whether the goal is what it was, so that something else than this stack has changed the plan."""
    return declared.desired_state == recorded.desired_state


def _found_undone(decision: Decision, did: str, status: str) -> Decision:
    if not did:
        return decision
    why = f"this stack {did}, and it was found {status}"
    return replace(decision, why=why, repeats=True)


def _running(declared: PlanInputs, status: str) -> Decision | None:
    if status == "stopped" or (status == "failed" and declared.restart_failed):
        return Decision(Act.START, has_status(status))
    return None


def _stopped(status: str) -> Decision | None:
    if status == "running":
        return _stop(status)
    if status == "waiting":
        return Decision(Act.REFUSE, WAITING_CANNOT_STOP, question="stop-waiting")
    return None


def _stop(status: str, also: str = "") -> Decision:
    what = "is running" if status == "running" else "was started and may still run"
    return Decision(Act.STOP, f"{what}{also}")


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
