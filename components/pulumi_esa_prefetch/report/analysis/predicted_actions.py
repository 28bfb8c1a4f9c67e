"""What a deployment will do about one plan and why, by the provider's own decisions.

The table is `provider.decision`; here its answers are asked for and put into words.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from pulumi_esa_prefetch.api.models import ACTIVE, STATUSES
from pulumi_esa_prefetch.provider.decision import (
    Act,
    Decision,
    at_create,
    at_delete,
    at_rerun,
    at_update,
    before_delete,
    may_run,
    what_then,
)
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs, PlanState, split_id
from pulumi_esa_prefetch.report.analysis.plan_facts import PlanFacts
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET, UNKNOWN
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceNode, plain

_Inputs = TypeVar("_Inputs", bound=PlanInputs)

_WORDS = {
    Act.START: "Start",
    Act.STOP: "Stop",
    Act.ADOPT: "adopt, no call",
    Act.RECORD: "record, no call",
    Act.KEEP: "nothing",
    Act.REFUSE: "error",
    Act.AWAIT: "known at deployment only",
    Act.DELETE: "Delete",
    Act.LEAVE: "leave, no call",
}


@dataclass(frozen=True, slots=True)
class PredictedAction:
    """What will be done, why, and what that means for the load.

    `starts`, `stops`: those calls may be made. `submits`: the plan submits URLs
    afterwards. `resets`: the job's list begins anew. `tells`: a sentence to know
    before merging, though nothing fails.
    """

    what: str
    why: str
    starts: bool = False
    stops: bool = False
    submits: bool = False
    resets: bool = False
    refused: bool = False
    notice: str = ""


UNCHANGED = "nothing"


def predict_action(
    node: ResourceNode,
    new: PlanFacts,
    old: PlanFacts,
    now: datetime,
    *,
    still_declared: bool = False,
) -> PredictedAction:
    """Decide for one ScheduledPrefetch of a preview.

    `kept`: the deployment declares its old plan anew, under another name.
    """
    if node.goes:
        return _deletion(node, old, now, still_declared=still_declared)
    if node.op == "create":
        return _creation(node, new)
    if node.op == "replace":
        return _both(
            _deletion(node, old, now, still_declared=still_declared),
            _creation(node, new),
        )
    if node.op == "update":
        return _update(node, new, now)
    return PredictedAction(UNCHANGED, "is as declared", submits=new.status in ACTIVE)


def predict_rerun(
    given: PredictedAction, name: str, facts: PlanFacts, running: Sequence[str]
) -> PredictedAction:
    """Decide anew for a plan that resets its list, by the job's other plans that run."""
    decision = at_rerun(_Observed(facts.status or "", facts.end_time), running)
    if decision.act is Act.RERUN:
        return given
    starts = decision.act is Act.START
    return PredictedAction(
        _WORDS[decision.act],
        decision.why,
        starts=starts,
        submits=starts or facts.status in ACTIVE,
        refused=not starts,
        notice=_notice(name, facts, decision.why if decision.notify else ""),
    )


def without_reset(first: str, given: PredictedAction) -> PredictedAction:
    """Take the Reset out: another plan of the job runs again too, and the provider sets a job back once."""
    return replace(
        given,
        what=given.what.replace("Reset, ", ""),
        why=f"{given.why}, from the first URL with {first}",
        resets=False,
    )


def _creation(node: ResourceNode, facts: PlanFacts) -> PredictedAction:
    declared = _declared(node, facts)
    if declared is None:
        return _unreadable(node)
    if facts.status is None:
        return _by_status(declared)
    decision = at_create(declared, _Observed(facts.status, facts.end_time))
    return _worded(decision, declared, facts.status, is_new=facts.is_new)


def _by_status(declared: PlanInputs) -> PredictedAction:
    """Say what each status would bring, where nobody knows it yet."""
    acts: dict[Act, list[str]] = {}
    for status in STATUSES:
        decision = at_create(declared, _Observed(status, None))
        acts.setdefault(decision.act, []).append(status)
    what = "; ".join(f"{_WORDS[act]} if {_or(names)}" for act, names in acts.items())
    return PredictedAction(
        what,
        "its status is not known here",
        starts=Act.START in acts,
        stops=Act.STOP in acts,
        submits=declared.desired_state == "running",
    )


def _update(node: ResourceNode, facts: PlanFacts, now: datetime) -> PredictedAction:
    declared, recorded = _declared(node, facts), _recorded(node)
    if declared is None or recorded is None:
        return _unreadable(node)
    observed = _Observed(facts.status or recorded.status, facts.end_time)
    hidden = [name for name, value in declared.triggers.items() if SECRET in str(value)]
    decision = at_update(declared, _alike(recorded, declared, hidden), observed, now)
    may_rerun = hidden and declared.desired_state == "running"
    if may_rerun and decision.act in {Act.ADOPT, Act.RECORD}:
        return PredictedAction(
            "run again if the secret trigger changed",
            "has a secret among its triggers, which a preview hides",
            starts=True,
            submits=True,
        )
    return _worded(decision, declared, observed.status)


