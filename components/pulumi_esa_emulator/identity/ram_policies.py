"""RAM policies: which actions a policy allows on which resources.

The format is RAM's own (`Version` "1", `Statement` with `Effect`, `Action` or
`NotAction`, `Resource`): a policy file tested here can be attached in the console as it is.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, model_validator


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Patterns = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Verdict = Literal["Allow", "ExplicitDeny", "ImplicitDeny"]


class RamStatement(BaseModel):
    """Allows or denies actions (`esa:Start*`), or all other actions, on resources (`*`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    Effect: Literal["Allow", "Deny"]
    Action: Patterns | None = None
    NotAction: Patterns | None = None
    Resource: Patterns = ("*",)

    @model_validator(mode="after")
    def _one_kind_of_action(self) -> Self:
        if (self.Action is None) == (self.NotAction is None):
            raise ValueError("a statement has either Action or NotAction")
        return self

    def covers(self, action: str, resource: str) -> bool:
        """Whether the statement applies to this action on this resource."""
        return self._names(action) and any(
            _fits(resource, one) for one in self.Resource
        )

    def _names(self, action: str) -> bool:
        if self.NotAction is not None:
            return not _matches(action, self.NotAction)
        return _matches(action, self.Action or ())


def _matches(action: str, patterns: Iterable[str]) -> bool:
    """Whether one of the patterns matches; RAM ignores the case of actions."""
    return any(_fits(action.lower(), one.lower()) for one in patterns)


def _fits(text: str, pattern: str) -> bool:
    """Whether the pattern matches; RAM has the wildcards `*` and `?`, but not `[...]`."""
    return fnmatchcase(text, pattern.replace("[", "[[]"))


class RamPolicy(BaseModel):
    """A RAM policy document; one Deny overrides every Allow."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    Version: Literal["1"] = "1"
    Statement: tuple[RamStatement, ...]

    def verdict(self, action: str, resource: str) -> Verdict:
        """Whether the policy allows `esa:<Operation>` on a resource."""
        effects = set(self._effects(action, resource))
        if "Deny" in effects:
            return "ExplicitDeny"
        return "Allow" if "Allow" in effects else "ImplicitDeny"

    def _effects(self, action: str, resource: str) -> Iterable[str]:
        return (one.Effect for one in self.Statement if one.covers(action, resource))
