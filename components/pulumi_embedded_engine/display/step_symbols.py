"""The sign, the colour and the verb of each kind of step; knows no layout."""

from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from pulumi_embedded_engine.model.events import StepOp

HEADLINE: Final = "bold magenta"
ERROR: Final = "red"
WARNING: Final = "yellow"
NAME: Final = "bright_blue"
QUIET: Final = "dim"


@dataclass(frozen=True, slots=True)
class Colorizer:
    """Colours text, if colours are enabled."""

    enabled: bool

    def __call__(self, text: str, style: str) -> str:
        """The text in a style."""
        if not self.enabled or not text or not style:
            return text
        return str(_style(style).render(text))


@lru_cache(maxsize=64)
def _style(name: str) -> Any:
    # rich is slow to import, so it is imported only if there are colours
    from rich.style import Style  # noqa: PLC0415

    return Style.parse(name)


@dataclass(frozen=True, slots=True)
class StepSymbol:
    """Sign, style and words of one kind of step; `object` follows the verb if it is not the whole resource."""

    sign: str
    style: str
    verb: str
    object: str = ""

    @property
    def plan(self) -> str:
        """What would be done."""
        return self.verb + self.object

    @property
    def doing(self) -> str:
        """What is being done."""
        return self._gerund + self.object

    @property
    def failed(self) -> str:
        """What was tried in vain."""
        return f"{self._gerund} failed"

    @property
    def _gerund(self) -> str:
        return self.verb.removesuffix("e") + "ing"

    @property
    def done(self) -> str:
        """What was done."""
        past = "read" if self.verb == "read" else self.verb.removesuffix("e") + "ed"
        return past + self.object


STEP_SYMBOLS: Final[dict[str, StepSymbol]] = {
    "same": StepSymbol("  ", "", "keep"),
    "create": StepSymbol("+ ", "green", "create"),
    "update": StepSymbol("~ ", "yellow", "update"),
    "delete": StepSymbol("- ", "red", "delete"),
    "replace": StepSymbol("+-", "magenta", "replace"),
    "create-replacement": StepSymbol("++", "bright_green", "create", " replacement"),
    "delete-replaced": StepSymbol("--", "bright_red", "delete", " original"),
    "read": StepSymbol("> ", "bright_cyan", "read"),
    "read-replacement": StepSymbol(">>", "magenta", "read", " for replacement"),
    "discard": StepSymbol("< ", "red", "discard"),
    "discard-replaced": StepSymbol("<<", "red", "discard", " original"),
    "refresh": StepSymbol("~ ", "yellow", "refresh"),
    "remove-pending-replace": StepSymbol("~ ", "dim", "remove", " original"),
    "import": StepSymbol("= ", "green", "import"),
    "import-replacement": StepSymbol("=>", "magenta", "import", " replacement"),
}

READS: Final = frozenset({"read", "read-replacement", "discard"})

REPLACEMENT: Final = frozenset(
    {
        "replace",
        "create-replacement",
        "delete-replaced",
        "read-replacement",
        "discard-replaced",
        "remove-pending-replace",
        "import-replacement",
    }
)

# steps that delete the real object, unless the resource has retainOnDelete
RETAINED: Final = frozenset(
    {"delete", "replace", "create-replacement", "delete-replaced"}
)

# the steps that a summary counts, in its order; a read is no change
COUNTED: Final = tuple(op for op in STEP_SYMBOLS if op != "same" and op not in READS)


def step_symbol(op: StepOp | str) -> StepSymbol:
    """The symbol of a kind of step."""
    return STEP_SYMBOLS.get(op, STEP_SYMBOLS["same"])
