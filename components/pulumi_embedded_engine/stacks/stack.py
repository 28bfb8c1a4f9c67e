"""A stack with its configuration, its state and its runs: what every command uses to reach them.

The stack is the one named, or else PULUMI_STACK, or else the selected one. The backend is PULUMI_BACKEND_URL, or else
the one in Pulumi.yaml, or else that of a former `pulumi login`.
"""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Final

from pulumi_embedded_engine.clock import Clock, SystemClock
from pulumi_embedded_engine.config import config_schema, stack_config_file, workspace
from pulumi_embedded_engine.config.config_values import unparse
from pulumi_embedded_engine.config.stack_config_file import StackConfigFile
from pulumi_embedded_engine.errors import FAILED, NO_LOGIN, NO_STACK, EngineError
from pulumi_embedded_engine.model.operation_context import (
    ConfigValue,
    OperationContext,
    OperationKind,
    Project,
)
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.model.urns import ROOT_STACK_TYPE, is_provider_type
from pulumi_embedded_engine.processes.environment import is_set
from pulumi_embedded_engine.stacks.locked_update import (
    StackUpdate,
    UpdateSecrets,
    journalled_update,
    lock_stack,
)
from pulumi_embedded_engine.state import checkpoint
from pulumi_embedded_engine.state.checkpoint import Deployment
from pulumi_embedded_engine.state.file_backend import FileBackend, StackFiles
from pulumi_embedded_engine.state.journal_file import JournalHeader
from pulumi_embedded_engine.state.journal_recovery import (
    checkpoint_digest,
    is_interrupted,
)
from pulumi_embedded_engine.state.passphrase_secrets import (
    PassphraseSecrets,
    find_passphrase,
)

# the second one is its former name
_NO_BACKUPS: Final = (
    "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS",
    "PULUMI_DISABLE_CHECKPOINT_BACKUPS",
)


def open_backend(project: Project | None, environ: Mapping[str, str]) -> FileBackend:
    """The backend that the environment, the project or a former `pulumi login` names.

    Raises EngineError if none is named, or it is not a file backend.
    """
    url = (
        environ.get("PULUMI_BACKEND_URL")
        or (project.backend_url if project else "")
        or workspace.login_url(environ)
    )
    if not url:
        raise EngineError(
            "no backend is named: set PULUMI_BACKEND_URL to file://<directory>, or "
            "'backend: {url: ...}' in Pulumi.yaml",
            NO_LOGIN,
        )
    bare = any(is_set(environ, name) for name in _NO_BACKUPS)
    return FileBackend(url, backed_up=not bare)


def open_stack(
    project: Project,
    name: str | None,
    environ: Mapping[str, str],
    clock: Clock | None = None,
    *,
    config_file: Path | None = None,
    ask: Callable[[str], str] | None = None,
) -> "Stack":
    """The stack of that name, or the default one; raises EngineError (exit code 6) if there is no such stack.

    `config_file` is used instead of Pulumi.<stack>.yaml. `ask` gives the passphrase for a salt ("" means a new
    passphrase) if the environment has none.
    """
    backend = open_backend(project, environ)
    chosen = name or default_stack(project, backend, environ)
    if not chosen:
        raise EngineError(
            "no stack selected; please use `esa-prefetch stack select` or "
            "`esa-prefetch stack init` to choose one"
        )
    files = backend.stack(chosen, project)
    if not files.checkpoint.exists():
        # the CLI has different exit codes for a wrong name and for a selected stack that was removed
        code = NO_STACK if name else FAILED
        why = "" if name else _why_default(environ)
        raise EngineError(f"no stack named '{chosen}' found{why}", code)
    made = Stack(project, backend, files, environ, clock or SystemClock())
    return replace(made, config_file=config_file, ask=ask)


def read_deployment(files: StackFiles) -> Deployment:
    """The state of a stack as JSON; EngineError if it cannot be read, with the files to go back to."""
    return _deployment_in(files, files.read_checkpoint())