def _alike(
    recorded: PlanState, declared: PlanInputs, hidden: Iterable[str]
) -> PlanState:
    """The record with the hidden triggers as they are declared: it may show them, or hide them too."""
    masked = {name: declared.triggers[name] for name in hidden}
    known = {name: masked.get(name, value) for name, value in recorded.triggers.items()}
    return recorded.model_copy(update={"triggers": known})


def _deletion(
    node: ResourceNode, facts: PlanFacts, now: datetime, *, still_declared: bool
) -> PredictedAction:
    recorded = _recorded(node)
    if recorded is None:
        return PredictedAction(
            "known at deployment only", "has a state that is not readable"
        )
    status = facts.status or recorded.status
    decision = before_delete(recorded, still_declared=still_declared)
    if decision is not None:
        return _worded(decision, recorded, status)
    decision = at_delete(recorded, _Observed(status, facts.end_time))
    if decision.act is Act.DELETE:
        stops = may_run(recorded, status)
        what = "Stop, Delete" if stops else "Delete"
        return PredictedAction(what, decision.why, stops=stops)
    then = what_then(status, facts.start_time, now)
    told = f"{decision.why}{then}" if decision.notify else ""
    return replace(
        _worded(decision, recorded, status), notice=_notice(node.name, facts, told)
    )


def _notice(name: str, facts: PlanFacts, clause: str) -> str:
    return clause and f"{name}: plan {facts.plan_id} {clause}"


def _both(old: PredictedAction, new: PredictedAction) -> PredictedAction:
    return PredictedAction(
        f"old plan: {old.what}; new plan: {new.what}",
        f"old plan {old.why}; new plan {new.why}",
        starts=new.starts,
        stops=old.stops or new.stops,
        submits=new.submits,
        resets=new.resets,
        refused=old.refused or new.refused,
        notice=old.notice or new.notice,
    )


def _worded(
    decision: Decision, declared: PlanInputs, status: str, *, is_new: bool = False
) -> PredictedAction:
    act = decision.act
    reruns = act is Act.RERUN
    resets = reruns and declared.rerun == "from_start"
    stays = act in {Act.ADOPT, Act.RECORD, Act.KEEP, Act.LEAVE, Act.REFUSE}
    return PredictedAction(
        _rerun_words(status, resets=resets) if reruns else _WORDS.get(act, act.value),
        "is created by this deployment"
        if is_new and act is Act.START
        else decision.why,
        starts=act is Act.START or reruns,
        stops=act is Act.STOP or (reruns and status == "running"),
        submits=act is Act.START or reruns or (stays and status in ACTIVE),
        resets=resets,
        refused=act is Act.REFUSE,
    )


def _rerun_words(status: str, *, resets: bool) -> str:
    calls = ["Stop"] * (status == "running") + ["Reset"] * resets + ["Start"]
    return ", ".join(calls)


def _unreadable(node: ResourceNode) -> PredictedAction:
    wanted = plain(node.new.inputs.get("desired_state")) if node.new else None
    runs = wanted != "stopped"
    why = "depends on values that are not known before the deployment"
    return PredictedAction("known at deployment only", why, starts=runs, submits=runs)


@dataclass(frozen=True, slots=True)
class _Observed:
    status: str
    end_time: datetime | None


def _declared(node: ResourceNode, facts: PlanFacts) -> PlanInputs | None:
    """Read the declaration; a plan id that is yet to come is stood in for by zeros."""
    if node.new is None:
        return None
    ids = {"plan_id": facts.plan_id or "0" * 24, "job_id": facts.job_id}
    others = {k: v for k, v in node.new.inputs.items() if k not in ids}
    if UNKNOWN in str(others):
        return None
    return _parsed(PlanInputs, _with_mapping(others) | ids)


def _recorded(node: ResourceNode) -> PlanState | None:
    if node.old is None:
        return None
    job_id, _ = split_id(node.old.id)
    return _parsed(PlanState, _with_mapping(node.old.outputs) | {"job_id": job_id})


def _with_mapping(props: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with a mapping for triggers that are one secret as a whole."""
    if props.get("triggers") != SECRET:
        return dict(props)
    return {**props, "triggers": {SECRET: SECRET}}


def _parsed(model: type[_Inputs], props: Mapping[str, Any]) -> _Inputs | None:
    try:
        return model.parse(props)
    except ValidationError:
        return None


def _or(names: list[str]) -> str:
    return " or ".join([", ".join(names[:-1]), names[-1]] if names[:-1] else names)
