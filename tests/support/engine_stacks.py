"""A stack in a directory of its own, for tests of the engine's state; knows nothing of programs."""

from pathlib import Path

from pulumi_embedded_engine.config.project import find_project
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.stacks.administration import create
from pulumi_embedded_engine.stacks.stack import Stack, open_backend, open_stack
from pulumi_embedded_engine.state.journal import (
    JournalEntry,
    OperationStarted,
    StepCompleted,
)

PASSPHRASE = "pw"
# written by the CLI 3.260 under that passphrase; a fixed one is derived once for all tests
SALT = "v1:yP+l2gZASa0=:v1:WUJKupBnzqLVREf+:1z1PMJDS4jSu1Dd2Yn3hMrg4A8aW5Q=="

ROOT = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"


def environ_of(directory: Path) -> dict[str, str]:
    return {
        "PULUMI_BACKEND_URL": f"file://{directory / 'state'}",
        "PULUMI_CONFIG_PASSPHRASE": PASSPHRASE,
        "PULUMI_HOME": str(directory / "home"),
    }


def project_in(directory: Path, text: str = "name: proj\nruntime: python\n") -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "Pulumi.yaml").write_text(text)
    (directory / "Pulumi.dev.yaml").write_text(f"encryptionsalt: {SALT}\n")
    (directory / "state").mkdir(exist_ok=True)
    return directory


def stack_in(directory: Path, text: str = "name: proj\nruntime: python\n") -> Stack:
    project = find_project(project_in(directory, text))
    environ = environ_of(directory)
    return create(project, open_backend(project, environ), "dev", environ)


def reopened(stack: Stack) -> Stack:
    return open_stack(stack.project, stack.name, stack.environ)


def root() -> Resource:
    return Resource(urn=ROOT, custom=False, type="pulumi:pulumi:Stack")


def thing(name: str, **fields: object) -> Resource:
    made = Resource(
        urn=f"urn:pulumi:dev::proj::a:b:Thing::{name}",
        custom=True,
        type="a:b:Thing",
        id=f"id-{name}",
        parent=ROOT,
    )
    return made.with_(**fields)


def creation(op: int, resource: Resource) -> list[JournalEntry]:
    return [
        OperationStarted(op, "creating", resource.with_(id="", outputs={})),
        StepCompleted(op, None, resource),
    ]
