"""Administration of a stack: creates, imports and removes it, and clears its locks; deploys nothing."""

import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pulumi_embedded_engine.clock import Clock, SystemClock
from pulumi_embedded_engine.config import stack_config_file
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.golang.go_json import parse_object
from pulumi_embedded_engine.model.operation_context import Project
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.model.urns import ROOT_STACK_TYPE
from pulumi_embedded_engine.stacks.locked_update import (
    apply_leftover_journal,
    checkpoint_bytes,
    lock_stack,
)
from pulumi_embedded_engine.stacks.stack import Stack
from pulumi_embedded_engine.state import checkpoint, locks
from pulumi_embedded_engine.state.checkpoint import Deployment
from pulumi_embedded_engine.state.file_backend import FileBackend, StackFiles
from pulumi_embedded_engine.state.integrity import IntegrityError
from pulumi_embedded_engine.state.journal_file import read_journal
from pulumi_embedded_engine.state.journal_recovery import (
    checkpoint_digest,
    is_applied,
    missing_objects,
)
from pulumi_embedded_engine.state.locks import Lock


def create(
    project: Project,
    backend: FileBackend,
    reference: str,
    environ: Mapping[str, str],
    clock: Clock | None = None,
    ask: Callable[[str], str] | None = None,
) -> Stack:
    """Create a stack; `ask` as in `open_stack`.

    Raises EngineError if the stack exists, its name is not valid, or the passphrase is missing or wrong.
    """
    files = backend.stack(reference, project)
    if files.project != project.name:
        raise EngineError(
            f"could not create stack: the project {files.project!r} of its name is not that of "
            f"Pulumi.yaml, {project.name!r}"
        )
    if files.checkpoint.exists():
        raise EngineError(f"stack '{files.qualified}' already exists")
    stack = Stack(project, backend, files, environ, clock or SystemClock(), ask=ask)
    _refuse_orphan(files)
    secrets = stack.config_secrets()
    with lock_stack(files, stack.clock):
        empty = checkpoint.deployment_of(
            Snapshot(),
            salt=secrets.salt,
            encrypt=secrets.encrypt,
            now=stack.clock.now(),
        )
        # twice, so that `.bak` exists from the start, as with the CLI
        _write_checkpoint(files, empty)
        _write_checkpoint(files, empty)
    return stack


def _refuse_orphan(files: StackFiles) -> None:
    """Raise EngineError, once, if a former stack of that name left the journal of a run; the journal is set aside."""
    journal = read_journal(files.journal)
    if journal is None or not journal.entries:
        return
    aside = _move_aside(files, str(journal.header.started))
    objects = "".join(f"\n  {line}" for line in journal.created_objects())
    raise EngineError(
        f"a run on a stack {files.name}, whose state no longer exists, left a journal, which was set aside as {aside}; "
        f"run this again to create the stack. The journal names these objects:{objects}"
    )


def _write_checkpoint(files: StackFiles, deployment: Deployment) -> None:
    try:
        files.write_checkpoint(checkpoint_bytes(deployment, files.qualified))
    except OSError as error:
        raise EngineError(
            f"the state of {files.name} cannot be written: {error}"
        ) from None


def import_state(stack: Stack, content: bytes, *, force: bool) -> Sequence[str]:
    """Replace the state of a stack by an exported deployment; gives warnings.

    Raises EngineError if it cannot be read. Without `force`, also if it is not valid or belongs to another stack.
    """
    outer = parse_object(content, "the file")
    body = outer.get("deployment", "")
    # the CLI exports null for a stack that never had a state
    body = {} if body is None else body
    deployment = checkpoint.checked_deployment(
        outer.get("version"), outer.get("features"), body
    )
    secrets = stack.secrets_of_salt(deployment.salt)
    snapshot = checkpoint.snapshot_of(deployment, secrets.decrypt)
    faults = _problems(stack.name, deployment, snapshot)
    if faults and not force:
        raise EngineError(
            f"{'; '.join(faults)}; importing this file could be dangerous: rerun with --force to "
            "proceed anyway"
        )
    dropped = [
        f"removing pending operation '{operation.type}' on '{operation.resource.urn}'"
        for operation in snapshot.pending_operations
    ]
    # encoded again, as the CLI does: with the present version and the features that its records use
    kept = replace(snapshot, pending_operations=())
    written = checkpoint.deployment_of(
        kept, salt=deployment.salt, encrypt=secrets.encrypt, now=stack.clock.now()
    )
    manifest = deployment.body.get("manifest") or checkpoint.NO_MANIFEST
    body = {**written.body, "manifest": manifest}
    with lock_stack(stack.files, stack.clock):
        _write_checkpoint(stack.files, replace(written, body=body))
    return [*faults, *dropped]


