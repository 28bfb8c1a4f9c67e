"""Checks a range of Pulumi versions, which a project or program requires, against the version of this engine."""

import re
from typing import Final

from semver import Version

from pulumi_embedded_engine.errors import EngineError

PULUMI_VERSION: Final = "3.260.0"


def require_version(wanted: str) -> None:
    """Raise EngineError if a range cannot be read, or does not contain PULUMI_VERSION; "" contains every version.

    Only ranges of plain comparisons are known: `>=3.1.0 <4.0.0 || 5.0.0`.
    """
    if not wanted:
        return
    try:
        held = [_matches(part) for part in wanted.split("||")]
    except ValueError:
        raise EngineError(
            f"{wanted!r} is not a range of versions that is known here, such as '>=3.1.0 <4.0.0'"
        ) from None
    if not any(held):
        raise EngineError(
            f"Pulumi {wanted} is required, and this engine works like {PULUMI_VERSION}: run it "
            "with the pulumi CLI"
        )


def _matches(wanted: str) -> bool:
    parts = re.sub(r"([<>=]) +", r"\1", wanted).split()
    if not parts:
        raise ValueError(wanted)
    held = [Version.parse(PULUMI_VERSION).match(part) for part in parts]
    return all(held)
