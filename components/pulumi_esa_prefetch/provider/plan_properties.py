"""The properties of one plan, as declared and as recorded in the state; makes no decision and calls nothing.

The names here are those of the properties in a stack's state and must never change. The state of an older version must
parse (a missing property has its default), and that of a newer version too (an unknown property is ignored in the
state, and refused in a declaration).
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from types import NoneType
from typing import Annotated, Any, Literal, Self

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

_SCALARS = (str, int, float, NoneType)
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
        """Read properties from a checked declaration or from a state."""
        return cls.model_validate(one_spelling(props))

    @property
    def trigger_text(self) -> str:
        """The triggers as text, to compare them: 2 and 2.0 are equal, 1 and true are not."""
        return value_text(self.triggers)

    def has_triggers(self, triggers: Mapping[str, JsonValue] | None) -> bool:
        """Whether these triggers are the declared ones."""
        return triggers is not None and value_text(triggers) == self.trigger_text

    def props(self) -> dict[str, Any]:
        """The declaration as properties: a new dict, without what is not given."""
        return {
            name: value
            for name in PlanInputs.model_fields
            if (value := getattr(self, name)) is not None
        }


class PlanState(PlanInputs):
    """What the state holds about one plan: the declaration, and what ESA returned.

    ``request_id`` is that of the last Start or Stop by this resource, so that a refresh does not change it;
    ``starts`` counts how often this resource has started the plan.
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
    attempted: dict[str, JsonValue] | None = Field(default=None, exclude=True)
    """The triggers for which a Start was sent whose effect is not known yet.

    Only the native face records it, for only its failures are recorded. ``triggers`` are the old ones then, and the
    status is "finished" if the plan was finished before that Start, and else unknown.
    """

    @classmethod
    def of(cls, declared: PlanInputs, job_id: str) -> Self:
        """A state with only the declaration and the job."""
        return cls(**declared.props()).model_copy(update={"job_id": job_id})

    def declaring(self, declared: PlanInputs) -> Self:
        """The same plan with another declaration; a known job stays, and nothing is left to be settled."""
        known = {"job_id": self.job_id or declared.job_id, "attempted": None}
        return self.model_copy(update=declared.props() | known)

    def seen_as(self, plan: Plan) -> Self:
        """The same declaration with what ESA returned for the plan; the job stays, whatever ESA returned."""
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
        """The state after a Start or Stop for which ESA returned this plan."""
        return self.seen_as(plan).model_copy(
            update={
                "request_id": plan.request_id or self.request_id,
                "starts": self.starts + starts,
            }
        )

    @property
    def id(self) -> str:
        """The resource id, in the form that pulumi_alicloud uses for a plan."""
        return f"{self.job_id}:{self.plan_id}"

    def outputs(self) -> dict[str, Any]:
        """The state as properties: a new dict.

        A text that ESA left out is empty, because a preview takes a missing output for an unknown one.
        """
        unsettled = {} if self.attempted is None else {"attempted": self.attempted}
        return self.props() | self.facts() | unsettled

    def facts(self) -> dict[str, Any]:
        """What ESA returned and what this resource did, without the declaration."""
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

    ``props``: the properties in one spelling, unknown ones as they came. ``inputs``: None unless all known
    properties are valid and the plan id is known. ``failures``: pairs of a property's name and what is wrong
    with its value.
    """

    props: Mapping[str, Any]
    unknown: frozenset[str]
    inputs: PlanInputs | None
    failures: tuple[tuple[str, str], ...] = ()


def read_declaration(props: Mapping[str, Any]) -> Declaration:
    """Read a declaration in which properties may be unknown, or removed because they were unknown.

    The engine removes what a failed dependency left unknown (``--continue-on-error``). So a missing ``plan_id`` is
    no failure here; ``create`` refuses it.
    """
    # Imported here, because reports read declarations that are known, and the SDK takes long to import.
    from pulumi.output import contains_unknowns  # noqa: PLC0415

    given = {name: value for name, value in props.items() if name != PROVIDER_KEY}
    unknown = {
        name: value
        for name, value in given.items()
        if not isinstance(value, _SCALARS) and contains_unknowns(value)
    }
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
    """The properties with a composite plan id split, ids in lower case, without None and the host's own property."""
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
    """Split ``<job_id>:<plan_id>``; any other text is (None, the text as it is)."""
    if not isinstance(text, str):
        return None, None
    before, colon, after = text.partition(":")
    if not colon:
        return None, text
    job_id, plan_id = object_id(before), object_id(after)
    return (job_id, plan_id) if job_id and plan_id else (None, text)


# The reasons name no value, because it may be a secret.
_REASONS = {
    "missing": "is missing",
    "extra_forbidden": "is not a property of ScheduledPrefetch",
    "bool_parsing": "must be a boolean",
    "bool_type": "must be a boolean",
    "string_type": "must be a string",
    "dict_type": "must be a mapping",
    "invalid-json-value": "may hold only strings, numbers, booleans, lists and mappings",
}


def _failure(error: ErrorDetails) -> tuple[str, str]:
    context = error.get("ctx", {})
    reason = _REASONS.get(error["type"])
    if "expected" in context:
        reason = f"must be one of {context['expected']}"
    if "error" in context:
        reason = str(context["error"])
    return str(error["loc"][0]), reason or error["msg"]


def value_text(value: Any) -> str:
    """A value as text, to compare it: 2 and 2.0 are equal, 1 and true are not."""
    return json.dumps(_whole_numbers(value), sort_keys=True)


def _whole_numbers(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _whole_numbers(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole_numbers(item) for item in value]
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


def _time_text(moment: datetime | None) -> str:
    return "" if moment is None else render_time(moment)