def _problems(name: str, deployment: Deployment, snapshot: Snapshot) -> list[str]:
    faults = [
        f"resource '{record.urn}' is from a different stack than {name}"
        for record in snapshot.resources
        if not record.urn.startswith(f"urn:pulumi:{name}::")
    ]
    try:
        checkpoint.check_integrity(deployment, snapshot)
    except IntegrityError as fault:
        faults.append(f"state file contains errors: {fault}")
    return faults


def remove(
    stack: Stack, *, force: bool, preserve_config: bool, remove_backups: bool
) -> None:
    """Remove a stack with its history and configuration.

    Raises EngineError if it still has resources, unless `force` is given.
    """
    files = stack.files
    with lock_stack(files, stack.clock):
        records = stack.deployment().records
        alone = len(records) == 1 and records[0].get("type") == ROOT_STACK_TYPE
        if records and not alone and not force:
            raise EngineError(
                f"'{stack.name}' still has resources; removal rejected: run `esa-prefetch destroy` "
                "to delete them first, or `esa-prefetch stack rm --force` to leave them behind"
            )
        try:
            _remove_files(files, keep_backup=not remove_backups)
            if not preserve_config and _has_project(stack):
                path = stack_config_file.stack_file_path(stack.project, stack.name)
                path.unlink(missing_ok=True)
        except OSError as error:
            raise EngineError(f"'{stack.name}' cannot be removed: {error}") from None


def _has_project(stack: Stack) -> bool:
    """Whether the project file is here and belongs to the stack; only then Pulumi.<stack>.yaml is its configuration."""
    return stack.files.project == stack.project.name and stack.project.file.exists()


def _remove_files(files: StackFiles, *, keep_backup: bool) -> None:
    current = files.checkpoint
    backup = current.with_name(f"{current.name}.bak")
    current.with_name(f"{files.name}.pulumi-tags").unlink(missing_ok=True)
    for directory in (files.history, *([] if keep_backup else [files.backups])):
        if directory.exists():
            shutil.rmtree(directory)
    if keep_backup:
        current.replace(backup)
    else:
        current.unlink()
        backup.unlink(missing_ok=True)


@dataclass(frozen=True, slots=True)
class CancelResult:
    """What `cancel` did: how many locks it cleared, and whether it applied the journal of a killed run.

    A journal that cannot be applied was moved to `aside_file`; `reason` says why. `created_objects` are the objects
    that its entries name.
    """

    cleared_locks: int
    journal_applied: bool
    aside_file: Path | None = None
    reason: str = ""
    created_objects: Sequence[str] = ()


def cancel(stack: Stack) -> CancelResult:
    """Apply the journal that a killed run left to the state, then clear every lock.

    Raises EngineError if a run of this engine is alive on this host (it would not notice and go on), or if the journal
    cannot be applied.
    """
    files = stack.files
    found = locks.read_locks(files.locks)
    try:
        with locks.kernel_lock(files.locks):
            living = [lock for lock in found if lock.is_ours and not lock.is_abandoned]
            if living:
                raise _running_error(stack, living)
            # keep the CLI out until the journal is applied, even if somebody has removed the lock
            own = locks.write_lock(files.locks, stack.clock)
            aside, why, created = _set_aside_unusable(files)
            applied = apply_leftover_journal(files, stack.clock)
            for file in (*(lock.file for lock in found), own):
                locks.remove_lock(file)
            locks.remove_unfinished_locks(files.locks)
    except BlockingIOError:
        raise _running_error(stack, found) from None
    return CancelResult(len(found), applied, aside, why, created)


def _running_error(stack: Stack, found: Sequence[Lock]) -> EngineError:
    running = next((lock for lock in found if lock.is_ours), None)
    pid = f" (pid {running.pid})" if running else ""
    return EngineError(
        f"an update of '{stack.name}' is running on this host{pid}: end it first, with Ctrl-C"
    )


def _set_aside_unusable(files: StackFiles) -> tuple[Path | None, str, Sequence[str]]:
    # a journal that cannot be applied may name objects that exist
    try:
        journal = read_journal(files.journal)
    except EngineError as error:
        return _move_aside(files, "damaged"), str(error), ()
    if journal is None or not journal.entries:
        return None, "", ()
    content = files.read_checkpoint()
    if checkpoint_digest(content) == journal.header.base or is_applied(
        files, content, journal
    ):
        return None, "", ()
    why = f"the state of {files.name} was changed after the run that left this journal"
    aside = _move_aside(files, str(journal.header.started))
    return aside, why, missing_objects(content, journal)


def _move_aside(files: StackFiles, word: str) -> Path:
    aside = files.journal.with_name(f"{files.name}.{word}.aside")
    files.journal.replace(aside)
    return aside
