"""The types of a class's outputs: the program gets them, and the SDK reads them once for each class."""

from pathlib import Path

from tests.support.real_runs import EngineProject

PROGRAM = """\
import pulumi
from pulumi import _types
from maker import *

class Other(Thing, module="test", name="Thing"):
    made: pulumi.Output[float]

def show(made):
    pulumi.log.info(f"{made[0]!r} {made[1]!r} {_types.resource_types.cache_info().misses}")

first, second, third = Thing("a"), Other("b"), Thing("c")
pulumi.Output.all(first.made, second.made, third.made).apply(show)
"""


def test_each_class_has_its_own_types_and_they_are_read_once(tmp_path: Path) -> None:
    ran = EngineProject(tmp_path).run(PROGRAM)

    # The stack is a resource too.
    assert ran.messages("info") == ["1 1.0 3"]
