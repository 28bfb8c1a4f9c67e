"""Makes a model from the content of an answer, or raises BadAnswer; knows no HTTP."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pulumi_esa_prefetch.api.errors import AnotherId, BadAnswer
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.models import Job, Plan, PlanListAnswer
from pulumi_esa_prefetch.api.plan_list import PlanList, UnreadablePlan
from pulumi_esa_prefetch.api.safe_text import one_line

M = TypeVar("M", bound=BaseModel)
O = TypeVar("O", Job, Plan)  # noqa: E741 -- the objects that have an id


def model_reader(action: str, model: type[M]) -> Callable[[Mapping[str, Any]], M]:
    """A function that makes the model from the content of an answer to this action; it raises BadAnswer."""

    def read(content: Mapping[str, Any]) -> M:
        try:
            return model.model_validate(content)
        except ValidationError as error:
            raise BadAnswer(
                f"{action}: ESA's answer cannot be understood: {_first(error)}"
                f"{_request(content)}"
            ) from None

    return read


def object_reader(
    action: str, model: type[O], asked: str
) -> Callable[[Mapping[str, Any]], O]:
    """The same for a job or plan with the id `asked`, which the answer may leave out.

    An answer without this id and without a request id may come from another server: BadAnswer. An answer with
    another id is about another job or plan: AnotherId.
    """
    read = model_reader(action, model)

    def read_that(content: Mapping[str, Any]) -> O:
        value = content.get("Id")
        is_left_out = value is None or value == ""
        if is_left_out and not content.get("RequestId"):
            raise BadAnswer(
                f"{action}: the answer has neither an id nor a request id, so it is not ESA's"
            )
        if not is_left_out and str(value).strip().lower() != asked.lower():
            raise AnotherId(
                f"{action}: asked about {asked}, and the answer is about {one_line(value, 64)}"
                f"{_request(content)}"
            )
        return read({**content, "Id": asked})

    return read_that


def plans_reader(action: str, job_id: str) -> Callable[[Mapping[str, Any]], PlanList]:
    """A function that returns all plans of a job, each once, with the ids of the job and of the request.

    A list that is missing, shorter than its own count, or without a single id, is BadAnswer: with an incomplete
    list, existing plans would seem to be gone. An entry that cannot be read is kept apart. A plan for which ESA
    names another job keeps that job's id.
    """
    read = model_reader(action, PlanListAnswer)

    def read_all(content: Mapping[str, Any]) -> PlanList:
        answer = read(content)
        entries = [_plan_entry(entry) for entry in answer.plans or ()]
        require_complete(
            action, answer.plans, len(entries), answer.total_count, answer.request_id
        )
        unreadable = [each for each in entries if isinstance(each, UnreadablePlan)]
        if unreadable and all(entry.id is None for entry in entries):
            raise BadAnswer(f"{action}: {unreadable[0]}{_request(content)}")
        hidden, found = {each.id for each in unreadable}, dict[str, Plan]()
        for plan in entries:
            if isinstance(plan, Plan) and plan.id not in hidden:
                found[plan.id] = _merged(found.get(plan.id, plan), plan)
        facts = {"request_id": answer.request_id}
        plans = [
            plan.model_copy(update={**facts, "job_id": plan.job_id or job_id.lower()})
            for plan in found.values()
        ]
        return PlanList(plans, unreadable)

    return read_all


def _plan_entry(entry: Any) -> Plan | UnreadablePlan:
    """The plan of one entry, or what can be read of it."""
    facts = entry if isinstance(entry, dict) else {}
    plan_id, status = object_id(str(facts.get("Id")).strip()), facts.get("Status")
    try:
        plan = Plan.model_validate(entry)
    except ValidationError as error:
        reason = _first(error)
    else:
        if plan_id is not None:
            return plan
        reason = f"{one_line(plan.id, 64)!r} is no id of 24 hex digits"
    known = one_line(status, 64).lower() if isinstance(status, str) else None
    return UnreadablePlan(plan_id, known, reason)


def _merged(first: Plan, again: Plan) -> Plan:
    """One plan for two entries with the same id; its status is unknown if they differ."""
    return first if first == again else first.model_copy(update={"status": None})


def require_ids(action: str, plans: Iterable[Plan], request_id: str | None) -> None:
    """Raise BadAnswer if a plan has an invalid id: it may be any plan, also the wanted one."""
    for plan in plans:
        if object_id(plan.id) is None:
            raise BadAnswer(
                f"{action}: ESA lists a plan under {one_line(plan.id, 64)!r}, which is no id of 24 hex "
                f"digits{_request_text(request_id)}"
            )


def require_complete(
    action: str, listed: object, found: int, counted: int | None, request_id: str | None
) -> None:
    """Raise BadAnswer if the list is missing, or has fewer entries than ESA counts."""
    if listed is None and counted != 0:
        raise BadAnswer(
            f"{action}: the answer has no list in it{_request_text(request_id)}"
        )
    if counted is not None and found < counted:
        raise BadAnswer(
            f"{action}: ESA counts {counted} and lists {found}{_request_text(request_id)}"
        )


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in fault["loc"])
    reason = fault["msg"].removeprefix("Value error, ")
    return one_line(f"{place}: {reason}" if place else reason)


def _request(content: Mapping[str, Any]) -> str:
    return _request_text(content.get("RequestId"))


def _request_text(request_id: object) -> str:
    return f" (request {one_line(request_id, 64)})" if request_id else ""
