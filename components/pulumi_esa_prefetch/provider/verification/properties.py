"""The properties of a verification's two resources, and when the edge is measured or judged again; pure.

The names are in the state of every stack with a verification and must never change. The state of an older version must
parse, and that of a newer version too (an unknown property is ignored in the state, and refused in a declaration).
"""

from collections.abc import Collection, Mapping
from hashlib import sha256
from typing import Annotated, Any, Final, Self, TypeVar

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

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.plan_properties import PROVIDER_KEY, value_text
from pulumi_esa_prefetch.warmth.edge_answer import HIT, UNCACHED
from pulumi_esa_prefetch.warmth.measurement import Measurement
from pulumi_esa_prefetch.warmth.warm_ratio import WarmRatio

Props = dict[str, Any]
Failures = tuple[tuple[str, str], ...]
M = TypeVar("M", bound=BaseModel)

MOST_URLS: Final = 10_000
_LARGEST_SEED: Final = 10**15
"""Less than a float holds exactly, for the engine's numbers are floats."""
_REQUIRED: Final = {
    "plan": "the id of a plan's resource",
    "starts": "a whole number",
    "urls": f"a list of 1 to {MOST_URLS} URLs",
    "sample": f"a whole number from 1 to {MOST_URLS}",
    "seed": "a whole number of 15 digits at most",
    "triggers": "a mapping of JSON values",
    "minimum": "a number from 0 to 1",
    "by_status": "a mapping of statuses to numbers",
    "interrupted": "a boolean",
}


DEFAULTS: Final[Props] = {"sample": 50, "minimum": 0.9, "seed": 0}
"""What a program leaves out of a verification."""


def _number(value: object) -> object:
    if isinstance(value, bool | str):
        raise ValueError  # noqa: TRY004 -- what pydantic takes as a finding
    return value


_Number = BeforeValidator(_number)


class Figures(BaseModel):
    """What a measurement has found."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    warm_ratio: float | None = None
    """The share of hits; None if no answer counts."""
    low: float = 0.0
    high: float = 1.0
    checked: int = 0
    """How many URLs have answered."""
    wanted: int = 0
    """How many URLs were to be asked; fewer than the sample if no more were left that had not been asked before."""
    by_status: dict[str, int] = Field(default_factory=dict)
    population: int = 0
    """How many different URLs the sample was drawn from: those that had not been asked before."""
    interrupted: bool = False

    @property
    def ratio(self) -> WarmRatio:
        """The share of hits among the answers that count."""
        uncounted = sum(
            n for kind, n in self.by_status.items() if kind.split(" ")[0] in UNCACHED
        )
        return WarmRatio(
            hits=self.by_status.get(HIT, 0),
            counted=self.checked - uncounted,
            population=self.population - uncounted,
        )


class RecordInputs(BaseModel):
    """What is declared about a measurement."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: Annotated[str, Field(min_length=1), AfterValidator(str.lower)]
    starts: Annotated[int, Field(ge=0), _Number]
    urls: Annotated[list[str], Field(min_length=1, max_length=MOST_URLS)]
    sample: Annotated[int, Field(ge=1, le=MOST_URLS), _Number]
    seed: Annotated[int, Field(gt=-_LARGEST_SEED, lt=_LARGEST_SEED), _Number]
    triggers: dict[str, JsonValue] = Field(default_factory=dict)


