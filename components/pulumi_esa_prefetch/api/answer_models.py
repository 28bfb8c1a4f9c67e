"""From the content of an answer to a model, or BadAnswer in words; knows no HTTP."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from pulumi_esa_prefetch.api.errors import AnotherId, BadAnswer
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.models import Job, Plan, PlanList
from pulumi_esa_prefetch.api.one_line import one_line

M = TypeVar("M", bound=BaseModel)
O = TypeVar("O", Job, Plan)  # noqa: E741 -- the objects that have an id


def model_reader(action: str, model: type[M]) -> Callable[[Mapping[str, Any]], M]:
    """A function that makes the model of an answer to this action."""

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
    """The same for an object asked for by its id, which the answer may leave out.

    An answer with neither this id nor a request's id may be anybody's: BadAnswer. One with another id
    is AnotherId: what it says is not of the object asked for.
    """
    read = model_reader(action, model)

    def read_that(content: Mapping[str, Any]) -> O:
        told = content.get("Id")
        is_left_out = told is None or told == ""
        if is_left_out and not content.get("RequestId"):
            raise BadAnswer(f"{action}: the answer has nothing of ESA's in it")
        if not is_left_out and str(told).strip().lower() != asked.lower():
            raise AnotherId(
                f"{action}: asked about {asked}, and the answer is about {one_line(told, 64)}"
                f"{_request(content)}"
            )
        return read({**content, "Id": asked})

    return read_that


def plans_reader(action: str, job_id: str) -> Callable[[Mapping[str, Any]], list[Plan]]:
    """All plans of a job, each once, with the job's id and the request's where ESA leaves them out.

    A list that is left out or shorter than its own count is BadAnswer: whoever takes it
    for the whole truth would call plans gone that are not on it. One that ESA calls another
    job's is in it, as such.
    """
    read = model_reader(action, PlanList)

    def read_all(content: Mapping[str, Any]) -> list[Plan]:
        answer = read(content)
        plans = answer.plans or ()
        require_ids(action, plans, answer.request_id)
        require_complete(
            action, answer.plans, len(plans), answer.total_count, answer.request_id
        )
        found: dict[str, Plan] = {}
        for plan in plans:
            found[plan.id] = _merged(found.get(plan.id, plan), plan)
        facts = {"request_id": answer.request_id}
        return [
            plan.model_copy(update={**facts, "job_id": plan.job_id or job_id.lower()})
            for plan in found.values()
        ]

    return read_all


def _merged(first: Plan, again: Plan) -> Plan:
    """A plan that is listed twice: if ESA says two things of it, nobody knows its status."""
    return first if first == again else first.model_copy(update={"status": None})


def require_ids(action: str, plans: Iterable[Plan], request_id: str | None) -> None:
    """Raise BadAnswer if a plan is called what is no id: it may be any plan, also the one that is looked for."""
    for plan in plans:
        if object_id(plan.id) is None:
            raise BadAnswer(
                f"{action}: ESA lists a plan under {one_line(plan.id, 64)!r}, which is no id of 24 hex "
                f"digits (request {one_line(request_id)})"
            )


def require_complete(
    action: str, listed: object, found: int, counted: int | None, request_id: str | None
) -> None:
    """Raise BadAnswer if a list is left out, or holds fewer than ESA counts."""
    if listed is None and counted != 0:
        raise BadAnswer(
            f"{action}: the answer has no list in it (request {one_line(request_id)})"
        )
    if counted is not None and found < counted:
        raise BadAnswer(
            f"{action}: ESA counts {counted} and lists {found} (request {one_line(request_id)})"
        )


def _first(error: ValidationError) -> str:
    fault = error.errors(include_url=False, include_context=False)[0]
    place = ".".join(str(step) for step in fault["loc"])
    return one_line(f"{place}: {fault['msg']}")


def _request(content: Mapping[str, Any]) -> str:
    request_id = content.get("RequestId")
    return f" (request {one_line(request_id, 64)})" if request_id else ""
