"""The help: a list of commands on one screen, words in place of types, and examples that are true."""

import contextlib
import shlex
from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_esa_cli.flags.examples import EXAMPLES
from pulumi_esa_cli.flags.pflag_grammar import normalized_arguments
from pulumi_esa_cli.main import COMMANDS, HELP, main, root_command


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """All commands that a help lists, each with the group that it is in."""
    for name in group.list_commands(None):
        command = group.get_command(None, name)
        words = (*path, name)
        if command.hidden or (not path and name not in COMMANDS):
            continue
        yield words
        if hasattr(command, "list_commands"):
            yield from commands(command, words)


ALL = [" ".join(words) for words in commands(root_command())]
LINES = [line for lines in EXAMPLES.values() for line in lines.values()]


@pytest.mark.parametrize("argv", [["--help"], ["help"], []])
def test_the_list_of_commands_fits_a_screen(
    capsys: pytest.CaptureFixture[str], argv: list[str]
) -> None:
    assert main(argv) == 0

    lines = capsys.readouterr().out.rstrip("\n").split("\n")
    assert len(lines) < 24
    assert max(map(len, lines)) <= 80
    assert set(COMMANDS) <= {line.split()[0] for line in lines if line.startswith("  ")}
    assert {
        flag for flag in HELP.replace(".", " ").split() if flag.startswith("--")
    } == {
        "--help",
        *("--cwd", "--color", "--verbose", "--non-interactive", "--version"),
        "--fully-qualify-stack-names",
    }


@pytest.mark.parametrize("command", ALL)
def test_no_help_shows_a_type_of_python(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "--help"]) == 0

    shown = capsys.readouterr().out.replace("<stack>", "")
    assert "<" not in shown
    assert "[x>=" not in shown
    assert "Examples:" in shown


def test_every_command_has_an_example_that_uses_it() -> None:
    assert sorted(EXAMPLES) == sorted(ALL)
    for command, lines in EXAMPLES.items():
        for line in lines.values():
            assert line.startswith("esa-prefetch ")
            assert f"esa-prefetch {command}".rstrip() in line


@pytest.mark.parametrize("line", LINES)
def test_every_example_is_a_line_that_the_parser_takes(line: str) -> None:
    for part in line.split("|"):
        program, *argv = shlex.split(part)

        assert program == "esa-prefetch"
        parse(argv)


def parse(argv: list[str]) -> None:
    """Parse a line as `main` does, down to the command that it names, and run nothing."""
    command = root_command()
    rest, context = normalized_arguments(argv, command, [], {}), None
    name = "esa-prefetch"
    with contextlib.ExitStack() as stack:
        while True:
            context = stack.enter_context(
                command.make_context(name, list(rest), parent=context)
            )
            rest = [*context._protected_args, *context.args]
            if not rest or not hasattr(command, "list_commands"):
                return
            name, command, rest = command.resolve_command(context, rest)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (["up", "--stak", "x"], "unknown flag: --stak; did you mean --stack?"),
        (["--colour", "never"], "unknown flag: --colour; did you mean --color?"),
        (["progress", "--onec"], "unknown flag: --onec; did you mean --once?"),
        (["sumary"], "unknown command `sumary`; did you mean `esa-prefetch summary`?"),
        (
            ["policy", "analyse"],
            "unknown command `policy analyse`; did you mean `esa-prefetch policy analyze`?",
        ),
        (
            ["emulator", "--port", "0", "--dialect", "time-utc"],
            "There is no dialect 'time-utc'; did you mean 'times-utc'?",
        ),
    ],
)
def test_a_name_that_is_nearly_right_gets_the_right_one(
    argv: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) in (1, 2)

    assert capsys.readouterr().err == f"error: {sentence}\n"
