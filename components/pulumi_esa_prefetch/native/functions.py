"""The functions of the schema: what ESA lists of a job's plans, and a forecast of them; they change nothing."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Self

from pulumi.output import contains_unknowns
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

from pulumi_esa_prefetch.api.esa_times import render_time
from pulumi_esa_prefetch.api.models import Plan
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.load import Forecast, Run, forecast
from pulumi_esa_prefetch.native.property_names import in_provider, in_schema
from pulumi_esa_prefetch.provider import lifecycle
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.plan_properties import (
    PlanState,
    Time,
    read_declaration,
)
from pulumi_esa_prefetch.resources.arguments import suggestion

Props = dict[str, Any]

_OF_THE_RESOURCE = ("request_id", "starts")
"""Facts that a resource records, and that nobody knows of a plan that is only listed."""


@dataclass(frozen=True)
class Answer:
    """What a function returns, or pairs of an argument's name and what is wrong with it."""

    outputs: Props
    failures: tuple[tuple[str, str], ...] = ()


def call(hook: HookCall, token: str, args: Props) -> Answer:
    """Call the function with this token of the schema. Raises PrefetchError and EsaError."""
    if token not in FUNCTIONS:
        raise PrefetchError(f"there is no function {one_line(token)}")
    if contains_unknowns(args):
        raise PrefetchError(f"{token} is called with values that are not known yet")
    names, function = FUNCTIONS[token]
    wrong = tuple((n, _not_an_argument(n, names)) for n in args if n not in names)
    return Answer({}, wrong) if wrong else function(hook, args)


def _get_plan(hook: HookCall, args: Props) -> Answer:
    declaration = read_declaration(in_provider(args))
    props = declaration.props
    wrong = _failures(declaration.failures)
    if not wrong and "plan_id" not in props:
        wrong = (("planId", "planId is missing"),)
    if not wrong and "job_id" not in props:
        reason = "jobId is missing: give it, or planId as <job_id>:<plan_id>"
        wrong = (("jobId", reason),)
    if wrong:
        return Answer({}, wrong)
    found = lifecycle.look_at(
        hook, props["job_id"], props["plan_id"], recorded_before=False
    )
    return Answer(_listed(found or {}))


def _get_plans(hook: HookCall, args: Props) -> Answer:
    declaration = read_declaration(in_provider(args))
    wrong = _failures(declaration.failures)
    job_id = declaration.props.get("job_id")
    if wrong or not isinstance(job_id, str):
        return Answer({}, wrong or (("jobId", "jobId is missing"),))
    plans = hook.session.plan_cache.other_plans(job_id, "", hook.list_call())
    if not plans:  # no plans, or no job: reading the job tells
        hook.client().get_scheduled_preload_job(job_id=job_id)
    return Answer({"jobId": job_id, "plans": [_as_listed(job_id, p) for p in plans]})


def _as_listed(job_id: str, plan: Plan) -> Props:
    state = PlanState.model_construct(plan_id=plan.id, job_id=job_id).seen_as(plan)
    return _listed({"plan_id": plan.id, **state.facts()})


def _listed(facts: Mapping[str, Any]) -> Props:
    known = {n: value for n, value in facts.items() if n not in _OF_THE_RESOURCE}
    return in_schema(known)


class _Arguments(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", alias_generator=to_camel)


class _Schedule(_Arguments):
    interval: Annotated[int, Field(ge=1)]
    slice_len: Annotated[int, Field(ge=1)]
    start_time: Time = None
    end_time: Time = None
    status: str | None = None

    @model_validator(mode="after")
    def _is_a_window(self) -> Self:
        if self.start_time and self.end_time and self.end_time <= self.start_time:
            raise ValueError("has an endTime that is not after its startTime")
        return self


SCHEDULE = [to_camel(name) for name in _Schedule.model_fields]
"""What a forecast takes of one plan."""


class _ForecastArguments(_Arguments):
    plans: dict[str, _Schedule]
    urls: Annotated[int, Field(ge=0)]
    submitted: Annotated[int, Field(ge=0)] = 0
    at: Time = None


def _forecast(hook: HookCall, args: Props) -> Answer:
    try:
        given = _ForecastArguments.model_validate(args)
    except ValidationError as error:
        return Answer({}, tuple(_failure(each) for each in error.errors()))
    runs = [run for n, plan in given.plans.items() if (run := Run.of(plan, n))]
    now = given.at or hook.session.clock.now()
    found = forecast(runs, given.urls, now, given.submitted)
    left = found[0].left if found else max(0, given.urls - given.submitted)
    outputs = {
        "plans": {each.run.name: _of_one(each) for each in found},
        "left": left,
        "fits": left == 0,
        "finish": _text(found[0].finish if found else None),
    }
    return Answer(outputs)


def _of_one(found: Forecast) -> Props:
    return {
        "batches": found.batches,
        "urls": found.urls,
        "urlsPerSecond": found.run.urls_per_second,
        "first": _text(found.first),
        "last": _text(found.last),
        "needsUntil": _text(found.needs_until),
        "past": found.past,
    }


def _text(moment: datetime | None) -> str:
    return render_time(moment) if moment else ""


def _failures(found: tuple[tuple[str, str], ...]) -> tuple[tuple[str, str], ...]:
    return tuple((to_camel(n), f"{to_camel(n)} {reason}") for n, reason in found)


def _failure(error: ErrorDetails) -> tuple[str, str]:
    """The argument and what is wrong with it; the place in it is named, no value is."""
    *_, last = place = [str(part) for part in error["loc"]]
    if error["type"] == "extra_forbidden":
        return place[0], one_line(
            f"{'.'.join(place[:-1])}: {_not_an_argument(last, SCHEDULE)}"
        )
    reason = "is missing" if error["type"] == "missing" else error["msg"]
    reason = reason.removeprefix("Value error, ").replace("Input should", "must")
    return place[0], one_line(f"{'.'.join(place)} {reason}")


def _not_an_argument(name: str, known: Sequence[str]) -> str:
    return one_line(f"{name} is not an argument: {suggestion(to_camel(name), known)}")


Function = Callable[[HookCall, Props], Answer]

FUNCTIONS: dict[str, tuple[tuple[str, ...], Function]] = {
    "esa-prefetch:index:getPlan": (("planId", "jobId"), _get_plan),
    "esa-prefetch:index:getPlans": (("jobId",), _get_plans),
    "esa-prefetch:index:forecast": (("plans", "urls", "submitted", "at"), _forecast),
}
"""The token in the schema -> the names of its arguments, and the function."""
