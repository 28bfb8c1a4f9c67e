"""What a deployment will do about one plan and why, by the provider's own decision table.

The table is `provider.plan_decision`. A prediction is a value; its sentences are made from it at the end.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from pydantic import ValidationError

from pulumi_esa_prefetch.api.models import ACTIVE, STATUSES
from pulumi_esa_prefetch.provider.outcome_words import (
    TAKEN_OVER,
    PlanOperation,
    in_words,
    operations_of,
)
from pulumi_esa_prefetch.provider.plan_decision import (
    Act,
    Decision,
    at_create,
    at_delete,
    at_read,
    at_rerun,
    at_update,
    before_delete,
    what_then,
    without_lookup,
)
from pulumi_esa_prefetch.provider.plan_properties import PlanInputs, PlanState, split_id
from pulumi_esa_prefetch.report.analysis.plan_facts import PlanFacts
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET, UNKNOWN
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceNode, plain

_KEEPING = frozenset({"same", "refresh"})
"""The operations that change nothing; `refresh` stands alone where the refresh of a preview has dropped the plan."""
_Inputs = TypeVar("_Inputs", bound=PlanInputs)


@dataclass(frozen=True, slots=True)
class StatusCase:
    """What is done if the plan turns out to have one of these statuses; no operations: the deployment fails."""

    operations: tuple[PlanOperation, ...]
    statuses: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PredictedAction:
    """What will be done, why, and what that means for the load.

    `operations` are in their order; `cases` stand instead of them where the status is not known here.
    `reason` is a clause whose subject is the plan. `repeats`: this stack had done it before. `condition`: when
    it is done, if that is not certain. `starts`, `stops`: the call may be made. `submits`: the plan submits URLs
    afterwards. `refused`: the deployment fails. `undecided`: what is done is known at the deployment only.
    `notice`: a sentence to know before merging, though nothing fails. `reset_by`: the plan of the same job whose
    Reset serves this one too. `old`: what is done about the plan that this one replaces.
    """

    operations: tuple[PlanOperation, ...]
    reason: str
    cases: tuple[StatusCase, ...] = ()
    repeats: bool = False
    condition: str = ""
    starts: bool = False
    stops: bool = False
    submits: bool = False
    refused: bool = False
    undecided: bool = False
    notice: str = ""
    reset_by: str = ""
    old: "PredictedAction | None" = None

    @property
    def resets(self) -> bool:
        """True if the job's list begins again."""
        return PlanOperation.RESET in self.operations and not self.condition

    @property
    def what(self) -> str:
        """What will be done in words; their subject is the plan."""
        if self.old:
            new = replace(self, old=None)
            return f"old plan {self.old.what}; new plan {new.what}"
        if self.refused:
            return "will fail"
        if self.cases:
            return _cases_in_words(self.cases)
        if self.undecided:
            return "will be decided at deployment"
        if not self.operations:
            return "will not change"
        words = in_words(self.operations, repeats=self.repeats)
        return f"will be {words} {self.condition}".rstrip()

    @property
    def why(self) -> str:
        """The reason in words; its subject is the plan."""
        reset = f", from the first URL with {self.reset_by}" if self.reset_by else ""
        new = f"{self.reason}{reset}"
        return f"old plan: {self.old.why}; new plan: {new}" if self.old else new


def predict_action(
    node: ResourceNode,
    new: PlanFacts,
    old: PlanFacts,
    now: datetime,
    *,
    still_declared: bool = False,
) -> PredictedAction:
    """Predict what a preview's deployment does about one ScheduledPrefetch.

    `still_declared`: the deployment declares the old plan again, under another name.
    """
    if node.is_removed:
        return _deletion(node, old, now, still_declared=still_declared)
    if node.op == "create":
        return _creation(node, new)
    if node.op == "replace":
        return _replacement(
            _deletion(node, old, now, still_declared=still_declared),
            _creation(node, new),
        )
    if node.op == "update":
        return _update(node, new, now)
    return PredictedAction((), "is as declared", submits=new.status in ACTIVE)


