"""The package's schema, from which Pulumi makes an SDK for each language; the text is in ``schema.json``."""

import json
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def schema() -> dict[str, Any]:
    """The schema without a version."""
    text = (
        files("pulumi_esa_prefetch.native").joinpath("schema.json").read_text("utf-8")
    )
    found: dict[str, Any] = json.loads(text)
    return found


def schema_text(version: str) -> str:
    """The schema as JSON, with the package's version."""
    return json.dumps(schema() | {"version": version})