def _deployment_in(files: StackFiles, content: bytes) -> Deployment:
    try:
        return checkpoint.parse_checkpoint(content)
    except checkpoint.DamagedCheckpoint as error:
        file = files.checkpoint
        raise EngineError(f"{file} is damaged: {error}; {_way_back(files)}") from None


def _way_back(files: StackFiles) -> str:
    """What to do about a damaged checkpoint, with what there is."""
    file = files.checkpoint
    former = file.with_name(f"{file.name}.bak")
    copies = [
        *([f"{former} (the state before the last change)"] if former.exists() else []),
        *([f"a file in {files.backups}"] if files.backups.is_dir() else []),
    ]
    if not copies:
        return "there is no copy of it: put one back, or move it away"
    return f"copy {' or '.join(copies)} over it, then run refresh"


def _why_default(environ: Mapping[str, str]) -> str:
    """Where the name comes from that nobody gave on the command line."""
    if environ.get("PULUMI_STACK"):
        return ": PULUMI_STACK names it"
    return ": it is the selected one, and `esa-prefetch stack select` selects another"


def default_stack(
    project: Project, backend: FileBackend, environ: Mapping[str, str]
) -> str:
    """The name of the stack that a command uses if none is named, or ""."""
    return environ.get("PULUMI_STACK") or workspace.selected_stack(
        project, backend.url, environ
    )


