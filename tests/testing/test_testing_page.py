"""docs/testing.md: its files run as tests, as they stand on the page."""

import re
from pathlib import Path

import pytest

from tests.testing.page import page_files, write_page
from tests.testing.runs import run_pytest

# One test of each of these files; the others are slow.
QUICK = {
    "test_textfile.py": "test_it_creates_a_file_once",
    "test_launch.py": "test_a_declared_plan_is_started_once",
}


def test_each_python_block_of_the_page_is_a_file() -> None:
    names = [*page_files()]

    assert names == [
        "textfile.py",
        "test_textfile.py",
        "test_both_engines.py",
        "test_launch.py",
        "test_sdk.py",
        "test_terraform.py",
    ]


@pytest.mark.thorough
def test_a_test_of_each_fixture_runs_as_the_page_says(tmp_path: Path) -> None:
    write_page(tmp_path, "textfile.py", *QUICK)

    done = run_pytest(tmp_path, *(f"{file}::{test}" for file, test in QUICK.items()))

    assert done.returncode == 0, done.stdout
    assert re.search(r"^2 passed", done.stdout, re.MULTILINE), done.stdout


@pytest.mark.slow
def test_all_files_of_the_page_run(tmp_path: Path) -> None:
    write_page(tmp_path)

    done = run_pytest(tmp_path, "-n", "4")

    assert done.returncode == 0, done.stdout
