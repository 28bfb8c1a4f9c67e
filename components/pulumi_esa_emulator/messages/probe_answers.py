"""Reads the answers of `esa-prefetch doctor --probe`: the dialects that answer as that account's ESA does."""

from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from pulumi_esa_emulator.dialects import dialect_of
from pulumi_esa_emulator.messages.documents import read_document


class _Answer(BaseModel):
    """One answer; without one the question is not settled."""

    model_config = ConfigDict(frozen=True)

    answer: Annotated[str, Field(max_length=64)] | None = None


class ProbeAnswers(BaseModel):
    """What a probe writes; its other fields are for people."""

    model_config = ConfigDict(frozen=True)

    version: Literal[1]
    answers: dict[Annotated[str, Field(max_length=64)], _Answer]

    def dialects(self) -> tuple[str, ...]:
        """The names of the dialects; a question that is not settled, and a default answer, have none."""
        found = (dialect_of(question, answer) for question, answer in self._settled())
        return tuple(name for name in found if name)

    def unknown(self) -> list[str]:
        """The answers that no dialect gives, as `question: answer`."""
        return [
            f"{question}: {answer}"
            for question, answer in self._settled()
            if dialect_of(question, answer) is None
        ]

    def _settled(self) -> list[tuple[str, str]]:
        return [
            (question, found.answer)
            for question, found in self.answers.items()
            if found.answer is not None
        ]


def read_answers(path: Path) -> ProbeAnswers:
    """The answers in a file; DocumentError if it is none that a probe has written."""
    return read_document(path, ProbeAnswers)
