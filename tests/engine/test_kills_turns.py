"""Kill -9 during a run, then the other engine continues: no object is created twice, none is lost."""

import shutil
import signal
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from pulumi_embedded_engine.state import run_mark
from pulumi_embedded_engine.state.journal import (
    OperationFailed,
    OperationStarted,
    StepCompleted,
)
from pulumi_embedded_engine.state.journal_file import read_journal
from tests.engine.test_kills import SECONDS, until
from tests.support.cli_recordings import CLI, EMBEDDED, CommandProject
from tests.support.processes import descendants, kill, provider_host

COUNT = 8
FLAGS = ("--yes", "--skip-preview", "--non-interactive", "--stack", "dev")
needs_cli = pytest.mark.skipif(
    shutil.which("pulumi") is None, reason="the pulumi command is not on PATH"
)

# An object is a file with a unique name, so that one that was created twice is noticed. Each call is logged.
PROGRAM = """\
import os
import time
import uuid
from pathlib import Path

import pulumi
from pulumi.dynamic import CreateResult, DiffResult, ReadResult, Resource, ResourceProvider

WORLD = Path(os.environ["WORLD"])


def done(what):
    with (WORLD / "log").open("a") as log:
        log.write(what + "\\n")


class Files(ResourceProvider):
    def diff(self, id_, olds, news):
        changed = olds["version"] != news["version"]
        replaces = ["version"] if changed else []
        return DiffResult(changed, replaces, [], news["first"])

    def create(self, props):
        name = props["name"] + "." + uuid.uuid4().hex
        (WORLD / "objects" / name).touch()
        done("create " + name)
        time.sleep(0.05)
        return CreateResult(name, {**props, "file": name})

    def read(self, id_, props):
        return ReadResult(id_ if (WORLD / "objects" / id_).exists() else None, props)

    def delete(self, id_, props):
        (WORLD / "objects" / id_).unlink(missing_ok=True)
        done("delete " + id_)
        time.sleep(0.05)


class File(Resource):
    def __init__(self, name, other):
        props = {"name": name, "other": other, "version": VERSION, "first": FIRST, "file": None}
        super().__init__(Files(), name, props)


last = None
for number in range(COUNT):
    last = File(f"f{number}", last.file if last and number % 3 else "")
"""


class FileStack:
    """A stack whose objects are files."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root / "world"
        (self.root / "objects").mkdir(parents=True)
        monkeypatch.setenv("WORLD", str(self.root))
        self.project = CommandProject.make(root)
        self.checkpoint = root / "state/.pulumi/stacks/proj/dev.json"
        self.journal = root / "state/.pulumi/journals/proj/dev.jsonl"

    def program(self, version: int, *, first: bool) -> None:
        head = f"COUNT, VERSION, FIRST = {COUNT}, {version}, {first}\n"
        self.project.program(head + PROGRAM)

    def effects(self) -> int:
        log = self.root / "log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def objects(self) -> list[str]:
        return sorted(file.name for file in (self.root / "objects").iterdir())

    def recorded(self) -> list[str]:
        rows = self.project.state().get("resources", [])
        return sorted(
            row["id"] for row in rows if row["type"] == "pulumi-python:dynamic:Resource"
        )

    def interrupted(self) -> set[str]:
        """Names of objects whose operation has no known end: only a person can know what became of them."""
        journal = read_journal(self.journal)
        pending: dict[int, str] = {}
        for entry in journal.entries if journal else ():
            if isinstance(entry, OperationStarted):
                pending[entry.op] = entry.resource.urn.rpartition("::")[2]
            elif (
                isinstance(entry, StepCompleted | OperationFailed)
                and entry.op is not None
            ):
                pending.pop(entry.op, None)
        recorded = self.project.state().get("pending_operations", [])
        urns = [operation["urn"] for operation in recorded]
        return {*pending.values(), *(urn.rpartition("::")[2] for urn in urns)}

    def turn(self, engine: tuple[str, ...], *words: str, code: int = 0) -> str:
        ended = self.project.run(engine, *words)
        text = ended.stdout + ended.stderr
        assert (ended.returncode == 0) == (code == 0), text
        return text


def kill_during_run(
    file_stack: FileStack, engine: tuple[str, ...], victim: str, verb: str, effects: int
) -> None:
    """Start a run and kill the engine, or the provider's host, after so many effects."""
    before = file_stack.effects()
    process = file_stack.project.start(
        engine,
        verb,
        *FLAGS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(
        lambda: file_stack.effects() - before >= effects or process.poll() is not None,
    )
    if victim == "host":
        host = provider_host(process.pid)
        if host is not None:
            kill(host)
        process.wait(SECONDS)
        return
    if engine == EMBEDDED:
        process.send_signal(signal.SIGKILL)
        process.wait(SECONDS)
        until(lambda: not running_processes(file_stack))
        return
    started = list(descendants(process.pid))
    process.kill()
    process.wait(SECONDS)
    for pid in started:
        kill(pid)


def running_processes(file_stack: FileStack) -> list[str]:
    found = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    )
    return [
        line
        for line in found.stdout.splitlines()
        if str(file_stack.project.root) in line
    ]


