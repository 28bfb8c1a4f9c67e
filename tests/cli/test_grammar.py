"""The command line's grammar on a small command tree; what typer makes of it is in test_main."""

from collections.abc import Collection, Sequence

import pytest

from pulumi_esa_prefetch.cli.grammar import Grammar, Line, Node, Spec, read
from pulumi_esa_prefetch.engine.errors import EngineError

STACK = Spec("--stack")
YES = Spec("--yes", switch=True, bare="true")
FORCE = Spec("--force", switch=True, bare="true", negative="--no-force")
REFRESH = Spec("--refresh", bare="true")
PARALLEL = Spec("--parallel")
VERBOSE = Spec("--verbose", bare="1")
CWD = Spec("--cwd")

UP_FLAGS = {
    "--stack": STACK,
    "-s": STACK,
    "--yes": YES,
    "-y": YES,
    "--force": FORCE,
    "-f": FORCE,
    "--refresh": REFRESH,
    "-r": REFRESH,
    "--parallel": PARALLEL,
    "-p": PARALLEL,
}
UP = Node("up", UP_FLAGS)
OUTPUT = Node("output", {"--json": Spec("--json", switch=True, bare="true")})
STACKS = Node("stack", {"--stack": STACK, "-s": STACK}, {"output": lambda: OUTPUT})
ROOT = Node("", {}, {"up": lambda: UP, "update": lambda: UP, "stack": lambda: STACKS})


def no_flag(spelling: str, command: str) -> EngineError:
    return EngineError(f"{command} has no {spelling}")


def no_command(words: str, known: Collection[str]) -> EngineError:
    return EngineError(f"no {words} among {sorted(known)}")


def parsed(*argv: str, defaults: dict[str, str] | None = None) -> Line:
    globals_ = {"-C": CWD, "--cwd": CWD, "-v": VERBOSE, "--verbose": VERBOSE}
    grammar = Grammar(globals_, UP_FLAGS, defaults or {}, no_flag, no_command)
    return read(argv, ROOT, grammar)


@pytest.mark.parametrize(
    ("argv", "arguments"),
    [
        pytest.param(["up"], ["up"], id="nothing"),
        pytest.param(["up", "-y"], ["up", "--yes"], id="switch"),
        pytest.param(["up", "--yes=true"], ["up", "--yes"], id="switch with true"),
        pytest.param(["up", "--yes=1"], ["up", "--yes"], id="switch with 1"),
        pytest.param(["up", "--yes=false"], ["up"], id="switch with false"),
        pytest.param(["up", "-y", "--yes=F"], ["up"], id="the last one wins"),
        pytest.param(
            ["up", "--yes=F", "-y"], ["up", "--yes"], id="also if it says yes"
        ),
        pytest.param(
            ["up", "--force=false"], ["up", "--no-force"], id="false with a word for no"
        ),
        pytest.param(["up", "-s", "dev"], ["up", "--stack=dev"], id="short with value"),
        pytest.param(
            ["up", "-s=dev"], ["up", "--stack=dev"], id="short with equals sign"
        ),
        pytest.param(["up", "-sdev"], ["up", "--stack=dev"], id="short glued"),
        pytest.param(
            ["up", "-fys", "dev"],
            ["up", "--stack=dev", "--force", "--yes"],
            id="cluster with value",
        ),
        pytest.param(
            ["up", "-ys=dev"],
            ["up", "--stack=dev", "--yes"],
            id="cluster with equals sign",
        ),
        pytest.param(
            ["up", "--stack", "--odd"],
            ["up", "--stack=--odd"],
            id="a value that looks like a flag",
        ),
        pytest.param(["up", "-r"], ["up", "--refresh=true"], id="value left out"),
        pytest.param(
            ["up", "--refresh", "-y"],
            ["up", "--refresh=true", "--yes"],
            id="value left out before another",
        ),
        pytest.param(
            ["up", "--refresh=false"], ["up", "--refresh=false"], id="value given"
        ),
        pytest.param(
            ["up", "-ry"],
            ["up", "--refresh=true", "--yes"],
            id="value left out in a cluster",
        ),
        pytest.param(
            ["-s", "dev", "up"], ["up", "--stack=dev"], id="before the command"
        ),
        pytest.param(
            ["-y", "update", "-p4"],
            ["up", "--parallel=4", "--yes"],
            id="other name of a command",
        ),
        pytest.param(
            ["stack", "output", "a", "--json"],
            ["stack", "output", "--json", "a"],
            id="positional between",
        ),
        pytest.param(
            ["stack", "output", "-s", "dev"],
            ["stack", "--stack=dev", "output"],
            id="a flag of the group",
        ),
        pytest.param(
            ["stack", "output", "--", "-x"],
            ["stack", "output", "--", "-x"],
            id="after two hyphens",
        ),
        pytest.param(
            ["stack", "output", "-"],
            ["stack", "output", "--", "-"],
            id="a hyphen alone is a word",
        ),
    ],
)
def test_a_line_comes_out_in_one_plain_spelling(
    argv: Sequence[str], arguments: Sequence[str]
) -> None:
    assert list(parsed(*argv).arguments) == arguments


