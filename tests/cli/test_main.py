"""The command as a person meets it: help, version, errors in a sentence; operations are in test_operation_runner."""

import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import metadata
from pathlib import Path

import pytest

from pulumi_esa_cli.main import COMMANDS, main


def error_of(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().err.strip()


@pytest.fixture(autouse=True)
def _stay_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_help_lists_every_command_and_imports_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main([])

    text = capsys.readouterr().out
    assert code == 0
    assert [name for name in COMMANDS if f" {name} " not in text] == []


@pytest.mark.parametrize(
    "argv", [["--help"], ["-h"], ["help"]], ids=["long", "short", "word"]
)
def test_help_is_asked_for_in_three_ways(
    argv: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 0

    assert "Usage: esa-prefetch" in capsys.readouterr().out


@pytest.mark.parametrize("name", ["", "stack ls", "config set", *sorted(COMMANDS)])
def test_every_command_has_a_help(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*name.split(), "--help"]) == 0

    help_ = capsys.readouterr().out
    assert f"Usage: esa-prefetch {name}" in help_
    assert "<bool>" not in help_  # a switch takes no value
    assert "Pulumi..yaml" not in help_  # `<stack>` in it is no markup


@pytest.mark.parametrize("argv", [["--version"], ["version"]], ids=["flag", "word"])
def test_the_version_is_that_of_the_package(
    argv: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 0

    assert capsys.readouterr().out == f"v{metadata.version('pulumi-esa-prefetch')}\n"


@pytest.mark.parametrize(
    ("argv", "sentence"),
    [
        (
            ["up", "--foo"],
            "unknown flag: --foo; `esa-prefetch up --help` lists what there is",
        ),
        (
            ["up", "-Z"],
            "unknown shorthand flag -Z; `esa-prefetch up --help` lists what there is",
        ),
        (["upp"], "unknown command `upp`; did you mean `esa-prefetch up`?"),
        (
            ["frobnicate"],
            "unknown command `frobnicate`; `esa-prefetch --help` lists what there is",
        ),
        (["up", "extra"], "Got unexpected extra argument(s) (extra)"),
        (
            ["up", "--color", "pink"],
            "unsupported color option 'pink': auto, always, never or raw is expected",
        ),
        (
            ["up", "-v=lots"],
            'invalid argument "lots" for -v, --verbose: a number is expected',
        ),
        (
            ["preview", "--yes"],
            "unknown flag: --yes; `esa-prefetch preview --help` lists what there is",
        ),
        (
            ["emulator", "--clock", "x"],
            "Invalid value for '--clock': 'x' is not one of 'real', 'manual'.",
        ),
    ],
    ids=[
        "flag",
        "letter",
        "near command",
        "command",
        "argument",
        "colour",
        "number",
        "flag of another command",
        "choice",
    ],
)
def test_a_wrong_line_ends_with_1_and_one_sentence(
    argv: Sequence[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 1

    assert error_of(capsys).splitlines()[-1] == f"error: {sentence}"


@pytest.mark.parametrize(
    "argv",
    [
        ["watch"],
        ["import", "x"],
        ["up", "--policy-pack", "x"],
        ["destroy", "--ignore-protect"],
        ["up", "--plan=p"],
    ],
    ids=[
        "command",
        "command with words",
        "flag with value",
        "switch",
        "flag with equals sign",
    ],
)
def test_what_only_the_cli_has_is_said_to_be_there(
    argv: Sequence[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 1

    assert f"`pulumi {argv[0]}`" in error_of(capsys)


def test_a_project_that_is_not_there_is_one_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["up", "--yes"]) == 1

    assert error_of(capsys).startswith("error: no Pulumi.yaml project file found")


def test_the_directory_is_changed_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "there").mkdir()

    main(["up", "--yes", "-C", "there"])

    assert str(tmp_path / "there") in error_of(capsys)
    assert main(["up", "-C", "nowhere"]) == 1
    assert error_of(capsys) == "error: --cwd: nowhere is not a directory"


@pytest.mark.parametrize(
    ("command", "code"), [("up", 2), ("destroy", 2), ("refresh", 1)]
)
def test_without_yes_and_without_a_terminal_nothing_is_begun(
    command: str, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([command]) == code

    assert (
        error_of(capsys)
        == "error: --yes, --skip-preview or --preview-only is needed where nobody can be asked"
    )


def test_a_trace_is_shown_to_those_who_ask_for_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["up", "--yes", "--verbose"]) == 1

    assert "Traceback (most recent call last)" in error_of(capsys)


def started(
    *argv: str, code: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    environ = {**os.environ, **variables}
    script = f"import sys; from pulumi_esa_cli.main import main\nsys.argv[1:] = {list(argv)!r}\n{code}"
    return subprocess.run(
        [sys.executable, "-c", script],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env=environ,
    )


@pytest.mark.parametrize(
    "argv",
    [["--help"], ["emulator", "--help"], ["up", "--help"]],
    ids=["all", "emulator", "up"],
)
def test_help_starts_without_the_heavy_libraries(argv: Sequence[str]) -> None:
    done = started(
        *argv,
        code="main(); print([n for n in ('grpc', 'pulumi', 'httpx') if n in sys.modules])",
    )

    assert done.stdout.splitlines()[-1] == "[]"


@pytest.mark.parametrize(
    "argv",
    [["version"], ["stack", "ls"], ["up", "--target", "urn"]],
    ids=" ".join,
)
def test_a_command_starts_without_validators_of_its_flags(
    argv: Sequence[str], tmp_path: Path
) -> None:
    done = started(
        *argv,
        code="main(); print('pydantic' in sys.modules)",
        PULUMI_BACKEND_URL=tmp_path.as_uri(),
    )

    assert done.stdout.splitlines()[-1] == "False"


def test_a_terminal_of_few_characters_is_no_error() -> None:
    done = started("--help", code="print(main())", PYTHONIOENCODING="ascii")

    assert done.stdout.splitlines()[-1] == "0"
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("raised", "expected"), [("KeyboardInterrupt", 130), ("EOFError", 8)]
)
def test_a_command_that_is_broken_off_says_so_by_its_code(
    raised: str, expected: int
) -> None:
    code = f"""
import pulumi_esa_cli.main as entry
def register(app):
    @app.command()
    def version():
        raise {raised}
entry.register = register
print(main())
"""

    done = started("version", code=code)

    assert done.stdout.splitlines()[-1] == str(expected)
    assert "Traceback" not in done.stderr


def test_a_reader_that_has_gone_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)

    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import sys; from pulumi_esa_cli.main import main; sys.exit(main())",
            "--help",
        ],
        stdout=write,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )

    os.close(write)
    assert done.returncode == 141
    assert done.stderr == b""


def test_a_file_that_the_system_refuses_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    name = "d" * 300
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path}/{name}")

    (tmp_path / "Pulumi.yaml").write_text("name: proj\nruntime: python\n")

    code = main(["stack", "ls"])

    assert code == 1
    assert error_of(capsys) == f"error: {tmp_path}/{name}: File name too long"


def test_a_closed_standard_input_and_a_full_disk_are_one_sentence_each(
    tmp_path: Path,
) -> None:
    command = f"{sys.executable} -m pulumi_esa_cli"
    asked = {
        f"{command} warm --urls - <&-": "error: standard input is closed\n",
        f"{command} version >/dev/full": "error: the output cannot be written: No space left on device\n",
    }

    ended = {
        each: subprocess.run(
            ["/bin/sh", "-c", each],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        for each in asked
    }

    assert {each: one.stderr for each, one in ended.items()} == asked
    assert {one.returncode for one in ended.values()} == {1}
