"""What a program declares about one plan and what its state remembers; holds no decision and calls nothing.

The names here are those of the properties in a stack's state and are kept for ever: a state that an
older version wrote must parse (a property it lacks has its default), one of a newer version too (a
property not known here is ignored in state, refused in a declaration).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pulumi.output import contains_unknowns
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    JsonValue,
    ValidationError,
)
from pydantic_core import ErrorDetails

from pulumi_esa_prefetch.api.esa_times import parse_time, render_time
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.models import Plan

DesiredState = Literal["running", "stopped"]
OnDestroy = Literal["stop", "leave", "delete"]
Rerun = Literal["from_start", "resume"]

PROVIDER_KEY = "__provider"

_STAND_IN = "0" * 24
_JOB_RESOURCE_ID = re.compile(r"[0-9]+:[0-9a-f]{24}", re.IGNORECASE | re.ASCII)


def _plan_id(text: str) -> str:
    if split_id(text)[0]:
        raise ValueError("names another job than job_id does")
    found = object_id(text)
    if found is None:
        raise ValueError("is not a plan id: 24 hex digits, or <job_id>:<plan_id>")
    return found


def _job_id(text: str) -> str:
    if _JOB_RESOURCE_ID.fullmatch(text):
        raise ValueError(
            "is the id <site_id>:<job_id> of a ScheduledPreloadJob resource: pass its "
            "scheduled_preload_job_id"
        )
    found = object_id(text)
    if found is None:
        raise ValueError("is not a job id: 24 hex digits")
    return found


def _time_or_none(value: object) -> object:
    return parse_time(value) if isinstance(value, str) and value else value or None


PlanId = Annotated[str, AfterValidator(_plan_id)]
JobId = Annotated[str, AfterValidator(_job_id)]
Time = Annotated[datetime | None, BeforeValidator(_time_or_none)]


class PlanInputs(BaseModel):
    """What a program declares about one plan."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan_id: PlanId
    job_id: JobId | None = None
    desired_state: DesiredState = "running"
    triggers: dict[str, JsonValue] = Field(default_factory=dict)
    rerun: Rerun = "from_start"
    on_destroy: OnDestroy = "stop"
    restart_failed: bool = True
    restart_finished: bool = False

    @classmethod
    def parse(cls, props: Mapping[str, Any]) -> Self:
        """Read properties as they stand in a checked declaration or in a state."""
        return cls.model_validate(one_spelling(props))

    @property
    def trigger_text(self) -> str:
        """The triggers in one notation: 2 and 2.0 are one value, 1 and true are two."""
        return json.dumps(_whole_numbers(self.triggers), sort_keys=True)

    def props(self) -> dict[str, Any]:
        """The declaration as properties, a fresh dict, without what is not given."""
        return {
            name: value
            for name in PlanInputs.model_fields
            if (value := getattr(self, name)) is not None
        }


