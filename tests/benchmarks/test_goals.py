"""How `make bench` judges what it has measured, and that each of its goals has a row that measures it."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from stacks.prefetch.demo.settings import ROOT
from tests.benchmarks.goals import BASELINE, GOALS, WORSE, read_baseline, verdicts
from tests.benchmarks.rows import ROWS
from tests.benchmarks.sides import OPERATIONS


def test_a_ratio_within_its_goal_is_met_and_one_above_it_is_missed() -> None:
    (met, missed) = verdicts({"imports": 0.72, "call/sdk": 0.51}, {})

    assert (met.goal.name, met.met, missed.met) == ("call/sdk", False, True)
    assert "MISSED" in met.text()
    assert "goal 0.72" in missed.text()


def test_a_ratio_clearly_above_the_baseline_is_worse_though_its_goal_is_met() -> None:
    (same,) = verdicts({"imports": 0.5}, {"imports": 0.5})
    (worse,) = verdicts({"imports": 0.5}, {"imports": 0.5 / WORSE - 0.01})

    assert (same.worse, worse.worse, worse.met) == (False, True, True)
    assert worse.text().endswith("WORSE")


def test_what_was_not_measured_is_not_judged() -> None:
    assert list(verdicts({}, {"imports": 0.5})) == []


def test_each_goal_is_measured_by_a_row_and_the_baseline_knows_no_other() -> None:
    source = (ROOT / "tests/benchmarks/rows.py").read_text()
    written = set(re.findall(r'"([^"\n]+)"', source))
    made = {f"{title}/{other}" for title in OPERATIONS for other in ("null", "cli")}
    made |= {f"{title}/null 50 ms" for title in OPERATIONS}

    names = [goal.name for goal in GOALS]
    assert len(set(names)) == len(names)
    assert set(names) <= written | made
    assert read_baseline().keys() <= set(names)
    assert BASELINE.exists() == bool(read_baseline())


def test_an_unknown_row_is_one_sentence() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks", "--only", "tabel"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 2
    assert f"no row 'tabel': choose among {', '.join(ROWS)}" in done.stderr


@pytest.mark.slow
def test_a_small_bench_measures_and_writes_what_it_saw(tmp_path: Path) -> None:
    file = tmp_path / "bench.json"

    done = subprocess.run(
        [
            *(sys.executable, "-m", "tests.benchmarks", "--plans=20", "--rounds=1"),
            *("--only=table imports", f"--json={file}"),
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )

    seen = json.loads(file.read_text())
    assert done.returncode in (0, 1), done.stderr
    assert {"up/null", "no change/null", "refresh/null", "destroy/null", "imports"} <= (
        seen["ratios"].keys()
    )
    assert seen["figures"]["ours esa-prefetch {}"]["up"]["cpu"].keys() >= {
        "engine",
        "host",
        "program",
    }
