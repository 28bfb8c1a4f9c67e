"""Ends a piece of work at its n-th lasting effect, as a kill would; restores all afterwards."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from pulumi_embedded_engine.state import journal_file


class Killed(BaseException):
    """The process is dead; whoever catches this is not."""


EFFECTS: tuple[tuple[Any, str], ...] = (
    (os, "write"),
    (os, "fsync"),
    (os, "ftruncate"),
    (journal_file, "_flush"),
    (tempfile, "mkstemp"),
    (Path, "replace"),
    (Path, "unlink"),
    (Path, "mkdir"),
    (Path, "chmod"),
    (Path, "write_text"),
    (Path, "write_bytes"),
)


@contextmanager
def killed_at(effect: int) -> Iterator[Callable[[], bool]]:
    """Let so many effects happen; the answer says whether the kill came."""
    left = effect
    struck = False

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal left, struck
            if left == 0:
                struck = True
                raise Killed
            left -= 1
            return real(*args, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in EFFECTS:
            patch.setattr(owner, name, dying(getattr(owner, name)))
        with suppress(Killed):
            yield lambda: struck
