"""The provider's two faces: the type, the program and the project of each, for the same declared plans."""

import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from stacks.prefetch.demo.settings import ROOT
from tests.support.processes import HOST

_CAMEL = re.compile(
    r"\b(plan|job|desired|on|restart)(Id|State|Destroy|Failed|Finished)\b"
)
PROJECT: Final = "name: esa-prefetch\nmain: program/\nruntime: python\n"
PLUGIN: Final = (
    "plugins:\n  providers:\n    - name: esa-prefetch\n      path: ../plugin\n"
)
NATIVE_PROGRAM: Final = """
import pulumi
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch import read_plans

NAMES = ("jobId", "status", "startTime", "endTime", "starts")
ALIAS = pulumi.Alias(type_="pulumi-python:dynamic/esa:ScheduledPrefetch")


class ScheduledPrefetch(pulumi.CustomResource):
    def __init__(self, name, given):
        inputs = {to_camel(n): value for n, value in vars(given).items() if value is not None}
        props = dict.fromkeys(NAMES) | inputs
        opts = pulumi.ResourceOptions(aliases=[ALIAS])
        super().__init__("esa-prefetch:index:ScheduledPrefetch", name, props, opts)


declared = read_plans(pulumi.Config("esa-prefetch").require_object("plans"))
plans = {name: ScheduledPrefetch(name, given) for name, given in declared.items()}
pulumi.export("plans", {name: plan.status for name, plan in plans.items()})
pulumi.export("starts", {name: plan.starts for name, plan in plans.items()})
"""


@dataclass(frozen=True)
class Face:
    """One way to declare a plan."""

    name: str
    type: str
    """Of the records in the state."""

    def write(self, root: Path) -> None:
        """Write the project and its default program under this directory."""
        program = (ROOT / "stacks/prefetch/__main__.py").read_text()
        if self is NATIVE:
            make_plugin(root / "plugin")
            program = NATIVE_PROGRAM
        # A stack that goes back to the dynamic face still needs the plugin, for what it deletes.
        listed = PLUGIN if (root / "plugin").exists() else ""
        (root / "project/Pulumi.yaml").write_text(PROJECT + listed)
        (root / "project/program/__main__.py").write_text(program)

    def process_word(self, root: Path) -> str:
        """A word in the command of the provider's process."""
        return HOST if self is DYNAMIC else str(root / "plugin")

    def with_names_of_the_dynamic_face(self, text: str) -> str:
        """What was said, with the names that a Python program has for a plan's properties."""
        if self is DYNAMIC:
            return text
        return _CAMEL.sub(lambda found: f"{found[1]}_{found[2].lower()}", text)


DYNAMIC: Final = Face("dynamic", "pulumi-python:dynamic/esa:ScheduledPrefetch")
NATIVE: Final = Face("native", "esa-prefetch:index:ScheduledPrefetch")
FACES: Final = {face.name: face for face in (DYNAMIC, NATIVE)}


def make_plugin(folder: Path) -> None:
    """The plugin's folder as `pulumi install` leaves it, with the environment of these tests."""
    if folder.exists():
        return
    folder.mkdir()
    for name in ("PulumiPlugin.yaml", "__main__.py", "requirements.txt"):
        (folder / name).write_bytes((ROOT / "plugin" / name).read_bytes())
    (folder / "venv").symlink_to(sys.prefix, target_is_directory=True)
