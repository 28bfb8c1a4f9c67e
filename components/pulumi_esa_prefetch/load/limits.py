"""The limits of a stack: a rate for each origin, and freeze windows without any prefetch; checks nothing.

In the stack config they are the object `esa-prefetch:limits`:

    esa-prefetch:limits:
      maxOriginUrlsPerSecond: 50
      freeze:
        - name: double eleven
          window: 2026-11-10T16:00:00Z/PT24H
      enforce: deny
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import ErrorDetails

Level = Literal["warn", "deny"]
Kind = Literal["fit", "past", "freeze", "rate"]

# 2026-11-11 09:30:00 +0800 +0800, as Go writes a time
_GO_TIME = re.compile(
    r"(?P<day>\d{4}-\d\d-\d\d) (?P<time>\d\d:\d\d:\d\d(?:\.\d+)?) "
    r"(?P<zone>[+-]\d{4}) \S+",
    re.ASCII,
)
# Most stacks set no limits, so the validators are built when they are first used.
_DEFERRED = ConfigDict(defer_build=True)
_MOMENT = TypeAdapter(AwareDatetime, config=_DEFERRED)
_LENGTH = TypeAdapter(timedelta, config=_DEFERRED)
# how pydantic names the choices of a union, and the key of a mapping, in the location of an error
_NOTATION = ("literal[", "dict[", "[key]")
_OUT_OF_RANGE = "must be within the calendar"
_EXAMPLE = "2026-11-11T00:00:00+08:00"
# what is wrong, by the beginning of pydantic's type of error
_REASONS: Final = {
    "json_invalid": "must be a map, such as {maxOriginUrlsPerSecond: 50}",
    "model_type": "must be a map",
    "model_attributes_type": "must be a map",
    "dict_type": "must be a map",
    "tuple_type": "must be a list",
    "string_type": "must be a string",
    "missing": "is missing",
    "float_type": "must be a number",
    "float_parsing": "must be a number",
    "finite_number": "must be a number",
    "greater_than": "must be greater than 0",
    "timezone_aware": f"needs a zone, as in {_EXAMPLE}",
    "datetime": f"must be a time, such as {_EXAMPLE}",
    "time_delta": "must end with a time, or with a duration such as PT24H",
}


class LimitsError(ValueError):
    """The limits cannot be read; the message is one sentence that names the field."""


class _Setting(BaseModel):
    model_config = ConfigDict(
        frozen=True,
        extra="forbid",
        alias_generator=to_camel,
        populate_by_name=True,
        defer_build=True,
    )


def _parse_moment(value: object) -> object:
    """Accept Go's notation too: Pulumi passes a time that is not quoted in the stack config in this form."""
    if isinstance(value, str) and (match := _GO_TIME.fullmatch(value)):
        return f"{match['day']}T{match['time']}{match['zone']}"
    return value


def _check_calendar(moment: datetime) -> datetime:
    """Refuse a time that has no equivalent in UTC, in the first or the last hours of the calendar."""
    try:
        moment.astimezone(UTC)
    except OverflowError:
        raise ValueError(_OUT_OF_RANGE) from None
    return moment


Moment = Annotated[
    AwareDatetime, BeforeValidator(_parse_moment), AfterValidator(_check_calendar)
]


class Interval(_Setting):
    """A period of time, its end not included."""

    start: Moment
    end: Moment

    @model_validator(mode="after")
    def _runs_forward(self) -> Self:
        if self.end <= self.start:
            raise ValueError("must end after it starts")
        return self


def _parse_interval(value: object) -> object:
    """Read the ISO 8601 notations start/end and start/duration; a value that is no string stays as it is."""
    if not isinstance(value, str):
        return value
    start_text, slash, end_text = value.partition("/")
    if not slash:
        raise ValueError(
            f"must be an interval: START/END, or START/DURATION such as {_EXAMPLE}/PT24H"
        )
    start = _MOMENT.validate_python(start_text.strip())
    return {"start": start, "end": _parse_end(start, end_text.strip())}


def _parse_end(start: datetime, text: str) -> datetime:
    if text.startswith("P"):
        try:
            return start + _LENGTH.validate_python(text)
        except OverflowError:
            raise ValueError(_OUT_OF_RANGE) from None
    return _MOMENT.validate_python(text)


class Freeze(_Setting):
    """A freeze window: a named period in which no plan may submit anything."""

    name: str
    window: Annotated[Interval, BeforeValidator(_parse_interval)]

    @model_validator(mode="before")
    @classmethod
    def _named_by_itself(cls, value: object) -> object:
        """Accept an interval alone; it is then also the name."""
        if isinstance(value, str):
            return {"name": value, "window": value}
        return value

    def __str__(self) -> str:
        return (
            f"{self.name!r} ({moment_text(self.window.start)} to "
            f"{moment_text(self.window.end)})"
        )


def _refuse_bool(value: object) -> object:
    """Refuse true and false, which pydantic reads as 1 and 0."""
    if isinstance(value, bool):
        raise ValueError(_REASONS["float_type"])  # noqa: TRY004 - pydantic takes a ValueError
    return value


class Limits(_Setting):
    """The limits of a stack, and for each the level `warn` or `deny`; the default is `warn`.

    `max_origin_urls_per_second`: the URLs per second that one origin may get; None: any number.
    """

    max_origin_urls_per_second: Annotated[
        float | None, BeforeValidator(_refuse_bool), Field(gt=0, allow_inf_nan=False)
    ] = None
    freeze: tuple[Freeze, ...] = ()
    enforce: Level | Mapping[Kind, Level] = "warn"

    def level(self, kind: Kind) -> Level:
        """The level of the limit of this kind."""
        if isinstance(self.enforce, str):
            return self.enforce
        return self.enforce.get(kind, "warn")

    @classmethod
    def parse(cls, text: str | None) -> "Limits":
        """Read the JSON of the config value; an empty value means no limits.

        Raises LimitsError, which names the field that cannot be read.
        """
        if not text:
            return cls()
        try:
            return cls.model_validate_json(text)
        except ValidationError as error:
            raise LimitsError(_sentence(error)) from None


def _sentence(error: ValidationError) -> str:
    errors = error.errors(include_url=False)
    of_first = [one for one in errors if one["loc"][:1] == errors[0]["loc"][:1]]
    nearest = max(of_first, key=lambda one: len(one["loc"]))
    steps = [str(s) for s in nearest["loc"] if not str(s).startswith(_NOTATION)]
    place = ".".join(step if step.isprintable() else repr(step) for step in steps)
    place = f".{place}" if place else ""
    return f"esa-prefetch:limits{place}: {_reason(nearest['type'], steps, nearest)}"


def _reason(kind: str, steps: Sequence[str], error: ErrorDetails) -> str:
    """What is wrong, in words for a person who writes a stack file."""
    if kind == "extra_forbidden":
        return _unknown(steps)
    for start, text in _REASONS.items():
        if kind.startswith(start):
            return text
    text = error["msg"].removeprefix("Value error, ")
    return text.replace("Input should be", "must be")


def _unknown(steps: Sequence[str]) -> str:
    """The reason for a name that is no setting, with the nearest that is one."""
    models: dict[str, type[_Setting]] = {"window": Interval, "freeze": Freeze}
    inside = (models[step] for step in steps[-2::-1] if step in models)
    model = next(inside, Limits)
    known = [to_camel(name) for name in model.model_fields]
    near = get_close_matches(steps[-1], known, n=1)
    hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(known)}"
    return f"is not known; {hint}"


def moment_text(moment: datetime) -> str:
    """The time in UTC with whole seconds and `Z`, for a message."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
