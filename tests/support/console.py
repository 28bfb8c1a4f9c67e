"""The command in this process, in a project of its own; knows no single command."""

from dataclasses import dataclass
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest

from pulumi_embedded_engine.stacks.stack import Stack
from pulumi_esa_cli.main import main
from tests.support.engine_stacks import environ_of, stack_in


@dataclass(frozen=True)
class Said:
    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Console:
    stack: Stack
    directory: Path
    patch: pytest.MonkeyPatch
    capture: pytest.CaptureFixture[str]

    def __call__(self, *words: str, stdin: str = "") -> Said:
        self.patch.setattr("sys.stdin", TextIOWrapper(BytesIO(stdin.encode())))
        self.capture.readouterr()
        code = main(list(words))
        out, err = self.capture.readouterr()
        return Said(code, out, err)


def console_in(
    directory: Path, patch: pytest.MonkeyPatch, capture: pytest.CaptureFixture[str]
) -> Console:
    stack = stack_in(directory)
    for name, value in environ_of(directory).items():
        patch.setenv(name, value)
    patch.chdir(directory)
    console = Console(stack, directory, patch, capture)
    console("stack", "select", "dev")
    return console
