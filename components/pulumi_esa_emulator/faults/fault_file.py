"""The model of a fault file, and the description of its kinds for `--help`."""

import difflib
import inspect
from functools import reduce
from itertools import count
from operator import or_
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    SerializeAsAny,
    Tag,
    model_validator,
)
from pydantic_core import PydanticCustomError

from pulumi_esa_emulator.faults.fault import Fault
from pulumi_esa_emulator.faults.fault_kinds import KINDS

_MAX_NAME = 64


def _kind_of(value: Any) -> str | None:
    fields = value if isinstance(value, dict) else getattr(value, "__dict__", {})
    kind = fields.get("kind")
    return kind if isinstance(kind, str) else None


def _listed(value: object) -> object:
    return [value] if isinstance(value, dict) else value


_NAMED: dict[str, type[Fault]] = {
    kind.model_fields["kind"].default: kind for kind in KINDS
}
_AnyKind: Any = reduce(
    or_, (Annotated[kind, Tag(name)] for name, kind in _NAMED.items())
)
_ByKind = Discriminator(
    _kind_of,
    custom_error_type="kind",
    custom_error_message=f"a fault needs its `kind`, one of {', '.join(_NAMED)}",
)


def _suggest_kind(value: object) -> object:
    """Name the nearest kind, if there is one, for a kind that does not exist."""
    kind = _kind_of(value)
    if kind is not None and kind not in _NAMED:
        for near in difflib.get_close_matches(kind, _NAMED, n=1):
            text = "there is no fault {given}; did you mean {near}?"
            names = {"given": repr(kind[:_MAX_NAME]), "near": repr(near)}
            raise PydanticCustomError("kind", text, names)
    return value


AnyFault = Annotated[_AnyKind, _ByKind, BeforeValidator(_suggest_kind)]


class FaultDocument(BaseModel):
    """`{"seed": 7, "faults": [{"kind": "reset", "when": "after", ...}]}`.

    A list of faults alone, or one fault alone, is accepted too.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    faults: Annotated[
        tuple[SerializeAsAny[AnyFault], ...], BeforeValidator(_listed)
    ] = ()

    @model_validator(mode="before")
    @classmethod
    def _accept_faults_alone(cls, value: object) -> object:
        """Accept a list of faults, or one fault, in place of the document."""
        is_one = isinstance(value, dict) and "kind" in value
        return {"faults": value} if is_one or isinstance(value, list) else value

    @model_validator(mode="after")
    def _name_faults(self) -> "FaultDocument":
        """Give each fault a unique name: its own or its kind, with a number if needed."""
        names = _unique_names([fault.name or fault.kind for fault in self.faults])
        named = (
            fault.model_copy(update={"name": name})
            for fault, name in zip(self.faults, names, strict=True)
        )
        object.__setattr__(self, "faults", tuple(named))
        return self


def _unique_names(names: list[str]) -> list[str]:
    """The names; a repeated one gets the next number that makes it unique."""
    given, seen, own = set(names), set[str](), list[str]()
    numbers = {name: count(2) for name in given}
    for name in names:
        numbered = (f"{name}-{number}" for number in numbers[name])
        free = (one for one in numbered if one not in given)
        own.append(next(free) if name in seen else name)
        seen.add(name)
    return own


def fault_grammar() -> list[tuple[str, str, str]]:
    """Each kind, its own fields, and what it does, for `--help`."""
    rows = []
    for kind in KINDS:
        own = [name for name in kind.model_fields if name not in Fault.model_fields]
        fields = ", ".join(name for name in own if name != "kind")
        text = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
        rows.append((kind.model_fields["kind"].default, fields, text))
    return rows