@dataclass(frozen=True)
class Stack:
    """A stack that exists."""

    project: Project
    backend: FileBackend
    files: StackFiles
    environ: Mapping[str, str] = field(repr=False)  # keys, passphrase
    clock: Clock
    config_file: Path | None = None
    ask: Callable[[str], str] | None = None

    @property
    def name(self) -> str:
        """Its name, without project and organization."""
        return self.files.name

    def config_document(self) -> StackConfigFile:
        """Its configuration file, read; raises EngineError if it cannot be read."""
        path = self.config_file or stack_config_file.stack_file_path(
            self.project, self.name
        )
        return StackConfigFile(path, self.project.name)

    def secrets_manager(self, file: StackConfigFile | None = None) -> PassphraseSecrets:
        """The secrets of its configuration file, for a run; as `config_secrets`, with the CLI's error message."""
        try:
            return self.config_secrets(file)
        except EngineError as error:
            raise EngineError(
                f"getting stack configuration: get stack secrets manager: {error}"
            ) from None

    def config_secrets(self, file: StackConfigFile | None = None) -> PassphraseSecrets:
        """The secrets of its configuration file, which gets a salt if it has none.

        Raises EngineError if the passphrase is missing or wrong.
        """
        found = file or self.config_document()
        if found.salt:
            secrets = self.secrets_of_salt(found.salt)
            secrets.check_passphrase()
            return secrets
        secrets = PassphraseSecrets.new(self._passphrase(""))
        found.save_salt(secrets.salt)
        return secrets

    def secrets_of_salt(self, salt: str) -> PassphraseSecrets:
        """The secrets with this salt; the passphrase is needed only when one is encrypted or decrypted."""
        return PassphraseSecrets(salt, lambda: self._passphrase(salt))

    def _passphrase(self, salt: str) -> str:
        ask = self.ask
        return find_passphrase(self.environ, ask and (lambda: ask(salt)))

    def config(self, *, valid: bool = True) -> dict[str, ConfigValue]:
        """Its configuration with the project's defaults, as programs see it, sorted by key.

        Raises EngineError as `secrets_manager`. With `valid`, also if it does not have what Pulumi.yaml requires.
        """
        file = self.config_document()
        values = stack_config_file.with_defaults(self.project, file.values)
        found = stack_config_file.program_config(
            values, self.secrets_manager(file).decrypt
        )
        if valid:
            config_schema.check_config(self.project, self.name, found)
        return found

    def read_config(
        self, decrypt: Callable[[str], str] | None = None
    ) -> dict[str, ConfigValue]:
        """The same for a command that only reads: no salt is written, and only a secret needs the passphrase.

        `decrypt`: used instead of the passphrase. Raises EngineError if a secret cannot be read.
        """
        file = self.config_document()
        values = stack_config_file.with_defaults(self.project, file.values)
        decrypt = decrypt or self.secrets_of_salt(file.salt).decrypt
        return stack_config_file.program_config(values, decrypt)

    def deployment(self) -> Deployment:
        """Its state as JSON, secrets encrypted. During a run, and after a killed run, it is the state before that run.

        Raises EngineError if it cannot be read.
        """
        return read_deployment(self.files)

    @property
    def is_interrupted(self) -> bool:
        """Whether a killed run left changes that are not in the state; raises EngineError if that cannot be read."""
        return is_interrupted(self.files)

    def recover(self) -> None:
        """Apply the journal of a killed run to the state; raises EngineError if others hold the stack."""
        with lock_stack(self.files, self.clock):
            pass

    def snapshot(self) -> Snapshot:
        """Its state; raises EngineError if it cannot be read or decrypted, or is not valid."""
        return self._verified_snapshot(self.deployment())

    def _verified_snapshot(self, deployment: Deployment) -> Snapshot:
        secrets = self.secrets_of_salt(deployment.salt)
        snapshot = checkpoint.snapshot_of(deployment, secrets.decrypt)
        checkpoint.require_integrity(deployment, snapshot)
        return snapshot

    def context(
        self, interpreter: Path, base: Snapshot | None = None, *, valid: bool = True
    ) -> OperationContext:
        """The context of a run; `base` is the state it starts from, by default the present one.

        `valid` as in `config`.
        """
        start = self.snapshot() if base is None else base
        _refuse_without_provider(start)
        return OperationContext(
            project=self.project,
            stack=self.name,
            config=self.config(valid=valid),
            base=start,
            interpreter=interpreter,
            environ=self.environ,
            stack_outputs=self.outputs_of,
        )

    def outputs_of(self, reference: str) -> Mapping[str, Any]:
        """The outputs of a stack in the same backend; raises EngineError if there is no such stack."""
        files = self.backend.stack(reference, self.project)
        if not files.checkpoint.exists():
            raise EngineError(f"no stack named '{reference}' found", NO_STACK)
        return root_outputs(replace(self, files=files).snapshot())

    @contextmanager
    def update(self, kind: OperationKind, message: str = "") -> Iterator[StackUpdate]:
        """A run that may change the state.

        Raises EngineError if others hold the stack, or its state cannot be read or written.
        """
        started = int(self.clock.now().timestamp())
        file = self.config_document()
        secrets = self.secrets_manager(file)
        with lock_stack(self.files, self.clock):
            content = self.files.read_checkpoint()
            deployment = _deployment_in(self.files, content)
            base = self._verified_snapshot(deployment)
            salt = deployment.salt or secrets.salt
            header = JournalHeader(
                base=checkpoint_digest(content),
                salt=salt,
                kind=kind,
                message=message,
                started=started,
                config={key: unparse(value) for key, value in file.values.items()},
                marks=True,
            )
            update_secrets = UpdateSecrets(
                journal=self.secrets_of_salt(salt), state=secrets
            )
            with journalled_update(
                self.files, base, header, update_secrets, self.clock
            ) as update:
                yield update


def _refuse_without_provider(snapshot: Snapshot) -> None:
    for record in snapshot.resources:
        if record.custom and not record.provider and not is_provider_type(record.type):
            raise EngineError(
                f"the state names no provider for '{record.urn}', as states before Pulumi 0.17 do: "
                "`pulumi up` of the pulumi CLI gives it one"
            )


def root_outputs(snapshot: Snapshot) -> Mapping[str, object]:
    """The outputs of a stack; secrets are `Secret` values."""
    for record in snapshot.resources:
        if record.type == ROOT_STACK_TYPE and not record.parent:
            return record.outputs
    return {}
