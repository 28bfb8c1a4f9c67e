"""What a fault file says, and its grammar in words; draws nothing."""

import inspect
from collections import Counter
from functools import reduce
from operator import or_
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SerializeAsAny, model_validator

from pulumi_esa_prefetch.emulator.faults.fault import Fault
from pulumi_esa_prefetch.emulator.faults.kinds import KINDS

_AnyKind: Any = reduce(or_, KINDS)
AnyFault = Annotated[_AnyKind, Field(discriminator="kind")]


class FaultDocument(BaseModel):
    """`{"seed": 7, "faults": [{"kind": "reset", "when": "after", ...}]}`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    seed: int = 0
    faults: tuple[SerializeAsAny[AnyFault], ...] = ()

    @model_validator(mode="after")
    def _have_names(self) -> "FaultDocument":
        """Give each fault without a name that of its kind, numbered if need be."""
        named: list[Fault] = []
        seen: Counter[str] = Counter()
        for fault in self.faults:
            name = fault.name or fault.kind
            seen[name] += 1
            name = name if seen[name] == 1 else f"{name}-{seen[name]}"
            named.append(fault.model_copy(update={"name": name}))
        object.__setattr__(self, "faults", tuple(named))
        return self


def grammar() -> list[tuple[str, str, str]]:
    """Each kind with its own fields and what it does, for `--help`."""
    rows = []
    for kind in KINDS:
        own = [name for name in kind.model_fields if name not in Fault.model_fields]
        fields = ", ".join(name for name in own if name != "kind")
        text = " ".join(inspect.cleandoc(kind.__doc__ or "").split())
        rows.append((kind.model_fields["kind"].default, fields, text))
    return rows