def predict_drift(
    node: ResourceNode, facts: PlanFacts, now: datetime
) -> PredictedAction | None:
    """Predict what `up --refresh` does about a plan that the preview does not change, if ESA contradicts it.

    None if the plan in ESA is as declared, or was not looked up.
    """
    is_kept = node.op in _KEEPING and node.old is not None and not node.old.external
    recorded = _recorded(node) if is_kept and facts.was_read else None
    if recorded is None:
        return None
    if facts.is_missing:
        decision = at_read(recorded, None)
        gone = decision.act is Act.DROP
        return PredictedAction((), decision.why, refused=True) if gone else None
    declared = _declared(node, facts)
    if declared is None or facts.status not in STATUSES:
        return None
    observed = _Observed(facts.status, facts.end_time)
    decision = at_update(declared, recorded.declaring(declared), observed, now)
    if decision.act in {Act.ADOPT, Act.RECORD, Act.KEEP}:
        return None
    return _predicted(decision, declared, facts.status)


def predict_rerun(
    given: PredictedAction, name: str, facts: PlanFacts, running: Sequence[str]
) -> PredictedAction:
    """Predict again for a plan that resets its job, now that its other running plans are known."""
    decision = at_rerun(_Observed(facts.status or "", facts.end_time), running)
    if decision.act is Act.RERUN:
        return given
    starts = decision.act is Act.START
    action = PredictedAction(
        (PlanOperation.START,) if starts else (),
        decision.why,
        starts=starts,
        submits=starts or facts.status in ACTIVE,
        refused=not starts,
    )
    return _noticed(action, name, facts) if decision.notify else action


def share_reset(given: PredictedAction, resetting: str) -> PredictedAction:
    """Leave out the Reset: the provider resets a job once, and does so for the plan `resetting`."""
    operations = tuple(op for op in given.operations if op is not PlanOperation.RESET)
    return replace(given, operations=operations, reset_by=resetting)


def _creation(node: ResourceNode, facts: PlanFacts) -> PredictedAction:
    declared = _declared(node, facts)
    if declared is None:
        return _unreadable(node)
    if facts.is_missing:
        return _predicted(at_create(declared, None), declared, "")
    if facts.status is None:
        return _by_status(declared)
    decision = at_create(declared, _Observed(facts.status, facts.end_time))
    return _predicted(decision, declared, facts.status, is_new=facts.is_new)


def _by_status(declared: PlanInputs) -> PredictedAction:
    """Predict for each status, for the actual one is not known."""
    found: dict[tuple[PlanOperation, ...], list[str]] = {}
    for status in STATUSES:
        decision = at_create(declared, _Observed(status, None))
        operations = operations_of(decision, declared, status)
        found.setdefault(operations, []).append(status)
    cases = [StatusCase(made, tuple(statuses)) for made, statuses in found.items()]
    return PredictedAction(
        (),
        "its status is not known here",
        tuple(sorted(cases, key=lambda case: not case.operations)),
        starts=(PlanOperation.START,) in found,
        stops=(PlanOperation.STOP,) in found,
        submits=declared.desired_state == "running",
    )


def _update(node: ResourceNode, facts: PlanFacts, now: datetime) -> PredictedAction:
    declared, recorded = _declared(node, facts), _recorded(node)
    if declared is None or recorded is None:
        return _unreadable(node)
    if node.is_taken_over and without_lookup(declared, recorded).act is Act.KEEP:
        return PredictedAction((), TAKEN_OVER, submits=facts.status in ACTIVE)
    if facts.is_missing:
        return _predicted(at_update(declared, recorded, None, now), declared, "")
    observed = _Observed(facts.status or recorded.status, facts.end_time)
    hidden = [name for name, value in declared.triggers.items() if SECRET in str(value)]
    decision = at_update(declared, _alike(recorded, declared, hidden), observed, now)
    may_rerun = hidden and declared.desired_state == "running"
    if may_rerun and decision.act in {Act.ADOPT, Act.RECORD}:
        rerun = Decision(
            Act.RERUN, "has a secret among its triggers, which a preview hides"
        )
        return PredictedAction(
            operations_of(rerun, declared, observed.status),
            rerun.why,
            condition="if the secret trigger changed",
            starts=True,
            submits=True,
        )
    return _predicted(decision, declared, observed.status)


