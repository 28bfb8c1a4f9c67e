"""Figures of a long run, those that had to agree marked; measures nothing."""

from dataclasses import dataclass, field


@dataclass
class Figures:
    """What was seen, and what was not as it had to be."""

    lines: list[str] = field(default_factory=list)
    broken: list[str] = field(default_factory=list)

    def show(self, name: str, value: object) -> None:
        """Note a figure."""
        self.lines.append(f"{name:<48}{value}")

    def check(self, name: str, seen: object, wanted: object) -> None:
        """Note a figure that has to be the same as another."""
        self.show(name, seen if seen == wanted else f"{seen}, NOT {wanted}")
        if seen != wanted:
            self.broken.append(name)

    def text(self) -> str:
        """All figures, and the verdict as the last line."""
        verdict = (
            f"BROKEN: {', '.join(self.broken)}" if self.broken else "all as declared"
        )
        return "\n".join([*self.lines, verdict])
