"""What `stack init` leaves, made once by each engine and copied for each test: it takes as long as an `up`."""

from collections.abc import Callable
from pathlib import Path
from typing import Final

_LEFT: Final[dict[tuple[str, ...], dict[Path, bytes | None]]] = {}


def make_stack(
    engine: tuple[str, ...], root: Path, stack_file: Path, init: Callable[[], object]
) -> None:
    """Leave in `root` what `init` leaves there: the stack's file, and what is in `state`."""
    key = (*engine, str(stack_file))
    if key not in _LEFT:
        init()
        found = [root / stack_file, *sorted((root / "state").rglob("*"))]
        _LEFT[key] = {
            path.relative_to(root): path.read_bytes() if path.is_file() else None
            for path in found
        }
        return
    for path, content in _LEFT[key].items():
        if content is None:
            (root / path).mkdir()
        else:
            (root / path).write_bytes(content)