class RecordState(Figures):
    """What the state holds about a measurement; ``asked``: the digests of all URLs that this resource has asked."""

    plan: str = ""
    starts: int = 0
    sample: int = 0
    seed: int = 0
    triggers: dict[str, JsonValue] = Field(default_factory=dict)
    urls_digest: str = ""
    asked: list[str] = Field(default_factory=list)

    @classmethod
    def of(
        cls,
        declared: RecordInputs,
        measured: Measurement,
        asked: Collection[str],
        *,
        interrupted: bool = False,
    ) -> Self:
        """The state after a measurement; ``asked``: the digests of the URLs that may have been asked before."""
        ratio, checked = measured.ratio, len(measured.answers)
        wanted = min(declared.sample, measured.population)
        return cls(
            **declared.model_dump(exclude={"urls"}),
            urls_digest=list_digest(declared.urls),
            asked=sorted({*asked, *measured.digests}),
            warm_ratio=ratio.ratio,
            low=ratio.low,
            high=ratio.high,
            checked=checked,
            wanted=wanted,
            by_status=dict(measured.by_status),
            population=measured.population,
            interrupted=interrupted and checked < wanted,
        )

    def is_of(self, declared: RecordInputs) -> bool:
        """Whether this was measured for that declaration."""
        news = declared.model_dump(exclude={"urls"}) | {
            "urls_digest": list_digest(declared.urls)
        }
        return value_text(self.model_dump(include=set(news))) == value_text(news)


class GateInputs(Figures):
    """What is declared about a gate: the least share of hits, and what was measured of which Start."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    plan: Annotated[str, Field(min_length=1), AfterValidator(str.lower)]
    starts: Annotated[int, Field(ge=0), _Number]
    minimum: Annotated[float, Field(ge=0, le=1), _Number]


def list_digest(urls: Collection[str]) -> str:
    """A digest of a list; neither order nor a repeated URL makes a difference."""
    return f"sha256:{sha256(chr(10).join(sorted(set(urls))).encode()).hexdigest()}"


def is_to_measure(olds: Props, news: Props) -> bool:
    """Whether what is declared differs from what was measured, or the measurement was interrupted."""
    if contains_unknowns(news):
        return True
    try:
        state = recorded(olds)
    except PrefetchError:  # said by the update
        return True
    return state.interrupted or not state.is_of(declared(RecordInputs, news))


def is_to_judge(olds: Props, news: Props) -> bool:
    """Whether what is declared differs from what the gate has let pass."""
    if contains_unknowns(news):
        return True
    names = set(GateInputs.model_fields)
    before = {n: v for n, v in olds.items() if n in names and v is not None}
    return value_text(before) != value_text(
        declared(GateInputs, news).model_dump(exclude_none=True)
    )


def recorded(olds: Props) -> RecordState:
    """What the state holds. Raises PrefetchError if it cannot be read."""
    try:
        return RecordState.model_validate(_given(olds))
    except ValidationError:
        raise PrefetchError(
            "the measurement's record in the state cannot be read: a newer version of pulumi-esa-prefetch may "
            "have written it"
        ) from None


def declared(model: type[M], props: Props) -> M:
    """What is declared. Raises PrefetchError for properties that `wrong_properties` refuses."""
    wrong = wrong_properties(model, props)
    if wrong:
        raise PrefetchError("; ".join(reason for _, reason in wrong))
    return model.model_validate(_given(props))


def wrong_properties(model: type[BaseModel], props: Mapping[str, Any]) -> Failures:
    """Pairs of a property's name and what is wrong with it; what is not known yet is not wrong."""
    unknown = {name for name, value in props.items() if contains_unknowns(value)}
    try:
        model.model_validate(
            {n: v for n, v in _given(props).items() if n not in unknown}
        )
    except ValidationError as error:
        names = dict.fromkeys(str(each["loc"][0]) for each in error.errors())
        return tuple(
            (n, _reason(n, model.model_fields, props))
            for n in names
            if n not in unknown
        )
    return ()


def _reason(name: str, known: Collection[str], props: Mapping[str, Any]) -> str:
    if name not in props:
        return f"{name} is missing"
    if name not in known:
        return one_line(f"{name} is not an input")
    return f"{name} must be {_REQUIRED.get(name, 'a number')}"


def _given(props: Mapping[str, Any]) -> Props:
    return {n: v for n, v in props.items() if v is not None and n != PROVIDER_KEY}
