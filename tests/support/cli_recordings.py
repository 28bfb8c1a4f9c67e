"""Recorded runs of the pulumi CLI, replayed with any engine, and their results in comparable form.

A recording is a list of commands on one stack, each with its program and with a control file for the recording
provider (`tests/golden/conformance/goldprov.py`). Compared are the exit code, the provider's calls (as a multiset:
independent resources have no order) and the state (without times, positions and generated ids; secrets decrypted).
"""

import json
import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

from pulumi_embedded_engine.model.property_values import SIGNATURE
from pulumi_embedded_engine.state.passphrase_secrets import PassphraseSecrets
from tests.support.new_stacks import make_stack

GOLDEN: Final = Path(__file__).parents[1] / "golden" / "conformance"
PASSPHRASE: Final = "x"
SECONDS: Final = 180

EMBEDDED: Final = (
    sys.executable,
    "-c",
    "import sys; from pulumi_esa_cli.main import main; sys.exit(main())",
)
CLI: Final = ("pulumi",)

# What a replay cannot do (a kill at a given time, a second project or module), or what differs on purpose (24).
NOT_REPLAYED: Final = frozenset(
    {
        "20_pending_operations",
        "21_interrupt",
        "24_import_option",
        "27_stack_reference",
        "30_checkpoint_sequence",
        "31_lock_and_history",
        "32_parallel_default",
        "35_provider_moved",
        "37_refresh_run_program",  # not supported by the engine
    }
)

# Not supported by the engine (docs/engine.md): `up --json`, `--exclude`; each is the last step of its recording
STEPS_LEFT_TO_CLI: Final = {"02_update": 7, "22_target": 12}

_NO_COMPARISON: Final = frozenset(
    {"sourcePosition", "stackTrace", "created", "modified"}
)
_ORDERLESS: Final = ("propertyDependencies", "aliases", "dependencies")
_PROVIDER_ID: Final = re.compile(r"(pulumi:providers:[a-z-]+::[a-z]+)::[0-9a-f-]{36}")


@cache
def recordings() -> dict[str, dict[str, Any]]:
    """All recordings that can be replayed, by name."""
    loaded: dict[str, dict[str, Any]] = json.loads((GOLDEN / "golden.json").read_text())
    return {
        name: scenario for name, scenario in loaded.items() if name not in NOT_REPLAYED
    }


