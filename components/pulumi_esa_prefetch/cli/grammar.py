"""How the `pulumi` CLI reads a command line, so that a script runs with either; holds no command and no help.

Flags stand at any position, before or after the command and its words; `--yes=false`,
`-s=dev`, `-sdev`, `-fys dev` and a bare `--refresh` are all fine; the last of several
wins. What comes out is one plain spelling that any option parser takes.
"""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from pulumi_esa_prefetch.engine.errors import EngineError

TRUE: Final = frozenset({"1", "t", "T", "true", "TRUE", "True"})
FALSE: Final = frozenset({"0", "f", "F", "false", "FALSE", "False"})

# flags with a value that may be left out, and what they mean then
OPTIONAL: Final = {
    "--refresh": "true",
    "--suppress-permalink": "false",
    "--verbose": "1",
}


@dataclass(frozen=True, slots=True)
class Spec:
    """One flag: `bare` is what it means without a value (None: it needs one), `negative` its `--no-` form."""

    name: str
    switch: bool = False
    bare: str | None = None
    negative: str = ""


Flags = Mapping[str, Spec]  # by every spelling: "--stack", "-s"


@dataclass(frozen=True, slots=True)
class Node:
    """The grammar of a command, or of a group (`commands` is not None), whose commands are looked into when named."""

    name: str
    flags: Flags
    commands: "Mapping[str, Callable[[], Node]] | None" = None


@dataclass(frozen=True, slots=True)
class Grammar:
    """What holds before any command: global flags, flags that may come early, defaults, and how errors are worded."""

    globals: Flags
    early: Flags
    defaults: Mapping[str, str]
    lacking_flag: Callable[[str, str], EngineError]
    lacking_command: Callable[[str, Collection[str]], EngineError]


@dataclass(frozen=True, slots=True)
class Line:
    """A command line taken apart: global flags by long name, and the words and flags for the option parser."""

    globals: Mapping[str, str]
    arguments: Sequence[str]


@dataclass(frozen=True, slots=True)
class _Given:
    spec: Spec
    value: str


@dataclass(slots=True)
class _Reading:
    """What has been understood so far, word by word."""

    grammar: Grammar
    path: list[Node]
    given: list[_Given] = field(default_factory=list)
    words: list[str] = field(default_factory=list)

    @property
    def command(self) -> str:
        return " ".join(node.name for node in self.path if node.name)

    def spec(self, spelling: str) -> Spec:
        tables = [*(node.flags for node in reversed(self.path)), self.grammar.globals]
        if len(self.path) == 1:
            tables.append(self.grammar.early)
        for table in tables:
            if spelling in table:
                return table[spelling]
        raise self.grammar.lacking_flag(spelling, self.command)


def spec_of(parameter: Any) -> Spec:
    """The grammar of one typer option."""
    name = next((o for o in parameter.opts if o.startswith("--")), parameter.opts[0])
    negative = next(iter(parameter.secondary_opts), "")
    if getattr(parameter, "is_flag", False):
        return Spec(name, switch=True, bare="true", negative=negative)
    return Spec(name, bare=OPTIONAL.get(name))


def node_of(command: Any) -> Node:
    """The grammar of a typer command or group."""
    flags: dict[str, Spec] = {"--help": HELP, "-h": HELP}
    for parameter in command.params:
        if parameter.param_type_name == "option":
            flags |= dict.fromkeys(parameter.opts, spec_of(parameter))
    inner = getattr(command, "commands", None)
    commands = (
        None
        if inner is None
        else {word: partial(node_of, inner[word]) for word in inner}
    )
    return Node(command.name, flags, commands)


def read(argv: Sequence[str], root: Node, grammar: Grammar) -> Line:
    """Take a command line apart.

    Raises EngineError for a command or flag that there is not, and for a flag without
    the value that it needs, or with one that it cannot have.
    """
    state = _Reading(grammar, [root])
    words = iter(argv)
    for word in words:
        if word == "--":
            state.words += list(words)
        elif word.startswith("--"):
            state.given.append(_long(word, words, state))
        elif word.startswith("-") and word != "-":
            state.given += _cluster(word, words, state)
        else:
            _word(word, state)
    return _line(state)


def _word(word: str, state: _Reading) -> None:
    commands = state.path[-1].commands
    if commands is None:
        state.words.append(word)
    elif word in commands:
        state.path.append(commands[word]())
    else:
        raise state.grammar.lacking_command(f"{state.command} {word}".strip(), commands)


def _long(word: str, rest: Iterator[str], state: _Reading) -> _Given:
    name, equals, value = word.partition("=")
    spec = state.spec(name)
    if equals:
        return _Given(spec, value)
    if spec.bare is not None:
        return _Given(spec, spec.bare)
    return _Given(spec, _next(name, rest))


def _cluster(word: str, rest: Iterator[str], state: _Reading) -> Iterator[_Given]:
    letters = word[1:]
    while letters:
        spec, after = state.spec(f"-{letters[0]}"), letters[1:]
        if after.startswith("="):
            yield _Given(spec, after[1:])
            return
        if spec.switch or (spec.bare is not None and not after[:1].isdigit()):
            yield _Given(spec, spec.bare or "true")
            letters = after
            continue
        yield _Given(spec, after or _next(f"-{letters[0]}", rest))
        return


def _next(flag: str, rest: Iterator[str]) -> str:
    value = next(rest, None)
    if value is None:
        raise EngineError(f"flag needs an argument: {flag}")
    return value


def _line(state: _Reading) -> Line:
    taken: dict[str, str] = {}
    levels: list[list[str]] = [[] for _ in state.path]
    switches: dict[tuple[int, str], str] = {}
    for given in [*_defaults(state), *state.given]:
        name, value = given.spec.name, _checked(given)
        level = _level(name, state)
        if level is None and name in state.grammar.globals:
            taken[name] = value
        elif level is None:
            raise state.grammar.lacking_flag(name, state.command)
        elif given.spec.switch:
            switches[level, name] = name if value == "true" else given.spec.negative
        else:
            levels[level].append(f"{name}={value}")
    for (level, _), spelling in switches.items():
        levels[level] += filter(None, [spelling])
    return Line(taken, _spelled(state, levels))


def _defaults(state: _Reading) -> list[_Given]:
    """The environment's flags that this command has, and that the line does not give itself."""
    said = {given.spec.name for given in state.given}
    flags = state.path[-1].flags
    return [
        _Given(flags[n], v)
        for n, v in state.grammar.defaults.items()
        if n in flags and n not in said
    ]


def _level(name: str, state: _Reading) -> int | None:
    for index in range(len(state.path) - 1, -1, -1):
        if name in state.path[index].flags:
            return index
    return None


def _checked(given: _Given) -> str:
    if not given.spec.switch:
        return given.value
    if given.value in TRUE:
        return "true"
    if given.value in FALSE:
        return "false"
    raise EngineError(
        f'invalid argument "{given.value}" for {given.spec.name}: true or false is expected'
    )


def _spelled(state: _Reading, levels: list[list[str]]) -> list[str]:
    arguments: list[str] = []
    for node, flags in zip(state.path, levels, strict=True):
        arguments += [*filter(None, [node.name]), *flags]
    if any(word.startswith("-") for word in state.words):
        arguments.append("--")
    return arguments + state.words


HELP: Final = Spec("--help", switch=True, bare="true")
