"""The base of all faults: the fields that say when one hits, and the hooks it can override."""

import random
from dataclasses import dataclass
from typing import Annotated, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    field_validator,
    model_validator,
)

from pulumi_esa_emulator.actions import ACTIONS
from pulumi_esa_emulator.errors import Problem
from pulumi_esa_emulator.messages.reply import JsonObject, Reply, problem_reply


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str | int) else value


Strings = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Numbers = Annotated[tuple[Annotated[int, Field(ge=1)], ...], BeforeValidator(_as_list)]
Seconds = Annotated[float, Field(ge=0, le=3600, allow_inf_nan=False)]
When = Literal["before", "after"]


@dataclass(frozen=True, slots=True)
class FaultContext:
    """The request that a fault looks at.

    `number` counts, from 1, the requests that the fault matches. `recent` is how many of
    them it let through within the last second. `rng` gives the fault its random numbers.
    """

    action: str
    number: int
    recent: int
    rng: random.Random
    request_id: str
    host: str

    def refusal(self, problem: Problem) -> Reply:
        """The error reply."""
        return problem_reply(problem, self.request_id, self.host)


class Fault(BaseModel):
    """One wrong behaviour; without any of the fields below it hits every request.

    Requests are counted as they arrive, before their signature is checked.
    `actions`: only these operations. `ids`: only requests with one of these `Id`s. Of
    these requests it hits some: by `probability` (0 to 1), or by number: those in `calls`
    (from 1), or `every` n-th. `times`: the most hits. `enabled`: the off switch.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: Annotated[str, Field(max_length=100)] = ""
    actions: Strings = ()
    ids: Strings = ()
    probability: Annotated[float, Field(ge=0, le=1)] | None = None
    calls: Numbers = ()
    every: Annotated[int, Field(ge=1)] | None = None
    times: Annotated[int, Field(ge=1)] | None = None
    enabled: bool = True

    @field_validator("actions")
    @classmethod
    def _known_actions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in ACTIONS:
                raise ValueError(f"there is no operation {name!r}")
        return names

    @model_validator(mode="after")
    def _one_rule_only(self) -> "Fault":
        if self.probability is not None and (self.calls or self.every):
            raise ValueError("give `probability`, or `calls` or `every`, not both")
        return self

    def matches(self, action: str, object_id: str | None) -> bool:
        """Whether the fault counts this request."""
        if not self.enabled or (self.actions and action not in self.actions):
            return False
        return not self.ids or object_id in self.ids

    def applies(self, context: FaultContext) -> bool:
        """Whether the fault hits this request, one of those that it counts."""
        if self.calls or self.every:
            by_every = self.every is not None and context.number % self.every == 0
            return context.number in self.calls or by_every
        return self.probability is None or context.rng.random() < self.probability

    def delay(self) -> float:
        """How many seconds to wait before the request is handled."""
        return 0.0

    def before(self, context: FaultContext) -> Reply | None:
        """A reply that replaces the effect; None: go on."""
        del context
        return None

    def reshape(self, body: JsonObject, context: FaultContext) -> JsonObject:
        """The body of the answer, changed or not."""
        del context
        return body

    def after(self, reply: Reply, context: FaultContext) -> Reply:
        """The reply after the effect: changed, replaced, or delivered in another way."""
        del context
        return reply
