"""Pulumi programs and dynamic providers in tests: what the fixtures `pulumi_engine` and `pulumi_cli` give.

The fixtures stand in `pulumi_embedded_engine.pytest_plugin`, which pytest finds by itself. How to use them:
docs/testing.md.
"""

from pulumi_embedded_engine.model.property_values import UNKNOWN
from pulumi_embedded_engine.testing.stacks import PulumiEngine, PulumiStack
from pulumi_embedded_engine.testing.values import (
    Message,
    OperationFailed,
    Record,
    Result,
    Step,
)

__all__ = [
    "UNKNOWN",
    "Message",
    "OperationFailed",
    "PulumiEngine",
    "PulumiStack",
    "Record",
    "Result",
    "Step",
]
