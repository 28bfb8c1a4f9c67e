"""The inputs of one operation: project, stack, configuration, state, options; contains no behaviour."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pulumi_embedded_engine.model.state_records import Snapshot

ORGANIZATION = "organization"

OperationKind = Literal["up", "refresh", "destroy"]


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """One configuration value as programs and providers see it: its text, and whether it is a secret.

    `hidden` are the secret texts inside it: in a map or list only some leaves may be secret.
    """

    text: str
    secret: bool = False
    hidden: tuple[str, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        """Never the text of a secret."""
        return "ConfigValue([secret])" if self.secret else f"ConfigValue({self.text!r})"


@dataclass(frozen=True, slots=True)
class Project:
    """A Pulumi.yaml: `root` is its directory, `main` the program's (absolute), `options` are the runtime's."""

    name: str
    root: Path
    file: Path
    main: Path
    runtime: str
    options: Mapping[str, Any] = field(default_factory=dict)
    stack_config_dir: Path | None = None
    config: Mapping[str, Any] = field(default_factory=dict)
    backend_url: str = ""
    plugins: Mapping[str, Any] = field(default_factory=dict)
    packages: Mapping[str, Any] = field(default_factory=dict)
    required_version: str = ""


@dataclass(frozen=True, slots=True)
class OperationContext:
    """The environment of a run: `config` has decrypted texts, `stack_outputs` returns another stack's outputs.

    `interpreter` is the Python for program and dynamic providers; `environ` is inherited by their processes.
    """

    project: Project
    stack: str
    config: Mapping[str, ConfigValue]
    base: Snapshot
    interpreter: Path
    environ: Mapping[str, str] = field(repr=False)  # contains keys and passphrase
    stack_outputs: Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """One operation as the user asked for it; every field is a flag of the CLI.

    `replace` and `targets` are URNs or globs, `excluded` the URNs that a destroy keeps; `refresh` runs a refresh phase
    first; `parallel` is the number of steps that run at once; `debug`: the program sends its debug messages.
    """

    kind: OperationKind
    dry_run: bool
    parallel: int
    targets: Sequence[str] = ()
    target_dependents: bool = False
    excluded: Sequence[str] = ()
    replace: Sequence[str] = ()
    refresh: bool = False
    continue_on_error: bool = False
    clear_pending_creates: bool = False
    debug: bool = False


@dataclass(frozen=True, slots=True)
class OperationResult:
    """How an operation ended: `changes` counts logical steps by op; `failed` if an error ended it."""

    failed: bool
    cancelled: bool
    changes: Mapping[str, int]
    errored: int = 0
