"""A project whose resources are those of a native provider: a plugin in Python, in a folder that Pulumi.yaml names."""

import json
import shutil
import sys
from pathlib import Path
from typing import Any, Final

from tests.support.cli_recordings import CommandProject

PLUGIN: Final = Path(__file__).with_name("native_plugin")
PACKAGES: Final = "packages:\n  box: ./plugin\n"
BOX: Final = """
import pulumi
from pulumi import CustomTimeouts, ResourceOptions

class Box(pulumi.CustomResource):
    label: pulumi.Output[str]
    serial: pulumi.Output[int]
    state: pulumi.Output[str]
    def __init__(self, name, opts=None, **props):
        label = props.pop("label", name)
        known = {"label": label, "serial": None, "state": None, **props}
        super().__init__("box:index:Box", name, known, opts)
"""
STARTED: Final = ("started", "creating", "GetPluginInfo", "Handshake", "Attach")


class NativeProject(CommandProject):
    """A project with the test plugin in its folder `plugin`."""

    @classmethod
    def make(cls, root: Path) -> "NativeProject":
        """A new project in an empty directory; the plugin's venv is the one of the tests."""
        super().make(root)
        made = cls(root)
        shutil.copytree(PLUGIN, made.plugin)
        (made.plugin / "venv").symlink_to(Path(sys.executable).parent.parent)
        made.describe(PACKAGES)
        return made

    @property
    def plugin(self) -> Path:
        """The plugin's folder."""
        return self.root / "project/plugin"

    def describe(self, packages: str) -> None:
        """Write how Pulumi.yaml names the plugin."""
        file = self.root / "project/Pulumi.yaml"
        text, _, _ = file.read_text().partition("packages:")
        text, _, _ = text.partition("plugins:")
        file.write_text(text + packages)

    def program(self, text: str) -> None:
        """Write the program; it knows `Box`."""
        super().program(BOX + text)

    def control(self, **wanted: Any) -> None:
        """What shall go wrong or be found at the provider."""
        (self.root / "ctl.json").write_text(json.dumps(wanted))

    def log(self) -> list[dict[str, Any]]:
        """All that the plugin logged."""
        file = self.root / "log"
        text = file.read_text() if file.exists() else ""
        return [json.loads(line) for line in text.splitlines()]

    def methods(self) -> list[str]:
        """What happened in the plugin, by name."""
        return [row["method"] for row in self.log()]

    def requests(self, method: str = "") -> list[dict[str, Any]]:
        """The requests of one method; without one, the rows of all methods but those at the plugin's start."""
        rows = self.log()
        if method:
            return [row["request"] for row in rows if row["method"] == method]
        return [row for row in rows if row["method"] not in STARTED]

    def forget(self) -> None:
        """Empty the log."""
        (self.root / "log").unlink(missing_ok=True)

    def record(self, name: str) -> dict[str, Any]:
        """The record of a resource."""
        rows = self.state()["resources"]
        found: dict[str, Any] = next(r for r in rows if r["urn"].endswith(f"::{name}"))
        return found

    def deployment(self) -> dict[str, Any]:
        """The state as it stands on disk."""
        file = self.root / "state/.pulumi/stacks/proj/dev.json"
        latest: dict[str, Any] = json.loads(file.read_text())["checkpoint"]["latest"]
        return latest
