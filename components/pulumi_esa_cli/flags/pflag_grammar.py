"""Converts a command line as the `pulumi` CLI accepts it to one that typer accepts; knows no command.

Flags may be at any position, before or after the command and its arguments. `--yes=false`, `-s=dev`, `-sdev`,
`-fys dev` and a bare `--refresh` are all accepted. If a flag is given more than once, the last one counts.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, Final

from pulumi_embedded_engine.errors import EngineError
from pulumi_esa_cli.flags import unsupported_flags

TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
FALSE: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})

# the values of flags without a value; a number that follows such a flag is its value
BARE_FLAG_VALUES: Final = {"--refresh": "true", "--verbose": "1"}
HELP_FLAG: Final = SimpleNamespace(opts=("--help", "-h"), is_flag=True)

_FlagValue = tuple[str, str]


def normalized_arguments(
    argv: Sequence[str], root: Any, early: Sequence[Any], defaults: Mapping[str, str]
) -> list[str]:
    """The arguments for `root`, typer's group: each command followed by its own flags, with long names and values.

    Flags of the `early` commands may be given before the command. `defaults` are flags that a command gets if it has
    them and the line does not set them. Raises EngineError for an unknown command or flag, and for a flag whose value
    is missing or not valid.
    """
    path, rest = [root], list(argv)
    words, given = list[str](), list[_FlagValue]()
    while rest:
        word = rest.pop(0)
        if word == "--":
            words += rest
            break
        if word.startswith("-") and word != "-":
            known = path if len(path) > 1 else [*early, root]
            given += _parse_flags(word, rest, known, _command_name(path))
        elif hasattr(path[-1], "get_command"):
            path.append(_find_command(word, path))
        else:
            words.append(word)
    ours = [
        (name, text) for name, text in defaults.items() if _find_flag(name, path[-1:])
    ]
    apart = ["--"] if any(word.startswith("-") for word in words) else []
    return [*_by_command([*ours, *given], path), *apart, *words]


def parse_bool(value: str, flag: str) -> bool:
    """The value of a bool flag, as the CLI reads it; raises EngineError if it is neither true nor false."""
    if value not in TRUE | FALSE:
        raise EngineError(
            f'invalid argument "{value}" for {flag}: true or false is expected'
        )
    return value in TRUE


def _find_command(word: str, path: list[Any]) -> Any:
    found = path[-1].get_command(None, word)
    if found is None:
        words = f"{_command_name(path)} {word}".strip()
        raise unsupported_flags.unsupported_command(words, path[-1].list_commands(None))
    return found


def _command_name(path: list[Any]) -> str:
    return " ".join(command.name for command in path[1:])


def _parse_flags(
    word: str, rest: list[str], known: list[Any], command: str
) -> Iterator[_FlagValue]:
    """The flags in one word, with their values; the value of the last one may be the next word."""
    letters = [(f"-{word[n]}", word[n + 1 :]) for n in range(1, len(word))]
    name, equals, value = word.partition("=")
    for spelling, after in [(name, equals + value)] if word[1] == "-" else letters:
        flag = _find_flag(spelling, known)
        if flag is None:
            raise unsupported_flags.unsupported_flag(
                spelling, command, _long_flags(known)
            )
        following = after or "".join(rest[:1])
        alone = None if following.isdecimal() else BARE_FLAG_VALUES.get(flag.opts[0])
        if flag.is_flag:
            alone = "true"
        if not alone and not after and not rest:
            raise EngineError(f"flag needs an argument: {spelling}")
        if after.startswith("=") or not alone:
            yield spelling, after.removeprefix("=") if after else rest.pop(0)
            return
        yield spelling, alone


def _find_flag(name: str, commands: list[Any]) -> Any:
    """The flag of the last command that has it, or None."""
    if name in HELP_FLAG.opts:
        return HELP_FLAG
    flags = (flag for command in commands[::-1] for flag in command.params)
    return next((flag for flag in flags if name in flag.opts), None)


def _long_flags(commands: list[Any]) -> list[str]:
    """The flags that the help of these commands shows, by their long names."""
    flags = [flag for command in commands for flag in command.params]
    return [
        name
        for flag in flags
        for name in flag.opts
        if name.startswith("--") and not flag.hidden
    ]


def _by_command(given: list[_FlagValue], path: list[Any]) -> Iterator[str]:
    """The commands, each followed by its flags; a flag goes to the last command that has it."""
    levels: list[list[str]] = [[] for _ in path]
    for name, value in given:
        having = [
            (flag, level)
            for command, level in zip(path, levels, strict=True)
            if (flag := _find_flag(name, [command]))
        ]
        if not having:
            raise unsupported_flags.unsupported_flag(
                name, _command_name(path), _long_flags(path)
            )
        flag, level = having[-1]
        full = flag.opts[0]
        if not flag.is_flag:
            level.append(f"{full}={value}")
        elif parse_bool(value, full) != (full in level):
            level.remove(full) if full in level else level.append(full)
    for command, level in zip(path, levels, strict=True):
        yield from level if command is path[0] else [command.name, *level]
