"""The question between preview and change; asks, and decides nothing else."""

from collections.abc import Callable
from typing import Final, TextIO

from pulumi_esa_prefetch.engine.display.ink import Ink
from pulumi_esa_prefetch.engine.display.view import View
from pulumi_esa_prefetch.engine.errors import DECLINED, EngineError

ANSWERS: Final = ("yes", "no", "details")


def confirm(
    view: View, ask: TextIO, answers: TextIO, details: Callable[[], None]
) -> None:
    """Ask until the answer is yes or no (which is also what an empty line means).

    Raises EngineError with exit code 8 unless it is yes.
    """
    ink = Ink(view.color)
    if view.kind == "refresh":
        print(
            "No resource is changed by a refresh, only the state of the stack.",
            file=ask,
        )
    while True:
        question = f"Do you want to perform this {view.noun}?"
        print(
            f"{ink(question, 'bold')} [yes/no/details] (no): ",
            end="",
            file=ask,
            flush=True,
        )
        answer = _answer(view, ask, answers)
        if answer == "yes":
            return
        if answer == "no":
            raise EngineError(
                f"confirmation declined, not proceeding with the {view.noun}", DECLINED
            )
        if answer == "details":
            details()


def _answer(view: View, ask: TextIO, answers: TextIO) -> str:
    """One of the answers, by any beginning of it; empty if it is none."""
    try:
        line = answers.readline()
    except KeyboardInterrupt:
        line = ""
    if not line:
        print(file=ask)
        raise EngineError(
            f"confirmation cancelled, not proceeding with the {view.noun}", DECLINED
        )
    typed = line.strip().lower() or "no"
    return next((answer for answer in ANSWERS if answer.startswith(typed)), "")
