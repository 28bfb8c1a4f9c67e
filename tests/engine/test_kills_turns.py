"""Kill -9 in the midst of a run, and the other engine takes the next turn: nothing is made twice, nothing forgotten."""

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
from tests.engine.replaying import CLI, EMBEDDED, Playground
from tests.engine.test_kills import SECONDS, until
from tests.lifecycle.processes import descendants, kill, provider_host

COUNT = 8
FLAGS = ("--yes", "--skip-preview", "--non-interactive", "--stack", "dev")
needs_cli = pytest.mark.skipif(
    shutil.which("pulumi") is None, reason="the pulumi command is not on PATH"
)

# An object is a file of a name that no other has: one that is made twice is seen. What is done is written down.
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


class World:
    """A stack whose objects are files."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.root = root / "world"
        (self.root / "objects").mkdir(parents=True)
        monkeypatch.setenv("WORLD", str(self.root))
        self.ground = Playground.make(root)
        self.checkpoint = root / "state/.pulumi/stacks/proj/dev.json"
        self.journal = root / "state/.pulumi/journals/proj/dev.jsonl"

    def program(self, version: int, *, first: bool) -> None:
        head = f"COUNT, VERSION, FIRST = {COUNT}, {version}, {first}\n"
        self.ground.program(head + PROGRAM)

    def effects(self) -> int:
        log = self.root / "log"
        return len(log.read_text().splitlines()) if log.exists() else 0

    def objects(self) -> list[str]:
        return sorted(file.name for file in (self.root / "objects").iterdir())

    def recorded(self) -> list[str]:
        rows = self.ground.state().get("resources", [])
        return sorted(
            row["id"] for row in rows if row["type"] == "pulumi-python:dynamic:Resource"
        )

    def under_way(self) -> set[str]:
        """Names of objects whose operation nobody was told the end of: only a person can know what became of them."""
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
        recorded = self.ground.state().get("pending_operations", [])
        urns = [operation["urn"] for operation in recorded]
        return {*pending.values(), *(urn.rpartition("::")[2] for urn in urns)}

    def turn(self, engine: tuple[str, ...], *words: str, code: int = 0) -> str:
        ended = self.ground.run(engine, *words)
        text = ended.stdout + ended.stderr
        assert (ended.returncode == 0) == (code == 0), text
        return text


def strike(
    world: World, engine: tuple[str, ...], victim: str, verb: str, effects: int
) -> None:
    """Start a run and kill the engine, or the provider's host, after so many effects."""
    before = world.effects()
    process = world.ground.start(
        engine,
        verb,
        *FLAGS,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    until(
        lambda: world.effects() - before >= effects or process.poll() is not None,
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
        until(lambda: not left_behind(world))
        return
    started = list(descendants(process.pid))
    process.kill()
    process.wait(SECONDS)
    for pid in started:
        kill(pid)


def left_behind(world: World) -> list[str]:
    found = subprocess.run(
        ["ps", "-eo", "args"], capture_output=True, text=True, check=True
    )
    return [
        line for line in found.stdout.splitlines() if str(world.ground.root) in line
    ]


OPERATIONS = ("create", "delete", "replace, old first", "replace, new first")


def prepare(world: World, operation: str, engine: tuple[str, ...]) -> str:
    """Bring the stack to where the operation begins; gives the verb that does it."""
    world.program(1, first="old" in operation)
    world.ground.init(engine)
    if operation == "create":
        return "up"
    world.turn(engine, "up", *FLAGS)
    if operation == "delete":
        return "destroy"
    world.program(2, first="old" in operation)
    return "up"


def assert_as_declared(world: World, doubtful: set[str]) -> None:
    """Each object is there once and recorded, but for those that were under way, which may be left over."""
    assert set(world.recorded()) <= set(world.objects())
    counted = Counter(name.partition(".")[0] for name in world.recorded())
    assert counted == {f"f{number}": 1 for number in range(COUNT)}
    left = set(world.objects()) - set(world.recorded())
    assert {name.partition(".")[0] for name in left} <= doubtful


def test_after_a_kill_readers_name_the_remedy_and_the_next_run_goes_on_and_says_so_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, monkeypatch)
    verb = prepare(world, "create", EMBEDDED)
    strike(world, EMBEDDED, "engine", verb, 6)
    doubtful = world.under_way()
    stack = ("--stack", "dev")

    for words in (
        ("stack", "ls"),
        ("stack", "export", *stack),
        ("stack", "output", *stack),
        ("stack", *stack),
        ("preview", "--non-interactive", *stack),
    ):
        said = world.turn(EMBEDDED, *words)
        assert said.count("`esa-prefetch cancel` brings into the state") == 1
    exported = world.turn(EMBEDDED, "stack", "export", *stack)
    assert run_mark.FEATURE not in exported

    assert "f0" not in doubtful
    assert "goes on from there" in world.turn(EMBEDDED, "up", *FLAGS)
    assert_as_declared(world, doubtful)
    assert "goes on from there" not in world.turn(EMBEDDED, "up", *FLAGS)


@needs_cli
@pytest.mark.slow
@pytest.mark.parametrize("effects", [1, 3, 4, 6, 7])
@pytest.mark.parametrize("victim", ["engine", "host"])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_cli_goes_on_after_a_kill_only_once_cancel_has_folded_what_was_done(
    operation: str,
    victim: str,
    effects: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    world = World(tmp_path, monkeypatch)
    verb = prepare(world, operation, EMBEDDED)

    strike(world, EMBEDDED, victim, verb, effects)
    doubtful = world.under_way()
    if victim == "engine":
        assert world.effects() > 0
        world.turn(CLI, "up", *FLAGS, code=1)
        world.turn(CLI, "cancel", "--yes", "--stack", "dev")
        before = world.objects()
        for words in (
            ("up", *FLAGS),
            ("destroy", *FLAGS),
            ("preview", "--non-interactive"),
            ("stack", "export"),
        ):
            said = world.turn(CLI, *words, code=1)
            assert "esa-prefetch cancel" in said
        assert world.objects() == before
        world.turn(EMBEDDED, "cancel", "--yes", "--stack", "dev")
    assert run_mark.FEATURE not in world.checkpoint.read_text()

    world.turn(CLI, verb, *FLAGS)

    if verb == "destroy":
        assert {name.partition(".")[0] for name in world.objects()} <= doubtful
        return
    assert_as_declared(world, doubtful)
    world.turn(
        CLI, "preview", "--expect-no-changes", "--non-interactive", "--stack", "dev"
    )


@needs_cli
@pytest.mark.slow
@pytest.mark.parametrize("effects", [1, 4, 7])
@pytest.mark.parametrize("operation", OPERATIONS)
def test_this_engine_goes_on_after_a_kill_of_the_cli(
    operation: str, effects: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    world = World(tmp_path, monkeypatch)
    verb = prepare(world, operation, CLI)

    strike(world, CLI, "engine", verb, effects)
    doubtful = world.under_way()
    world.turn(EMBEDDED, "up", *FLAGS, code=1)
    world.turn(EMBEDDED, "cancel", "--yes", "--stack", "dev")
    world.turn(EMBEDDED, verb, *FLAGS)

    if verb == "destroy":
        assert {name.partition(".")[0] for name in world.objects()} <= doubtful
        return
    assert_as_declared(world, doubtful)
