"""The flags of the operations and the question in between; whole operations are in tests/engine and tests/lifecycle."""

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import Project
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.main import main
from pulumi_esa_cli.pulumi.operation_commands import OperationFlags
from pulumi_esa_cli.pulumi.operation_runner import confirm
from pulumi_esa_cli.pulumi.request_builder import (
    build_request,
    check_flags,
    default_parallel,
    find_interpreter,
    wants_refresh,
)

HERE = GlobalFlags(cwd=Path(), color=False, interactive=False)
TERMINAL = GlobalFlags(cwd=Path(), color=False, interactive=True)
VIEW = DisplayOptions(kind="up", stack="dev", project="proj", planning=True)


def project(root: Path, text: str = "", **options: Any) -> Project:
    file = root / "Pulumi.yaml"
    file.write_text(f"name: proj\nruntime: python\n{text}")
    return Project(
        name="proj", root=root, file=file, main=root, runtime="python", options=options
    )


@pytest.mark.parametrize(
    ("command", "flags", "sentence"),
    [
        (
            "destroy",
            {"target": ["a"], "exclude_protected": True},
            "--target and --exclude-protected cannot be used together",
        ),
        (
            "refresh",
            {"preview_only": True, "skip_preview": True},
            "--preview-only and --skip-preview cannot be used together",
        ),
        (
            "destroy",
            {"preview_only": True, "yes": True},
            "--preview-only and --yes cannot be used together",
        ),
    ],
)
def test_flags_that_contradict_each_other_are_refused(
    command: str, flags: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(EngineError) as raised:
        check_flags(command, OperationFlags(**flags), TERMINAL)

    assert str(raised.value) == sentence
    assert raised.value.exit_code == 1


@pytest.mark.parametrize(
    ("command", "flags"),
    [
        ("preview", {}),
        ("up", {"yes": True}),
        ("up", {"skip_preview": True}),
        ("refresh", {"preview_only": True}),
        ("destroy", {"skip_preview": True, "yes": True}),
    ],
)
def test_where_nobody_can_be_asked_there_must_be_nothing_to_ask(
    command: str, flags: dict[str, Any]
) -> None:
    check_flags(command, OperationFlags(**flags), HERE)


@pytest.mark.parametrize(
    ("typed_", "code"),
    [
        ("yes\n", None),
        ("y\n", None),
        ("\n", 8),
        ("no\n", 8),
        ("N\n", 8),
        ("", 8),
        ("what\nyes\n", None),
    ],
    ids=[
        "yes",
        "its beginning",
        "nothing",
        "no",
        "its beginning, large",
        "the end",
        "nonsense first",
    ],
)
def test_only_yes_goes_on(typed_: str, code: int | None) -> None:
    ask = io.StringIO()

    if code is None:
        confirm(VIEW, ask, io.StringIO(typed_), lambda: None)
    else:
        with pytest.raises(EngineError) as raised:
            confirm(VIEW, ask, io.StringIO(typed_), lambda: None)
        assert raised.value.exit_code == code

    assert ask.getvalue().startswith(
        "Do you want to perform this update? [yes/no/details] (no): "
    )


def test_details_are_shown_and_the_question_comes_again() -> None:
    ask, shown = io.StringIO(), list[str]()

    confirm(VIEW, ask, io.StringIO("details\ny\n"), lambda: shown.append("diff"))

    assert shown == ["diff"]
    assert ask.getvalue().count("Do you want") == 2


@pytest.mark.parametrize(
    ("flag", "text", "expected"),
    [
        ("", "", False),
        ("", "options:\n  refresh: always\n", True),
        ("false", "options:\n  refresh: always\n", False),
        ("true", "", True),
        ("1", "", True),
    ],
)
def test_a_refresh_is_asked_for_by_flag_or_project(
    flag: str, text: str, expected: bool, tmp_path: Path
) -> None:
    assert wants_refresh(flag, project(tmp_path, text)) is expected


def test_a_refresh_that_is_neither_true_nor_false_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EngineError, match="for --refresh: true or false is expected"):
        wants_refresh("perhaps", project(tmp_path))


def test_the_interpreter_is_that_of_the_project_then_of_the_environment_then_this_one(
    tmp_path: Path,
) -> None:
    python = tmp_path / "venv/bin/python"
    python.parent.mkdir(parents=True)
    python.symlink_to(sys.executable)
    named = {"PULUMI_PYTHON_CMD": sys.executable, "PATH": ""}

    assert find_interpreter(project(tmp_path, virtualenv="venv"), named) == python
    assert (
        find_interpreter(project(tmp_path, virtualenv=str(tmp_path / "venv")), {})
        == python
    )
    assert find_interpreter(project(tmp_path), named) == Path(sys.executable)
    assert find_interpreter(project(tmp_path), {}) == Path(sys.executable)


@pytest.mark.parametrize(
    ("options", "environ", "sentence"),
    [
        (
            {"virtualenv": "none"},
            {},
            "the virtualenv that Pulumi.yaml names is not there",
        ),
        (
            {"virtualenv": "v" * 300},
            {},
            "the virtualenv that Pulumi.yaml names cannot be used: .*/bin/python: File name too long",
        ),
        (
            {},
            {"PULUMI_PYTHON_CMD": "no-such-python", "PATH": ""},
            "PULUMI_PYTHON_CMD names no-such-python",
        ),
    ],
)
def test_an_interpreter_that_is_not_there_is_one_sentence(
    options: dict[str, str], environ: dict[str, str], sentence: str, tmp_path: Path
) -> None:
    with pytest.raises(EngineError, match=sentence):
        find_interpreter(project(tmp_path, **options), environ)


def test_a_program_can_be_told_any_degree_of_parallelism(tmp_path: Path) -> None:
    base, here = Snapshot(), project(tmp_path)

    request = build_request(
        "up",
        OperationFlags(parallel=2**64),
        here,
        base,
        dry_run=True,
        verbose=False,
    )

    assert request.parallel < 2**31


def test_the_degree_of_parallelism_follows_the_processors() -> None:
    assert [default_parallel(count) for count in (1, 2, 4, 64)] == [4, 8, 16, 16]


@pytest.mark.parametrize(
    ("argv", "only_there"),
    [
        (["preview", "--help"], "--save-plan"),
        (["up", "--help"], "--policy-pack"),
        (["refresh", "--help"], "--import-pending-creates"),
        (["destroy", "--help"], "--override-env"),
    ],
)
def test_help_offers_nothing_that_is_not_there(
    argv: Sequence[str], only_there: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(argv) == 0

    shown = capsys.readouterr().out
    assert only_there not in shown
    assert "--stack" in shown
