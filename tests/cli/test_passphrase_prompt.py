"""The passphrase as a person on a terminal gives it; nothing of what it opens."""

import os
import pty
import sys
import time
from pathlib import Path
from select import select

import pytest

from tests.support.console import console_in
from tests.support.engine_stacks import PASSPHRASE, environ_of, project_in

SECONDS = 60
# with its last blank: only then is what is typed no longer shown
OLD = "remember): "
COMMAND = "import sys; from pulumi_esa_cli.main import main; sys.exit(main())"


def dialogue(
    directory: Path, *words: str, answers: tuple[tuple[str, str], ...]
) -> tuple[str, int]:
    """What a terminal shows while each prompt gets its answer, and the exit code."""
    taken = {"CI", "PULUMI_CONFIG_PASSPHRASE"}
    environ = {**os.environ, **environ_of(directory), "TERM": "xterm"}
    process, terminal = pty.fork()
    if process == 0:
        os.chdir(directory)
        kept = {key: value for key, value in environ.items() if key not in taken}
        os.execve(sys.executable, [sys.executable, "-c", COMMAND, *words], kept)
    shown = ""
    for prompt, answer in answers:
        shown += until(terminal, prompt)
        os.write(terminal, f"{answer}\n".encode())
    shown += until(terminal, "")
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    return shown.replace("\r\n", "\n"), os.waitstatus_to_exitcode(status)


def until(terminal: int, text: str) -> str:
    """What is shown until a text is, or, without one, until the other side is closed."""
    shown, deadline = "", time.monotonic() + SECONDS
    while (not text or text not in shown) and time.monotonic() < deadline:
        if not select([terminal], [], [], 1)[0]:
            continue
        try:
            shown += os.read(terminal, 65536).decode(errors="replace")
        except OSError:
            break
    return shown


def test_a_passphrase_is_asked_for_until_it_fits_and_never_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    console = console_in(tmp_path, monkeypatch, capsys)
    console("config", "set", "--secret", "pw", "hush")

    shown, code = dialogue(
        tmp_path, "config", "get", "pw", answers=((OLD, "wrong"), (OLD, PASSPHRASE))
    )

    assert code == 0
    assert "error: incorrect passphrase\n" in shown
    assert shown.endswith("hush\n")
    assert "wrong" not in shown


def test_a_new_passphrase_is_asked_for_twice(tmp_path: Path) -> None:
    project_in(tmp_path)
    answers = (
        ("protect config/secrets: ", "one"),
        ("to confirm: ", "two"),
        ("protect config/secrets: ", "one"),
        ("to confirm: ", "one"),
    )

    shown, code = dialogue(tmp_path, "stack", "init", "prod", answers=answers)

    assert code == 0
    assert "error: passphrases do not match\n" in shown
    assert "encryptionsalt: v1:" in (tmp_path / "Pulumi.prod.yaml").read_text()


def test_nobody_is_asked_where_nobody_can_answer(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    console = console_in(tmp_path, monkeypatch, capsys)
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")

    said = console("config", "set", "--secret", "pw", "hush")

    assert said.code == 1
    assert "PULUMI_CONFIG_PASSPHRASE" in said.err
