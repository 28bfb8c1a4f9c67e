"""The engine's parsers, each as a law over bytes; a law that is broken raises."""

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pulumi_embedded_engine.config import config_schema, workspace
from pulumi_embedded_engine.config.config_keys import parse_config_key
from pulumi_embedded_engine.config.project import read_project
from pulumi_embedded_engine.config.stack_config_file import (
    StackConfigFile,
    program_config,
    with_defaults,
)
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import Project
from pulumi_embedded_engine.state import checkpoint, locks
from pulumi_embedded_engine.state.file_backend import StackFiles
from pulumi_embedded_engine.state.journal_file import read_journal
from pulumi_embedded_engine.state.journal_recovery import (
    checkpoint_digest,
    recovered_deployment,
)
from pulumi_embedded_engine.state.passphrase_secrets import PassphraseSecrets
from tests.fuzz.sentences import assert_sentence
from tests.support.engine_stacks import PASSPHRASE, SALT

NOW = datetime(2026, 11, 11, tzinfo=UTC)
BASE = b'{"version":3,"checkpoint":{"latest":{}}}'
_PLACE = tempfile.TemporaryDirectory(prefix="esa-prefetch-fuzz-")
_ROOT = Path(_PLACE.name)
_PROJECT = Project("proj", _ROOT, _ROOT / "Pulumi.yaml", _ROOT, "python")


@contextmanager
def only_sentences() -> Iterator[None]:
    """Whatever is wrong ends in the engine's own error, which is one sentence."""
    try:
        yield
    except EngineError as error:
        assert_sentence(error)


def read_checkpoint(content: bytes) -> None:
    """A state file: with closed secrets, and with all of them opened."""
    with only_sentences():
        deployment = checkpoint.parse_checkpoint(content)
        with only_sentences():
            assert isinstance(deployment.salt, str)
        checkpoint.require_integrity(
            deployment, checkpoint.snapshot_of(deployment, lambda text: text)
        )
        closed = checkpoint.snapshot_of(deployment, None)
        again = checkpoint.deployment_of(closed, salt="", encrypt=None, now=NOW)
        back = checkpoint.snapshot_of(again, None)
        assert checkpoint.deployment_of(back, salt="", encrypt=None, now=NOW) == again


def read_journal_file(content: bytes) -> None:
    """What a killed run left, and the state that follows."""
    files = StackFiles(_ROOT, "proj", "dev")
    files.journal.parent.mkdir(parents=True, exist_ok=True)
    files.journal.write_bytes(content)
    with only_sentences():
        journal = read_journal(files.journal)
        if journal is not None:
            assert isinstance(journal.created_objects(), list)
            recovered_deployment(files, BASE, journal, NOW)


def read_project_file(content: bytes) -> None:
    """A Pulumi.yaml, and what a stack without values of its own has by it."""
    file = _ROOT / "Pulumi.yaml"
    file.write_bytes(content)
    with only_sentences():
        project = read_project(file)
        values = program_config(with_defaults(project, {}), lambda text: text)
        config_schema.check_config(project, "dev", values)


def read_stack_file(content: bytes) -> None:
    """A Pulumi.<stack>.yaml: its values, and a value more written into it."""
    file = _ROOT / "Pulumi.dev.yaml"
    file.write_bytes(content)
    with only_sentences():
        config = StackConfigFile(file, "proj")
        program_config(config.values, lambda text: text)
        assert isinstance(config.salt, str)
        wanted = {**config.values, "proj:new": "a: b"}
        config.save(wanted)
        assert StackConfigFile(file, "proj").values == wanted


def read_ciphertext(content: bytes) -> None:
    """A secret, and the proof of a passphrase in a salt."""
    text = content.decode("utf-8", "surrogateescape")
    with only_sentences():
        PassphraseSecrets(SALT, lambda: PASSPHRASE).decrypt(text)
    salt = SALT.rsplit(":", 3)[0]
    with only_sentences():
        PassphraseSecrets(f"{salt}:{text}", lambda: PASSPHRASE).check_passphrase()


def read_config_path(content: bytes) -> None:
    """A key of the command line: what is put there is found there."""
    text = content.decode("utf-8", "surrogateescape")
    for path in (True, False):
        with only_sentences():
            found = parse_config_key(text, "proj", path=path)
            values = found.with_value({"proj:a": {"b": [1]}}, "new")
            assert found.look_up(values) == ("new", True)
            found.without_value(values)


def read_workspace(content: bytes) -> None:
    """What is selected on this machine: unreadable is as good as nothing."""
    environ = {"PULUMI_HOME": str(_ROOT / "home")}
    _PROJECT.file.touch()  # without a project there is nothing to select in
    workspace.select_stack(_PROJECT, "file://x", environ, "dev")
    (file,) = (_ROOT / "home/workspaces").iterdir()
    file.write_bytes(content)
    assert isinstance(workspace.selected_stack(_PROJECT, "file://x", environ), str)
    workspace.select_stack(_PROJECT, "file://x", environ, "dev")
    assert workspace.selected_stack(_PROJECT, "file://x", environ) == "dev"


def read_lock(content: bytes) -> None:
    """Another's lock: a lock that cannot be read is one still."""
    directory = _ROOT / "locks"
    directory.mkdir(exist_ok=True)
    (directory / "a.json").write_bytes(content)
    (lock,) = locks.read_locks(directory)
    assert_sentence(EngineError(str(lock)))
    assert lock.is_stale in {True, False}


def journal_of(*lines: bytes) -> bytes:
    """A journal that goes on from the base, with these lines after its header."""
    header = b'{"header":{"base":"%s","salt":"","kind":"up"}}'
    return b"".join(
        line + b"\n" for line in (header % checkpoint_digest(BASE).encode(), *lines)
    )
