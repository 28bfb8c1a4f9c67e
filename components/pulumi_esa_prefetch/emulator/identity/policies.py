"""RAM policies: which actions a key may call; knows no keys.

The documents are RAM's own (`Version` "1", `Statement` with `Effect`, `Action`,
`Resource`), so that a policy file tried here is the one to attach in the console.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict


def _as_list(value: object) -> object:
    return [value] if isinstance(value, str) else value


Patterns = Annotated[tuple[str, ...], BeforeValidator(_as_list)]
Verdict = Literal["Allow", "ExplicitDeny", "ImplicitDeny"]


class RamStatement(BaseModel):
    """Allows or denies actions (`esa:Start*`) on resources (`*`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    Effect: Literal["Allow", "Deny"]
    Action: Patterns
    Resource: Patterns = ("*",)

    def covers(self, action: str, resource: str) -> bool:
        """Whether the statement speaks of this action on this resource."""
        # RAM compares actions regardless of case.
        asked = action.lower()
        return any(fnmatchcase(asked, one.lower()) for one in self.Action) and any(
            one == "*" or fnmatchcase(resource, one) for one in self.Resource
        )


class Policy(BaseModel):
    """A RAM policy document; a Deny wins over every Allow."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    Version: Literal["1"] = "1"
    Statement: tuple[RamStatement, ...]

    def verdict(self, action: str, resource: str) -> Verdict:
        """What the policy says of `esa:<Operation>` on a resource."""
        effects = set(self._effects(action, resource))
        if "Deny" in effects:
            return "ExplicitDeny"
        return "Allow" if "Allow" in effects else "ImplicitDeny"

    def _effects(self, action: str, resource: str) -> Iterable[str]:
        return (one.Effect for one in self.Statement if one.covers(action, resource))
