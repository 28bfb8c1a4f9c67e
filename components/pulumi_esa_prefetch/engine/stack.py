"""One stack, opened: its configuration, its state, its runs; the door of the engine's state for all commands.

Which stack: the one named, else PULUMI_STACK, else the selected one. Which backend: PULUMI_BACKEND_URL, else
Pulumi.yaml.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.engine import checkpoint, stack_config, workspace
from pulumi_esa_prefetch.engine.backend import FileBackend, StackFiles
from pulumi_esa_prefetch.engine.checkpoint import Deployment
from pulumi_esa_prefetch.engine.config_values import unparse
from pulumi_esa_prefetch.engine.context import (
    ConfigValue,
    Context,
    Kind,
    Project,
    StackOutputs,
)
from pulumi_esa_prefetch.engine.errors import FAILED, NO_STACK, EngineError
from pulumi_esa_prefetch.engine.journal_file import Header, read_journal
from pulumi_esa_prefetch.engine.records import Snapshot
from pulumi_esa_prefetch.engine.recovery import digest, recovered
from pulumi_esa_prefetch.engine.references import ROOT_STACK
from pulumi_esa_prefetch.engine.secrets import PassphraseSecrets, passphrase
from pulumi_esa_prefetch.engine.stack_config import StackConfig
from pulumi_esa_prefetch.engine.update import Ciphers, Update, journalled, locked


def open_backend(project: Project | None, environ: Mapping[str, str]) -> FileBackend:
    """The backend that environment or project name; raises EngineError if neither does, or it is none of files."""
    url = environ.get("PULUMI_BACKEND_URL") or (project.backend_url if project else "")
    if not url:
        raise EngineError(
            "no backend is named: set PULUMI_BACKEND_URL to file://<directory>, or "
            "'backend: {url: ...}' in Pulumi.yaml"
        )
    return FileBackend(url)


def open_stack(
    project: Project,
    name: str | None,
    environ: Mapping[str, str],
    clock: Clock | None = None,
) -> "Stack":
    """The stack of that name, or the chosen one; raises EngineError (exit code 6) if there is no such stack."""
    backend = open_backend(project, environ)
    chosen = (
        name
        or environ.get("PULUMI_STACK")
        or workspace.selected(project, backend.url, environ)
    )
    if not chosen:
        raise EngineError(
            "no stack selected; please use `esa-prefetch stack select` or "
            "`esa-prefetch stack init` to choose one"
        )
    files = backend.stack(chosen, project)
    if not files.checkpoint.exists():
        # the CLI tells a wrong name from a choice that has gone
        code = NO_STACK if name else FAILED
        raise EngineError(f"no stack named '{chosen}' found", code)
    return Stack(project, backend, files, environ, clock or SystemClock())


@dataclass(frozen=True)
class Stack:
    """A stack that exists."""

    project: Project
    backend: FileBackend
    files: StackFiles
    environ: Mapping[str, str] = field(repr=False)  # keys, passphrase
    clock: Clock

    @property
    def name(self) -> str:
        """Its name, without project and organization."""
        return self.files.name

    def file(self) -> StackConfig:
        """Its configuration file; raises EngineError if it cannot be read."""
        path = stack_config.stack_file(self.project, self.name)
        return StackConfig(path, self.project.name)

    def secrets(self, file: StackConfig | None = None) -> PassphraseSecrets:
        """The secrets of its configuration file, for a run: as `sealing`, in the CLI's words."""
        try:
            return self.sealing(file)
        except EngineError as error:
            raise EngineError(
                f"getting stack configuration: get stack secrets manager: {error}"
            ) from None

    def sealing(self, file: StackConfig | None = None) -> PassphraseSecrets:
        """The secrets of its configuration file, which gets a salt if it has none.

        Raises EngineError if the passphrase is missing or wrong.
        """
        found = file or self.file()
        if found.salt:
            secrets = self.salted(found.salt)
            secrets.verify()
            return secrets
        secrets = PassphraseSecrets.new(passphrase(self.environ))
        found.save_salt(secrets.salt)
        return secrets

    def salted(self, salt: str) -> PassphraseSecrets:
        """The secrets under a salt, whose passphrase is looked at when one is sealed or opened."""
        return PassphraseSecrets(salt, lambda: passphrase(self.environ))

    def config(self) -> dict[str, ConfigValue]:
        """Its configuration with the project's defaults, as programs see it, sorted.

        EngineError as `secrets`, and for what is missing.
        """
        file = self.file()
        values = stack_config.merged(self.project, self.name, file.values)
        return stack_config.plain(values, self.secrets(file).decrypt)

    def deployment(self) -> Deployment:
        """Its state as JSON, secrets closed, a killed run's journal folded in.

        EngineError if it cannot be read.
        """
        content = self.files.read_checkpoint()
        journal = read_journal(self.files.journal)
        if journal is None:
            return checkpoint.parse(content)
        return recovered(self.files, content, journal, self.clock.now())

    def load(self) -> Snapshot:
        """Its state; raises EngineError if it cannot be read, opened, or is not valid."""
        return self._read(self.deployment())

    def secrets_of(self, deployment: Deployment) -> PassphraseSecrets:
        """The secrets of a state, whose passphrase is looked at when one is opened."""
        return self.salted(deployment.salt)

    def _read(self, deployment: Deployment) -> Snapshot:
        secrets = self.secrets_of(deployment)
        snapshot = checkpoint.read(deployment, secrets.decrypt)
        checkpoint.verify(deployment, snapshot)
        return snapshot

    def context(self, interpreter: Path, base: Snapshot | None = None) -> Context:
        """What a run needs to know; `base` is the state it starts from, by default the one that is there now."""
        return Context(
            project=self.project,
            stack=self.name,
            config=self.config(),
            base=self.load() if base is None else base,
            interpreter=interpreter,
            environ=self.environ,
            stack_outputs=self.outputs_of,
        )

    def outputs_of(self, reference: str) -> StackOutputs:
        """The outputs of a stack in the same backend; raises EngineError if there is no such stack."""
        files = self.backend.stack(reference, self.project)
        if not files.checkpoint.exists():
            raise EngineError(f"no stack named '{reference}' found", NO_STACK)
        other = Stack(self.project, self.backend, files, self.environ, self.clock)
        return StackOutputs(outputs(other.load()))

    @contextmanager
    def update(self, kind: Kind, message: str = "") -> Iterator[Update]:
        """A run that may change the state.

        EngineError if others hold the stack, or its state cannot be read or kept.
        """
        started = int(self.clock.now().timestamp())
        file = self.file()
        secrets = self.secrets(file)
        with locked(self.files, self.clock):
            content = self.files.read_checkpoint()
            deployment = checkpoint.parse(content)
            base = self._read(deployment)
            salt = deployment.salt or secrets.salt
            header = Header(
                base=digest(content),
                salt=salt,
                kind=kind,
                message=message,
                started=started,
                config={key: unparse(value) for key, value in file.values.items()},
            )
            ciphers = Ciphers(journal=self.salted(salt), state=secrets)
            with journalled(self.files, base, header, ciphers, self.clock) as update:
                yield update


def outputs(snapshot: Snapshot) -> Mapping[str, object]:
    """The outputs of a stack, secrets still wrapped."""
    for record in snapshot.resources:
        if record.type == ROOT_STACK and not record.parent:
            return record.outputs
    return {}
