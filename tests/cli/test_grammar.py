"""Command lines as the `pulumi` CLI takes them, and what reaches a command; help and errors are in test_main."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.main import main
from pulumi_esa_cli.pulumi import operation_runner
from pulumi_esa_cli.pulumi.operation_commands import OPERATIONS, OperationFlags
from tests.support.console import Console, console_in

Reached = list[tuple[str, OperationFlags, GlobalFlags]]


@pytest.fixture
def reached(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Reached:
    """What operations are called with, instead of being done."""
    calls: Reached = []

    def operate(command: str, options: OperationFlags, session: GlobalFlags) -> int:
        calls.append((command, options, session))
        return 0

    for name in (
        "PULUMI_SKIP_CONFIRMATIONS",
        "PULUMI_CONTINUE_ON_ERROR",
        "PULUMI_PARALLEL",
    ):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(operation_runner, "run_command", operate)
    monkeypatch.chdir(tmp_path)
    return calls


@pytest.mark.parametrize(
    ("argv", "given"),
    [
        pytest.param(["up"], {}, id="nothing"),
        pytest.param(["up", "-y"], {"yes": True}, id="switch"),
        pytest.param(["up", "--yes=true"], {"yes": True}, id="switch with true"),
        pytest.param(["up", "--yes=1"], {"yes": True}, id="switch with 1"),
        pytest.param(["up", "--yes=false"], {}, id="switch with false"),
        pytest.param(["up", "-y=false"], {}, id="its letter with false"),
        pytest.param(["up", "-y", "--yes=F"], {}, id="the last one wins"),
        pytest.param(["up", "--yes=F", "-y"], {"yes": True}, id="also if it says yes"),
        pytest.param(["up", "-yy"], {"yes": True}, id="twice"),
        pytest.param(["up", "-s", "dev"], {"stack": "dev"}, id="short with value"),
        pytest.param(["up", "-s=dev"], {"stack": "dev"}, id="short with equals sign"),
        pytest.param(["up", "-sdev"], {"stack": "dev"}, id="short glued"),
        pytest.param(
            ["up", "--stack=a", "-s", "b"], {"stack": "b"}, id="the last value wins"
        ),
        pytest.param(
            ["up", "-yfs", "dev"],
            {"stack": "dev", "skip_preview": True, "yes": True},
            id="cluster with value",
        ),
        pytest.param(
            ["up", "-ys=dev"],
            {"stack": "dev", "yes": True},
            id="cluster with equals sign",
        ),
        pytest.param(
            ["up", "--stack", "--odd"],
            {"stack": "--odd"},
            id="a value that looks like a flag",
        ),
        pytest.param(["up", "--stack", ""], {}, id="an empty value"),
        pytest.param(
            ["up", "-t", "a", "--target=b"],
            {"target": ["a", "b"]},
            id="several of a kind",
        ),
        pytest.param(["up", "-r"], {"refresh": "true"}, id="value left out"),
        pytest.param(
            ["up", "--refresh", "-y"],
            {"refresh": "true", "yes": True},
            id="value left out before another",
        ),
        pytest.param(["up", "--refresh=false"], {"refresh": "false"}, id="value given"),
        pytest.param(
            ["up", "-ry"],
            {"refresh": "true", "yes": True},
            id="value left out in a cluster",
        ),
        pytest.param(["-s", "dev", "up"], {"stack": "dev"}, id="before the command"),
        pytest.param(
            ["-y", "update", "-p4"],
            {"yes": True, "parallel": 4},
            id="other name of a command",
        ),
    ],
)
def test_a_command_is_given_what_the_line_says(
    argv: Sequence[str], given: dict[str, Any], reached: Reached
) -> None:
    assert main(argv) == 0

    ((command, options, _),) = reached
    assert (command, options) == ("up", OperationFlags(**given))


@pytest.mark.parametrize("command", OPERATIONS)
def test_every_operation_is_given_its_flags(command: str, reached: Reached) -> None:
    assert main([command, "-ta", "--diff", "--stack=s", "--config-path"]) == 0

    assert reached[0][:2] == (
        command,
        OperationFlags(target=["a"], diff=True, stack="s", config_path=True),
    )


@pytest.mark.parametrize(
    ("argv", "verbose"),
    [
        pytest.param(["up", "-v=3"], 3, id="with equals sign"),
        pytest.param(["-v3", "up"], 3, id="glued"),
        pytest.param(["-v", "3", "up"], 3, id="apart"),
        pytest.param(["up", "-v", "-y"], 1, id="bare"),
        pytest.param(["up", "-yv"], 1, id="bare in a cluster"),
        pytest.param(["up", "--verbose", "--verbose=0"], 0, id="the last one wins"),
    ],
)
def test_how_much_is_said_is_a_number_that_may_be_left_out(
    argv: Sequence[str], verbose: int, reached: Reached
) -> None:
    assert main(argv) == 0

    ((_, _, session),) = reached
    assert session.verbose == verbose


@pytest.mark.parametrize(
    "argv",
    [
        pytest.param(["-C", "there", "up"], id="before the command"),
        pytest.param(["up", "--cwd=there"], id="after it"),
        pytest.param(["-C", "nowhere", "up", "-C", "there"], id="the last one wins"),
        pytest.param(["-Qe", "--logflow", "-C=there", "up"], id="among others"),
    ],
)
def test_global_flags_stand_at_any_position(
    argv: Sequence[str], reached: Reached, tmp_path: Path
) -> None:
    (tmp_path / "there").mkdir()

    assert main(argv) == 0

    ((_, _, session),) = reached
    assert session.cwd == tmp_path / "there"
    assert session.full_names is ("-Qe" in argv)


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        pytest.param(
            ["up", "--nope=1"],
            "unknown flag: --nope; `esa-prefetch up --help` lists what there is",
            id="unknown flag with value",
        ),
        pytest.param(
            ["--nope", "up"],
            "unknown flag: --nope; `esa-prefetch --help` lists what there is",
            id="unknown flag before the command",
        ),
        pytest.param(
            ["up", "-yZ"],
            "unknown shorthand flag -Z; `esa-prefetch up --help` lists what there is",
            id="unknown letter in a cluster",
        ),
        pytest.param(
            ["--yes", "stack"],
            "unknown flag: --yes; `esa-prefetch stack --help` lists what there is",
            id="early flag of another command",
        ),
        pytest.param(
            ["up", "--stack"], "flag needs an argument: --stack", id="value missing"
        ),
        pytest.param(
            ["up", "-ys"], "flag needs an argument: -s", id="value of a letter missing"
        ),
        pytest.param(
            ["up", "--yes=so"],
            'invalid argument "so" for --yes: true or false is expected',
            id="no truth",
        ),
        pytest.param(
            ["up", "--refresh", "dev"],
            "Got unexpected extra argument(s) (dev)",
            id="a word after a value left out",
        ),
        pytest.param(
            ["-v=\u00b2", "up"],
            'invalid argument "\u00b2" for -v, --verbose: a number is expected',
            id="a digit that is no number",
        ),
        pytest.param(
            ["stack", "otput"],
            "unknown command `stack otput`; did you mean `esa-prefetch stack output`?",
            id="unknown command of a group",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence_and_reaches_nothing(
    argv: Sequence[str],
    sentence: str,
    reached: Reached,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(argv) == 1

    assert capsys.readouterr().err.splitlines()[-1] == f"error: {sentence}"
    assert reached == []


def test_the_environment_counts_where_the_line_says_nothing(
    reached: Reached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_SKIP_CONFIRMATIONS", "true")
    monkeypatch.setenv("PULUMI_CONTINUE_ON_ERROR", "1")
    monkeypatch.setenv("PULUMI_PARALLEL", "3")

    for argv in (["up"], ["refresh"], ["up", "--yes=false", "-p", "5"], ["preview"]):
        assert main(argv) == 0

    assert [options for _, options, _ in reached] == [
        OperationFlags(yes=True, continue_on_error=True, parallel=3),
        OperationFlags(yes=True, parallel=3),
        OperationFlags(continue_on_error=True, parallel=5),
        OperationFlags(parallel=3),
    ]


@pytest.mark.parametrize("text", ["0", "many", "-1", "\u00b2"])
def test_a_variable_that_is_no_number_of_things_is_passed_over(
    text: str, reached: Reached, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_PARALLEL", text)

    assert main(["preview"]) == 0

    assert reached[0][1] == OperationFlags()


@pytest.fixture
def console(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Console:
    return console_in(tmp_path, monkeypatch, capsys)


def test_words_with_hyphens_stand_after_two_hyphens(console: Console) -> None:
    assert console("config", "set", "a", "--", "-x").code == 0
    assert console("config", "get", "a").out == "-x\n"
    assert console("config", "set", "a", "-").code == 0
    assert console("config", "get", "a").out == "-\n"


def test_flags_stand_among_the_words_of_a_command_of_a_group(console: Console) -> None:
    console("stack", "unselect")

    for words in (
        ("-s", "dev", "config", "set", "a", "b"),
        ("config", "-s=dev", "set", "a", "b"),
        ("config", "set", "a", "-sdev", "b"),
        ("config", "set", "--path=false", "--secret", "--secret=f", "a", "b", "-sdev"),
    ):
        assert console(*words).code == 0
        assert console("config", "get", "a", "-s", "dev").out == "b\n"
    assert console("config", "get", "a").code == 1