OPERATIONS = ("create", "delete", "replace, old first", "replace, new first")


def prepare(file_stack: FileStack, operation: str, engine: tuple[str, ...]) -> str:
    """Bring the stack to where the operation begins; gives the verb that does it."""
    file_stack.program(1, first="old" in operation)
    file_stack.project.init(engine)
    if operation == "create":
        return "up"
    file_stack.turn(engine, "up", *FLAGS)
    if operation == "delete":
        return "destroy"
    file_stack.program(2, first="old" in operation)
    return "up"


def assert_as_declared(file_stack: FileStack, doubtful: set[str]) -> None:
    """Each object exists once and is recorded, except those whose operation was interrupted."""
    assert set(file_stack.recorded()) <= set(file_stack.objects())
    counted = Counter(name.partition(".")[0] for name in file_stack.recorded())
    assert counted == {f"f{number}": 1 for number in range(COUNT)}
    left = set(file_stack.objects()) - set(file_stack.recorded())
    assert {name.partition(".")[0] for name in left} <= doubtful


@pytest.mark.thorough
def test_after_a_kill_readers_name_the_remedy_and_the_next_run_recovers_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_stack = FileStack(tmp_path, monkeypatch)
    verb = prepare(file_stack, "create", EMBEDDED)
    kill_during_run(file_stack, EMBEDDED, "engine", verb, 6)
    doubtful = file_stack.interrupted()
    stack = ("--stack", "dev")

    for words in (
        ("stack", "ls"),
        ("stack", "export", *stack),
        ("stack", "output", *stack),
        ("stack", *stack),
        ("preview", "--non-interactive", *stack),
    ):
        said = file_stack.turn(EMBEDDED, *words)
        assert said.count("`esa-prefetch cancel` brings into the state") == 1
    exported = file_stack.turn(EMBEDDED, "stack", "export", *stack)
    assert run_mark.FEATURE not in exported

    assert "f0" not in doubtful
    assert "goes on from there" in file_stack.turn(EMBEDDED, "up", *FLAGS)
    assert_as_declared(file_stack, doubtful)
    assert "goes on from there" not in file_stack.turn(EMBEDDED, "up", *FLAGS)


@needs_cli
@pytest.mark.slow
@pytest.mark.parametrize("effects", [1, 3, 4, 6, 7])
@pytest.mark.parametrize("victim", ["engine", "host"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_after_a_kill_the_cli_continues_only_when_cancel_has_written_the_journal_to_the_state(
    operation: str,
    victim: str,
    effects: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file_stack = FileStack(tmp_path, monkeypatch)
    verb = prepare(file_stack, operation, EMBEDDED)

    kill_during_run(file_stack, EMBEDDED, victim, verb, effects)
    doubtful = file_stack.interrupted()
    if victim == "engine":
        assert file_stack.effects() > 0
        file_stack.turn(CLI, "up", *FLAGS, code=1)
        file_stack.turn(CLI, "cancel", "--yes", "--stack", "dev")
        before = file_stack.objects()
        for words in (
            ("up", *FLAGS),
            ("destroy", *FLAGS),
            ("preview", "--non-interactive"),
            ("stack", "export"),
        ):
            said = file_stack.turn(CLI, *words, code=1)
            assert "esa-prefetch cancel" in said
        assert file_stack.objects() == before
        file_stack.turn(EMBEDDED, "cancel", "--yes", "--stack", "dev")
    assert run_mark.FEATURE not in file_stack.checkpoint.read_text()

    file_stack.turn(CLI, verb, *FLAGS)

    if verb == "destroy":
        assert {name.partition(".")[0] for name in file_stack.objects()} <= doubtful
        return
    assert_as_declared(file_stack, doubtful)
    file_stack.turn(
        CLI, "preview", "--expect-no-changes", "--non-interactive", "--stack", "dev"
    )


@needs_cli
@pytest.mark.slow
@pytest.mark.parametrize("effects", [1, 4, 7])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_this_engine_continues_after_a_kill_of_the_cli(
    operation: str, effects: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file_stack = FileStack(tmp_path, monkeypatch)
    verb = prepare(file_stack, operation, CLI)

    kill_during_run(file_stack, CLI, "engine", verb, effects)
    doubtful = file_stack.interrupted()
    file_stack.turn(EMBEDDED, "up", *FLAGS, code=1)
    file_stack.turn(EMBEDDED, "cancel", "--yes", "--stack", "dev")
    file_stack.turn(EMBEDDED, verb, *FLAGS)

    if verb == "destroy":
        assert {name.partition(".")[0] for name in file_stack.objects()} <= doubtful
        return
    assert_as_declared(file_stack, doubtful)
