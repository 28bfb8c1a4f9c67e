"""A throwaway stack on either engine: declares plans, runs commands, reads the state; judges nothing."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from stacks.prefetch.demo.settings import shielded
from tests.support.engines import ESA_PREFETCH
from tests.support.faces import DYNAMIC, FACES, Face
from tests.support.new_stacks import make_stack

TYPE = DYNAMIC.type
TYPES = {face.type for face in FACES.values()}
STACK_RESOURCE = "esa-prefetch-test"
PASSPHRASE = "open sesame"
SECONDS = 180.0
Document = dict[str, Any]


@dataclass(frozen=True)
class Result:
    """What a command left: its exit code, and all it printed."""

    code: int
    output: str

    def diagnostics(self) -> dict[str, str]:
        """What was said of each resource, by its name."""
        _, _, text = self.output.partition("\nDiagnostics:\n")
        said: dict[str, str] = {}
        name = ""
        for line in text.splitlines():
            if head := re.fullmatch(r"  \S+ \((\S+)\):", line):
                name = head[1]
            elif line and not line.startswith("   "):
                break
            elif name and line:
                said[name] = f"{said.get(name, '')}{line.strip()}\n"
        return said


class Stack:
    """A project of its own with one stack, `test`, in a backend of its own."""

    def __init__(
        self, root: Path, program: str, endpoint: str, face: Face = DYNAMIC
    ) -> None:
        self.root = root
        self.program = program
        self.variables = {
            "ALIBABA_CLOUD_ACCESS_KEY_ID": "emulator-key",
            "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "emulator-secret",
            "ESA_ENDPOINT": endpoint,
        }
        for place in ("project/program", "state", "home"):
            (root / place).mkdir(parents=True)
        self.use(face)
        self.config: dict[str, object] = {}
        make_stack(
            (program,),
            root,
            Path("project/Pulumi.test.yaml"),
            lambda: self.check("stack", "init", "test"),
        )

    def use(self, face: Face) -> None:
        """Write the default program and its project for a face of the provider."""
        self.face = face
        face.write(self.root)

    def write_program(self, text: str) -> None:
        """Replace the default program by another."""
        (self.root / "project/program/__main__.py").write_text(text)

    def declare(self, plans: Mapping[str, Mapping[str, object]]) -> None:
        """Declare plans in the stack's config, as a person writes them."""
        self.configure(plans=plans)

    def configure(self, **settings: object) -> None:
        """Set `esa-prefetch:` settings of the stack; None takes one away."""
        self.config |= {
            f"esa-prefetch:{name}": value for name, value in settings.items()
        }
        kept = {name: value for name, value in self.config.items() if value is not None}
        path = self.root / "project/Pulumi.test.yaml"
        salt = [
            x for x in path.read_text().splitlines() if x.startswith("encryptionsalt")
        ]
        # JSON is YAML
        path.write_text("\n".join([*salt, f"config: {json.dumps(kept)}", ""]))

    def run(self, *arguments: str, seconds: float = SECONDS) -> Result:
        """Run one command of the engine."""
        done = subprocess.run(
            self.command(*arguments),
            cwd=self.root / "project",
            env=self.environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=seconds,
            check=False,
        )
        return Result(done.returncode, done.stdout)

    def check(self, *arguments: str) -> Result:
        """Run one command that has to succeed."""
        result = self.run(*arguments)
        assert result.code == 0, f"{arguments} exited {result.code}:\n{result.output}"
        return result

    def up(self, *arguments: str) -> Result:
        """Run `up`, which has to succeed."""
        return self.check("up", "--yes", "--skip-preview", *arguments)

    def refused(self, *arguments: str) -> Result:
        """Run `up`, which has to fail without a trace of Python."""
        result = self.run("up", "--yes", "--skip-preview", *arguments)
        assert result.code not in (0, None), result.output
        assert_no_trace(result)
        return result

    def is_settled(self) -> bool:
        """Whether a preview finds nothing to do."""
        return self.run("preview", "--expect-no-changes").code == 0

    def for_events(self) -> dict[str, list[str]]:
        """Flags of an `up` whose events are to be seen: of the CLI alone, the engine leaves them to it."""
        if self.program == ESA_PREFETCH:
            return {"log": [], "lines": []}
        self.variables["PULUMI_DEBUG_COMMANDS"] = "true"
        return {"log": [f"--event-log={self.root}/events"], "lines": ["--json"]}

    def command(self, *arguments: str) -> list[str]:
        """The engine's command line."""
        return [self.program, "--non-interactive", "--color=never", *arguments]

    def environment(self) -> dict[str, str]:
        """The engine's environment: nothing of the caller's account, stacks or home."""
        return shielded(
            os.environ,
            {
                "HOME": str(self.root / "home"),
                "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
                "PULUMI_BACKEND_URL": (self.root / "state").as_uri(),
                "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
                "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
                "PULUMI_HOME": str(self.root / "home/.pulumi"),
                "PULUMI_SKIP_UPDATE_CHECK": "true",
                "PULUMI_STACK": "test",
                **self.variables,
            },
        )

    def checkpoint(self) -> Path:
        """The file that holds the state."""
        return self.root / "state/.pulumi/stacks/esa-prefetch/test.json"

    def deployment(self) -> Document:
        """The state as it stands on disk."""
        return dict(json.loads(self.checkpoint().read_text())["checkpoint"]["latest"])

    def records(self) -> dict[str, Document]:
        """The ScheduledPrefetch records by name."""
        return {
            record["urn"].rpartition("::")[2]: record
            for record in self.deployment().get("resources", [])
            if record["type"] in TYPES
        }

    def statuses(self) -> dict[str, str]:
        """Plan's id -> its status in the state."""
        records = self.records().values()
        return {
            record["id"].rpartition(":")[2]: record["outputs"]["status"]
            for record in records
        }

    def outputs(self, name: str) -> Document:
        """What the state says of one plan."""
        return dict(self.records()[name]["outputs"])

    def printed_outputs(self) -> Document:
        """The stack's outputs as the engine prints them."""
        return dict(json.loads(self.check("stack", "output", "--json").output))


_LINE = "(error|warning|will be [a-z, ]+|(started|stopped|reset|adopted|recorded|measured)[a-z, ]*): "


def assert_no_trace(result: Result) -> None:
    """No frame of ours reaches a person, and a resource's failure is one line.

    After a failed step the CLI prints a trace of its own language host, under the stack's name.
    """
    stack = re.search(r"^  pulumi:pulumi:Stack \((\S+)\):", result.output, re.MULTILINE)
    for name, said in result.diagnostics().items():
        if stack is None or name != stack[1]:
            errors = re.findall(r"^error: ", said, re.MULTILINE)
            assert len(errors) <= 1, result.output
            assert re.fullmatch(rf"({_LINE}.+\n)+", said), result.output
    lines = result.output.splitlines()
    frames = [line for line in lines if 'File "' in line or "Traceback" in line]
    assert not any("pulumi_esa_prefetch" in line for line in frames), result.output
    if "pulumi-language-python-exec" not in result.output:
        assert frames == [], result.output
