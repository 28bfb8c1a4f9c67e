"""Ends code at its n-th write to disk, as a kill would; restores everything afterwards."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest

from pulumi_embedded_engine.state import journal_file


class SimulatedKill(BaseException):
    """Ends the code as a kill would; nothing catches it."""


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
    """Allow so many effects; the returned function tells whether the kill happened."""
    left = effect
    struck = False

    def dying(real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **options: Any) -> Any:
            nonlocal left, struck
            if left == 0:
                struck = True
                raise SimulatedKill
            left -= 1
            return real(*args, **options)

        return call

    with pytest.MonkeyPatch.context() as patch:
        for owner, name in EFFECTS:
            patch.setattr(owner, name, dying(getattr(owner, name)))
        with suppress(SimulatedKill):
            yield lambda: struck
