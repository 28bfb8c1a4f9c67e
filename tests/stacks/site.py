"""stacks/site in a folder of its own, against an emulator, on either engine; judges nothing."""

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit

from stacks.prefetch.demo.settings import ROOT
from tests.support.local_esa import SITE, Document, Esa
from tests.support.throwaway_stack import Stack

PROJECT = "esa-prefetch-site"
KEYS = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
}
_IGNORED = shutil.ignore_patterns("demo.yaml", "Pulumi.demo.yaml", "__pycache__")


class SiteStack(Stack):
    """The stack's program and Pulumi.yaml as committed, with a config of its own.

    The endpoint is where users of pulumi_alicloud put it: `host:port` in `alicloud:endpoints`.
    """

    def __init__(
        self, root: Path, program: str, esa: Esa, variables: Mapping[str, str]
    ) -> None:
        self.root = root
        self.program = program
        self.variables = {**KEYS, **variables}
        shutil.copytree(ROOT / "stacks/site", root / "project", ignore=_IGNORED)
        for place in ("state", "home"):
            (root / place).mkdir()
        self.config: dict[str, object] = {
            "alicloud:accountType": "Domestic",
            "alicloud:endpoints": json.dumps([{"esa": urlsplit(esa.endpoint).netloc}]),
            "alicloud:protocol": "HTTP",
            "alicloud:region": "cn-hangzhou",
            f"{PROJECT}:site": str(SITE),
        }
        self.check("stack", "init", "test")

    def write_program(self, text: str) -> None:
        (self.root / "project/__main__.py").write_text(text)

    def prefetch(self, **prefetches: Document) -> None:
        """Declare prefetches in the stack's config, as a person writes them."""
        self.config[f"{PROJECT}:prefetches"] = prefetches
        self.configure()

    def checkpoint(self) -> Path:
        return self.root / f"state/.pulumi/stacks/{PROJECT}/test.json"

    def alicloud_ids(self) -> dict[str, str]:
        """The ids in ESA of the jobs and plans that the state holds, by type and name."""
        return {
            f"{record['type'].rpartition(':')[2]} {record['urn'].rpartition('::')[2]}": record[
                "id"
            ]
            for record in self.deployment().get("resources", [])
            if record["type"].startswith("alicloud:")
        }