class PlanState(PlanInputs):
    """What a stack's state remembers of one plan: the declaration, and what ESA said of it.

    ``request_id`` is that of the Start or Stop this resource made last, so that reading changes
    nothing; ``starts`` counts how often this resource has set the plan going.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    status: str = "unknown"
    start_time: Time = None
    end_time: Time = None
    interval: int | None = None
    slice_len: int | None = None
    ali_uid: str = ""
    request_id: str = ""
    starts: int = 0

    @classmethod
    def of(cls, declared: PlanInputs, job_id: str) -> Self:
        """A state that knows the declaration and the job only."""
        return cls(**declared.props()).model_copy(update={"job_id": job_id})

    def declaring(self, declared: PlanInputs) -> Self:
        """The same plan under another declaration; its job is that of the record, if that has one."""
        job_id = self.job_id or declared.job_id
        return self.model_copy(update=declared.props() | {"job_id": job_id})

    def seen_as(self, plan: Plan) -> Self:
        """The same declaration with what ESA says of the plan now; its job stays, whatever ESA says of that."""
        return self.model_copy(
            update={
                "status": plan.status or "unknown",
                "start_time": plan.start_time,
                "end_time": plan.end_time,
                "interval": plan.interval,
                "slice_len": plan.slice_len,
                "ali_uid": plan.ali_uid or self.ali_uid,
            }
        )

    def after(self, plan: Plan, *, starts: int = 0) -> Self:
        """The state after a Start or Stop that ESA answered with this plan."""
        return self.seen_as(plan).model_copy(
            update={
                "request_id": plan.request_id or self.request_id,
                "starts": self.starts + starts,
            }
        )

    @property
    def id(self) -> str:
        """The resource id, of the form that pulumi_alicloud uses for a plan."""
        return f"{self.job_id}:{self.plan_id}"

    def outputs(self) -> dict[str, Any]:
        """The state as properties: a fresh dict.

        What ESA left out is an empty text, for a preview takes an absent output for an unknown one.
        """
        return self.props() | self.facts()

    def facts(self) -> dict[str, Any]:
        """What ESA said and what this resource did, without the declaration."""
        numbers = {"interval": self.interval, "slice_len": self.slice_len}
        return {
            "job_id": self.job_id,
            "status": self.status,
            "start_time": _time_text(self.start_time),
            "end_time": _time_text(self.end_time),
            **{name: value for name, value in numbers.items() if value is not None},
            "ali_uid": self.ali_uid,
            "request_id": self.request_id,
            "starts": self.starts,
        }


@dataclass(frozen=True)
class Declaration:
    """A declaration as ``check`` and ``diff`` see it: some properties may not be known yet.

    ``props`` are in their one spelling, unknown ones as they came; ``inputs`` is there if all that is
    known is valid and the plan id is known; ``failures`` are pairs of a property's name and what is
    wrong with its value.
    """

    props: Mapping[str, Any]
    unknown: frozenset[str]
    inputs: PlanInputs | None
    failures: tuple[tuple[str, str], ...] = ()


def read_declaration(props: Mapping[str, Any]) -> Declaration:
    """Read a declaration in which properties may be unknown, or removed because they were unknown.

    The engine removes what a failed dependency left unknown (``--continue-on-error``), so that even the
    absence of ``plan_id`` is no failure here: ``create`` names it.
    """
    given = {name: value for name, value in props.items() if name != PROVIDER_KEY}
    unknown = {name: value for name, value in given.items() if contains_unknowns(value)}
    known = {name: value for name, value in given.items() if name not in unknown}
    try:
        inputs = PlanInputs.parse({"plan_id": _STAND_IN} | known)
    except ValidationError as error:
        failures = tuple(_failure(each) for each in error.errors())
        return Declaration(given, frozenset(unknown), None, failures)
    checked = inputs.props() | unknown
    if inputs.plan_id != _STAND_IN:
        return Declaration(checked, frozenset(unknown), inputs)
    if "plan_id" not in unknown:
        del checked["plan_id"]
    return Declaration(checked, frozenset(unknown | {"plan_id": None}), None)


def one_spelling(props: Mapping[str, Any]) -> dict[str, Any]:
    """The properties with a composite plan id taken apart, ids in lower case, nothing None or the host's own."""
    given = {
        name: value
        for name, value in props.items()
        if value is not None and name != PROVIDER_KEY
    }
    job_id, plan_id = split_id(given.get("plan_id"))
    if job_id and str(given.setdefault("job_id", job_id)).lower() == job_id:
        given["plan_id"] = plan_id
    return given | {
        name: found
        for name in ("job_id", "plan_id")
        if (found := object_id(given.get(name)))
    }


def split_id(text: object) -> tuple[str | None, str | None]:
    """Take ``<job_id>:<plan_id>`` apart; anything else is (None, the text as it is)."""
    if not isinstance(text, str):
        return None, None
    before, _, after = text.partition(":")
    job_id, plan_id = object_id(before), object_id(after)
    return (job_id, plan_id) if job_id and plan_id else (None, text)


# Values are left out of the reasons: one may be a secret.
_REASONS = {
    "extra_forbidden": "is not a property of ScheduledPrefetch",
    "bool_parsing": "is not a boolean",
    "bool_type": "is not a boolean",
    "string_type": "is not a text",
    "dict_type": "is not a mapping",
    "invalid-json-value": "may hold texts, numbers, booleans, lists and mappings only",
}


def _failure(error: ErrorDetails) -> tuple[str, str]:
    context = error.get("ctx", {})
    reason = _REASONS.get(error["type"])
    if "expected" in context:
        reason = f"is none of {context['expected']}"
    if "error" in context:
        reason = str(context["error"])
    return str(error["loc"][0]), reason or error["msg"]


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


def _time_text(moment: datetime | None) -> str:
    return "" if moment is None else render_time(moment)