def _alike(
    recorded: PlanState, declared: PlanInputs, hidden: Iterable[str]
) -> PlanState:
    """The state with the hidden triggers as they are declared: it may show them, or hide them too."""
    masked = {name: declared.triggers[name] for name in hidden}
    known = {name: masked.get(name, value) for name, value in recorded.triggers.items()}
    return recorded.model_copy(update={"triggers": known})


def _deletion(
    node: ResourceNode, facts: PlanFacts, now: datetime, *, still_declared: bool
) -> PredictedAction:
    recorded = _recorded(node)
    if recorded is None:
        return PredictedAction((), "has a state that is not readable", undecided=True)
    status = facts.status or recorded.status
    decision = before_delete(recorded, still_declared=still_declared)
    if decision is not None:
        return _predicted(decision, recorded, status)
    if facts.is_missing:
        return _predicted(at_delete(recorded, None), recorded, "")
    decision = at_delete(recorded, _Observed(status, facts.end_time))
    if decision.act is Act.DELETE:
        calls = operations_of(decision, recorded, status)
        stops = PlanOperation.STOP in calls
        return PredictedAction(calls, decision.why, stops=stops)
    action = _predicted(decision, recorded, status)
    if not decision.notify:
        return action
    then = what_then(status, facts.start_time, now)
    return _noticed(action, node.name, facts, then)


def _noticed(
    action: PredictedAction, name: str, facts: PlanFacts, then: str = ""
) -> PredictedAction:
    text = f"{name}: plan {facts.plan_id} {action.what}: {action.why}{then}"
    return replace(action, notice=text)


def _replacement(old: PredictedAction, new: PredictedAction) -> PredictedAction:
    return replace(
        new,
        old=old,
        stops=old.stops or new.stops,
        notice=old.notice or new.notice,
    )


def _predicted(
    decision: Decision, declared: PlanInputs, status: str, *, is_new: bool = False
) -> PredictedAction:
    act = decision.act
    operations = operations_of(decision, declared, status)
    starts = PlanOperation.START in operations
    stays = act in {Act.ADOPT, Act.RECORD, Act.KEEP, Act.LEAVE, Act.REFUSE}
    created = is_new and act is Act.START
    return PredictedAction(
        operations,
        "is created by this deployment" if created else decision.why,
        repeats=decision.repeats,
        starts=starts,
        stops=PlanOperation.STOP in operations,
        submits=starts or (stays and status in ACTIVE),
        refused=act is Act.REFUSE,
    )


def _unreadable(node: ResourceNode) -> PredictedAction:
    wanted = plain(node.new.inputs.get("desired_state")) if node.new else None
    runs = wanted != "stopped"
    why = "depends on values that are not known before the deployment"
    return PredictedAction((), why, undecided=True, starts=runs, submits=runs)


@dataclass(frozen=True, slots=True)
class _Observed:
    status: str
    end_time: datetime | None


def _declared(node: ResourceNode, facts: PlanFacts) -> PlanInputs | None:
    """Read the declaration, with zeros for a plan id that is not known yet."""
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


def _cases_in_words(cases: Sequence[StatusCase]) -> str:
    """The cases; those in which the deployment fails are last."""
    done = [
        f"{in_words(case.operations)} if {_or(case.statuses)}"
        for case in cases
        if case.operations
    ]
    fails = [f"will fail if {_or(c.statuses)}" for c in cases if not c.operations]
    return "; ".join([f"will be {'; '.join(done)}", *fails])


def _or(names: Sequence[str]) -> str:
    *first, last = names
    return f"{', '.join(first)} or {last}" if first else last