@pytest.mark.parametrize(
    ("argv", "taken"),
    [
        pytest.param(["-C", "/x", "up"], {"--cwd": "/x"}, id="before the command"),
        pytest.param(["up", "--cwd=/x"], {"--cwd": "/x"}, id="after it"),
        pytest.param(["up", "-v=3"], {"--verbose": "3"}, id="with equals sign"),
        pytest.param(["up", "-v3"], {"--verbose": "3"}, id="glued"),
        pytest.param(["up", "-v", "-y"], {"--verbose": "1"}, id="bare"),
        pytest.param(
            ["up", "-C", "/x", "-C", "/y"], {"--cwd": "/y"}, id="the last one wins"
        ),
    ],
)
def test_global_flags_are_taken_out(argv: Sequence[str], taken: dict[str, str]) -> None:
    assert parsed(*argv).globals == taken


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        pytest.param(["up", "--nope"], "up has no --nope", id="unknown flag"),
        pytest.param(
            ["up", "--nope=1"], "up has no --nope", id="unknown flag with value"
        ),
        pytest.param(["up", "-yZ"], "up has no -Z", id="unknown letter in a cluster"),
        pytest.param(
            ["--yes", "stack"], "stack has no --yes", id="early flag of another command"
        ),
        pytest.param(
            ["up", "--stack"], "flag needs an argument: --stack", id="value missing"
        ),
        pytest.param(
            ["up", "-s"], "flag needs an argument: -s", id="value of a letter missing"
        ),
        pytest.param(
            ["up", "--yes=so"],
            'invalid argument "so" for --yes: true or false is expected',
            id="no truth",
        ),
        pytest.param(
            ["nope"], "no nope among ['stack', 'up', 'update']", id="unknown command"
        ),
        pytest.param(
            ["stack", "nope"],
            "no stack nope among ['output']",
            id="unknown command of a group",
        ),
    ],
)
def test_what_cannot_be_read_is_an_error_of_one_sentence(
    argv: Sequence[str], sentence: str
) -> None:
    with pytest.raises(EngineError) as raised:
        parsed(*argv)

    assert str(raised.value) == sentence
    assert raised.value.exit_code == 1


def test_the_environment_counts_where_the_line_says_nothing() -> None:
    defaults = {"--yes": "true", "--parallel": "3", "--json": "true"}

    assert list(parsed("up", defaults=defaults).arguments) == [
        "up",
        "--parallel=3",
        "--yes",
    ]
    assert list(
        parsed("up", "--yes=false", "-p", "5", defaults=defaults).arguments
    ) == ["up", "--parallel=5"]
    assert list(parsed("stack", defaults=defaults).arguments) == ["stack"]
