"""The step of preview.yml that writes the comment, run as it stands, with a `gh` that keeps comments in a file."""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.lifecycle.test_workflows import script

MARKER = "<!-- esa-prefetch summary of esa-prefetch/prod -->"
BOT = "github-actions[bot]"
GH = """#!/bin/sh
set -eu
method=GET
previous=""
for argument; do
  case $previous in
    --jq) query=$argument ;;
    --method) method=$argument ;;
  esac
  previous=$argument
  case $argument in repos/*) path=$argument ;; esac
done
echo "$method $path" >>calls.txt
if [ "$method" = GET ]; then jq -r "$query" comments.json; fi
"""


@pytest.fixture
def place(tmp_path: Path) -> Path:
    if shutil.which("jq") is None:
        pytest.skip("jq is not on PATH: it reads the query as gh does")
    gh = tmp_path / "bin/gh"
    gh.parent.mkdir()
    gh.write_text(GH)
    gh.chmod(0o755)
    (tmp_path / "comment.md").write_text(f"{MARKER}\n\nnothing to do\n")
    return tmp_path


def comment(number: int, login: str, body: str) -> dict[str, Any]:
    return {"id": number, "user": {"login": login}, "body": body}


def calls_of_the_step(place: Path, comments: list[dict[str, Any]]) -> list[str]:
    (place / "comments.json").write_text(json.dumps(comments))
    subprocess.run(
        ["bash", "-e", "-c", script("preview", "Comment")],
        cwd=place,
        env={
            "PATH": f"{place}/bin{os.pathsep}{os.environ['PATH']}",
            "GITHUB_REPOSITORY": "o/r",
            "NUMBER": "7",
            "AUTHOR": BOT,
        },
        check=True,
        timeout=60,
    )
    return (place / "calls.txt").read_text().splitlines()


LISTED = "GET repos/o/r/issues/7/comments"
POSTED = "POST repos/o/r/issues/7/comments"


def test_the_first_run_writes_a_comment(place: Path) -> None:
    assert calls_of_the_step(place, []) == [LISTED, POSTED]


def test_the_next_run_changes_the_comment_of_the_bot(place: Path) -> None:
    own = [comment(1, BOT, "tests are green"), comment(2, BOT, f"{MARKER}\n\nold")]

    calls = calls_of_the_step(place, own)

    assert calls == [LISTED, "PATCH repos/o/r/issues/comments/2"]


def test_a_comment_of_a_person_that_quotes_the_marker_is_left_alone(
    place: Path,
) -> None:
    quoted = comment(3, "somebody", f"{MARKER}\n\nwhy this?")

    assert calls_of_the_step(place, [quoted]) == [LISTED, POSTED]


def test_the_comment_of_another_stack_is_left_alone(place: Path) -> None:
    other = comment(4, BOT, MARKER.replace("prod", "staging"))

    assert calls_of_the_step(place, [other]) == [LISTED, POSTED]
