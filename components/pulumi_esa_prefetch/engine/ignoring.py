"""The option ignoreChanges: new inputs with the old values where changes do not count; asks nobody."""

from collections.abc import Mapping, Sequence
from typing import Any

from pulumi_esa_prefetch.engine.paths import parse_path, reset


def ignored(
    inputs: Mapping[str, Any], old: Mapping[str, Any], paths: Sequence[str]
) -> tuple[Mapping[str, Any], Sequence[str]]:
    """The inputs with these paths as in `old`, and the paths that do not lie in both."""
    strange = []
    for text in paths:
        try:
            path = parse_path(text)
        except ValueError:
            continue
        inputs, good = reset(path, old, inputs)
        if not good:
            strange.append(text)
    return inputs, strange
