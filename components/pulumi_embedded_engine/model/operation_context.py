"""All that one operation is given: whose stack, which program, which configuration, which state; holds no behaviour."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pulumi_embedded_engine.model.state_records import Snapshot

ORGANIZATION = "organization"

OperationKind = Literal["up", "refresh", "destroy"]


@dataclass(frozen=True, slots=True)
class ConfigValue:
    """One configuration value as programs and providers see it: text, and whether it is a secret.

    `hidden` are the secret texts that stand in it: of a map or list only some leaves may be secret.
    """

    text: str
    secret: bool = False
    hidden: tuple[str, ...] = field(default=(), compare=False)

    def __repr__(self) -> str:
        """Never a secret's text."""
        return "ConfigValue([secret])" if self.secret else f"ConfigValue({self.text!r})"


@dataclass(frozen=True, slots=True)
class Project:
    """A Pulumi.yaml: `root` is its directory, `main` the program's, absolute; `options` are the runtime's."""

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
    required_version: str = ""


@dataclass(frozen=True, slots=True)
class OperationContext:
    """What a run needs of the world: `config` has plain texts, `stack_outputs` looks up another stack's outputs.

    `interpreter` is the Python that runs program and dynamic providers; `environ` is what their processes inherit.
    """

    project: Project
    stack: str
    config: Mapping[str, ConfigValue]
    base: Snapshot
    interpreter: Path
    environ: Mapping[str, str] = field(repr=False)  # keys, passphrase
    stack_outputs: Callable[[str], Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class OperationRequest:
    """One operation as its user asked for it; every field is a flag of the CLI.

    `replace` and `targets` are URNs or globs, `excluded` the URNs that a destroy leaves; `refresh` runs a refresh phase
    first; `parallel` is the number of steps at once.
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


@dataclass(frozen=True, slots=True)
class OperationResult:
    """How an operation ended: `changes` counts logical steps by op, `failed` says that an error ended it."""

    failed: bool
    cancelled: bool
    changes: Mapping[str, int]
    errored: int = 0