@dataclass(frozen=True)
class CommandProject:
    """A project with a stack `dev`, on which commands are run as processes."""

    root: Path

    @classmethod
    def make(cls, root: Path) -> "CommandProject":
        """A new project in an empty directory."""
        for name in ("project", "home", "state"):
            (root / name).mkdir()
        environment = Path(sys.executable).parent.parent
        (root / "project/Pulumi.yaml").write_text(
            f"name: proj\nruntime:\n  name: python\n  options:\n    virtualenv: {environment}\n"
        )
        shutil.copy(GOLDEN / "goldprov.py", root / "project")
        project = cls(root)
        project.program("")
        return project

    def init(self, engine: Sequence[str]) -> None:
        """Create the stack with an engine."""

        def init() -> None:
            done = self.run(engine, "stack", "init", "dev", "--non-interactive")
            assert done.returncode == 0, done.stdout + done.stderr

        make_stack(tuple(engine), self.root, Path("project/Pulumi.dev.yaml"), init)

    def program(self, text: str) -> None:
        """Write the program."""
        (self.root / "project/__main__.py").write_text(text)

    def run(
        self, engine: Sequence[str], *arguments: str
    ) -> subprocess.CompletedProcess[str]:
        """Run one command of an engine."""
        return subprocess.run(
            [*engine, *arguments],
            cwd=self.root / "project",
            env=self.environ(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def start(
        self, engine: Sequence[str], *arguments: str, **options: Any
    ) -> subprocess.Popen[str]:
        """Start one command of an engine; options in capitals are environment variables."""
        variables = {key: options.pop(key) for key in list(options) if key.isupper()}
        environ = self.environ() | variables
        return subprocess.Popen(
            [*engine, *arguments], cwd=self.root / "project", env=environ, **options
        )

    def configure(self, engine: Sequence[str], rows: Sequence[Sequence[Any]]) -> None:
        """Set the stack's configuration: rows of key, value, and whether it is a secret."""
        for key, value, *secret in rows:
            kind = "--secret" if secret and secret[0] else "--plaintext"
            self.run(
                engine,
                "config",
                "set",
                key,
                value,
                kind,
                "--stack",
                "dev",
                "--non-interactive",
            )

    def calls(self) -> Counter[str]:
        """The provider's calls since the log was last removed."""
        log = self.root / "log"
        rows = (
            [json.loads(line) for line in log.read_text().splitlines()]
            if log.exists()
            else []
        )
        return comparable_calls(rows)

    def state(self) -> dict[str, Any]:
        """The stack's state, in comparable form."""
        checkpoint = json.loads(
            (self.root / "state/.pulumi/stacks/proj/dev.json").read_text()
        )
        return comparable_state(checkpoint["checkpoint"].get("latest") or {})

    def environ(self) -> dict[str, str]:
        """The environment of a command."""
        kept = {
            key: value
            for key, value in os.environ.items()
            if not key.startswith(("PULUMI_", "PYTHONPATH"))
        }
        return kept | {
            "PULUMI_BACKEND_URL": f"file://{self.root}/state",
            "PULUMI_STACK": "dev",
            "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
            "PULUMI_SKIP_UPDATE_CHECK": "true",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_HOME": str(self.root / "home"),
            "GOLD_LOG": str(self.root / "log"),
            "GOLD_CTL": str(self.root / "ctl.json"),
        }


def replay(
    root: Path, name: str, engine: Sequence[str], other: Sequence[str] | None = None
) -> Iterator[str]:
    """Replay a recording; a second engine, if given, runs every second step. Returns the differences in words."""
    scenario = recordings()[name]
    project = CommandProject.make(root)
    project.init(engine)
    project.configure(engine, scenario.get("config", []))
    for number, step in enumerate(scenario["steps"], 1):
        if STEPS_LEFT_TO_CLI.get(name) == number:
            return
        project.program(step["program"])
        (root / "ctl.json").write_text(json.dumps(step["ctl"]))
        project.configure(engine, step.get("config", []))
        (root / "log").unlink(missing_ok=True)
        done = project.run(
            other if other and number % 2 == 0 else engine, *step["args"]
        )
        differences = list(_differences(project, step, done.returncode))
        if differences:
            yield from (
                f"step {number}, {step['title']}: {text}" for text in differences
            )
            yield f"it wrote: {done.stdout[-1500:]}{done.stderr[-1500:]}"
            return


def _differences(
    project: CommandProject, step: Mapping[str, Any], code: int
) -> Iterator[str]:
    if code != step["exit_code"]:
        yield f"exit code {code}, recorded {step['exit_code']}"
    got, wanted = project.calls(), comparable_calls(step["provider_calls"])
    if got != wanted and not step.get("calls_vary"):
        yield f"calls missing: {dict(wanted - got)}, too many: {dict(got - wanted)}"
    state, recorded = project.state(), canonical(**step["state_after"])
    if state != recorded and not step.get("state_varies"):
        yield f"state {json.dumps(state)}, recorded {json.dumps(recorded)}"


def comparable_calls(rows: Sequence[Mapping[str, Any]]) -> Counter[str]:
    """The provider's calls as a multiset; how often it is configured does not matter."""
    return Counter(
        json.dumps(_plain(row), sort_keys=True)
        for row in rows
        if row["method"] != "configure"
    )


def comparable_state(deployment: Mapping[str, Any]) -> dict[str, Any]:
    """A state with its secrets decrypted, in one order."""
    salt = (deployment.get("secrets_providers") or {}).get("state", {}).get("salt")
    secrets = PassphraseSecrets(salt, lambda: PASSPHRASE) if salt else None
    resources = [
        _opened(resource, secrets) for resource in deployment.get("resources") or []
    ]
    return canonical(resources, deployment.get("pending_operations") or [])


def canonical(
    resources: Sequence[Any], pending_operations: Sequence[Any]
) -> dict[str, Any]:
    """Records and pending operations in one order, without what differs between any two runs."""
    rows = [_comparable(resource) for resource in resources]
    pending = [
        {"type": o["type"], "urn": o.get("urn") or o["resource"]["urn"]}
        for o in pending_operations
    ]
    return {
        "resources": sorted(
            rows,
            key=lambda row: json.dumps(
                [row["urn"], row.get("delete", False), row], sort_keys=True
            ),
        ),
        "pending_operations": sorted(pending, key=json.dumps),
    }


def _comparable(resource: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in resource.items() if key not in _NO_COMPARISON}
    row: dict[str, Any] = json.loads(_PROVIDER_ID.sub(r"\1::<UUID>", json.dumps(kept)))
    if row["type"].startswith("pulumi:providers:"):
        # The stack's configuration may be recorded here or not: the CLI accepts both.
        row = {
            key: value for key, value in row.items() if key not in {"inputs", "outputs"}
        } | {"id": "<UUID>"}
    for name in _ORDERLESS:
        value = _without_order(row.pop(name, None))
        if value:
            row[name] = value
    return row


def _without_order(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: sorted(item) for key, item in value.items() if item}
    return sorted(value or [])


def _opened(value: Any, secrets: PassphraseSecrets | None) -> Any:
    if isinstance(value, list):
        return [_opened(item, secrets) for item in value]
    if not isinstance(value, dict):
        return value
    if SIGNATURE in value and "ciphertext" in value:
        assert secrets is not None, "a secret in a state without a secrets provider"
        return {"<secret>": json.loads(secrets.decrypt(value["ciphertext"]))}
    return {key: _opened(item, secrets) for key, item in value.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if not isinstance(value, dict):
        return value
    return (
        {"<Unknown>": True}
        if "<Unknown>" in value
        else {key: _plain(item) for key, item in value.items()}
    )
