"""The line in which the matrix says what it went through."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.tally import Ran, tally

ONE = Ran(3, 77, rows=48, dialects=["times-utc"], faults=["reset"])
OTHER = Ran(4, 77, rows=48, dialects=["times-utc", "x"], faults=["times", "shuffled"])
TESTS = """
import pytest
from tests.lifecycle.tally import PROPERTY, Ran

@pytest.mark.parametrize("number", [1, 2, 3])
def test_matrix(record_property, number):
    record_property(PROPERTY, Ran(number, 5, 2, [f"d{number}"], ["reset"]).text())
    assert number != 2
"""
CONFTEST = "from tests.conftest import pytest_terminal_summary"


def test_one_run_is_told_in_the_singular() -> None:
    assert tally([(ONE, True)]) == (
        "matrix: 48 rows x 1 dialect x 1 fault, two by two (1 of 77 combinations): "
        "1 run, 1 passed"
    )


def test_only_what_ran_is_counted_and_each_thing_once() -> None:
    assert tally([(ONE, True), (OTHER, False), (ONE, True)]) == (
        "matrix: 48 rows x 2 dialects x 3 faults, two by two (2 of 77 combinations): "
        "3 runs, 2 passed"
    )


@pytest.mark.parametrize("workers", ["0", pytest.param("2", marks=pytest.mark.slow)])
def test_the_line_is_shown_whether_one_process_runs_the_tests_or_several(
    tmp_path: Path, workers: str
) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "test_it.py").write_text(TESTS)

    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", workers],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )

    assert (
        "\nmatrix: 2 rows x 3 dialects x 1 fault, two by two (3 of 5 combinations): "
        "3 runs, 2 passed\n"
    ) in done.stdout, done.stdout
