"""A shell completes every command, its flags, and the names of the stack's plans."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from pulumi_esa_cli.main import COMMANDS, main
from tests.support.engines import ESA_PREFETCH

BASH = """
source <(esa-prefetch gen-completion bash)
COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1))
_esa_prefetch_completion esa-prefetch
printf '%s\\n' "${COMPREPLY[@]}"
"""


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(ESA_PREFETCH).parent}:{os.environ['PATH']}")
    return tmp_path


def completed(*words: str) -> list[str]:
    """What bash offers for the last word."""
    line = ["bash", "--norc", "-c", BASH, "bash", "esa-prefetch", *words]
    done = subprocess.run(line, capture_output=True, text=True, check=True)
    assert done.stderr == ""
    return done.stdout.split()


@pytest.mark.usefixtures("directory")
@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
@pytest.mark.parametrize(
    ("words", "offered"),
    [
        ([""], list(COMMANDS)),
        (["pla"], ["plan"]),
        (["--co"], ["--color"]),
        (["plan", "st"], ["start", "stop"]),
        (["plan", "wait", "--until", ""], ["finished", "running"]),
        (["plan", "rerun", "--r"], ["--resume"]),
        (["config", "g"], ["get"]),
        (["policy", ""], ["analyze"]),
        (["up", "--ref"], ["--refresh"]),
        (["gen-completion", ""], ["bash", "zsh", "fish"]),
        (["plan", "show", ""], []),
    ],
)
@pytest.mark.thorough
def test_bash_offers_commands_flags_and_values(
    words: list[str], offered: list[str]
) -> None:
    assert completed(*words) == offered


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_other_shells_ask_in_their_own_way(
    shell: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("_ESA_PREFETCH_COMPLETE", f"complete_{shell}")
    monkeypatch.setenv("_TYPER_COMPLETE_ARGS", "esa-prefetch plan st")
    monkeypatch.setenv("_TYPER_COMPLETE_FISH_ACTION", "get-args")

    with pytest.raises(SystemExit) as ended:
        main([])

    out = capsys.readouterr().out
    assert ended.value.code == 0
    assert "start" in out
    assert "Stop plans that run" in out


@pytest.mark.parametrize("name", ["gen-completion", "completion"])
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_has_a_script(
    name: str, shell: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([name, shell]) == 0

    assert "_ESA_PREFETCH_COMPLETE=complete_" in capsys.readouterr().out


def test_another_shell_is_refused_in_a_sentence(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["gen-completion", "csh"]) == 1

    assert capsys.readouterr().err == (
        "error: Invalid value for 'SHELL': 'csh' is not one of 'bash', 'zsh', 'fish'.\n"
    )
