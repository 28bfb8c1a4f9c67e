"""What each origin will get over time, in rows and as a picture."""

import json
from pathlib import Path

import pytest

from pulumi_esa_cli.main import main
from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.analysis.timeline import loads_of, rows
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from tests.support.previews import NOW, old, state

LATER = {"start_time": "2026-11-11T01:30:00Z", "end_time": "2026-11-11T03:00:00Z"}
LIMITS = {
    "maxOriginUrlsPerSecond": 0.5,
    "freeze": [{"name": "launch", "window": "2026-11-11T02:30:00Z/PT1H"}],
}


def test_each_segment_of_time_is_a_row_with_its_plans_and_broken_limits() -> None:
    loads = loads_of(state(old("a", 1), old("b", 2, **LATER)), EsaSnapshot(), NOW)

    told = list(rows(loads, Limits.model_validate(LIMITS)))

    assert told == [
        f"the origin of job {'a' * 24}: up to 0.667 URLs/s",
        "  2026-11-11T01:00:00Z  2026-11-11T01:30:00Z  ██████████             0.333  a",
        (
            "  2026-11-11T01:30:00Z  2026-11-11T02:00:00Z  ████████████████████   0.667  "
            "a, b; above the limit of 0.5"
        ),
        (
            "  2026-11-11T02:00:00Z  2026-11-11T03:00:00Z  ██████████             0.333  "
            "b; freeze window 'launch'"
        ),
    ]


def test_no_load_is_reported() -> None:
    assert list(rows({}, Limits())) == ["No plan will submit anything."]


@pytest.fixture
def exported(tmp_path: Path) -> str:
    path = tmp_path / "state.json"
    resources = [old("a", 1), old("b", 2, end_time="")]
    path.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return str(path)


def run(exported: str, *options: str) -> int:
    given = ["--file", exported, "--offline", "--at", NOW.isoformat()]
    return main(["timeline", *given, *options])


def test_the_command_prints_rows_or_json(
    exported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(exported) == 0
    assert "open end" in capsys.readouterr().out

    assert run(exported, "--json") == 0
    (segments,) = json.loads(capsys.readouterr().out).values()
    assert [segment["plans"] for segment in segments] == [["a", "b"], ["b"]]


@pytest.mark.parametrize("suffix", ["png", "svg", "pdf"])
def test_a_picture_is_drawn_the_same_each_time(
    exported: str, tmp_path: Path, suffix: str
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    files = [tmp_path / f"{name}.{suffix}" for name in ("one", "two")]

    for file in files:
        assert run(exported, "--plot", str(file)) == 0

    one, two = [file.read_bytes() for file in files]
    assert len(one) > 1_000
    assert one == two


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("load.jpeg2", "must end with one of .pdf, .png, .svg"),
        ("no/load.png", "No such file"),
    ],
    ids=["a format", "a folder"],
)
def test_a_picture_that_cannot_be_written_is_a_sentence(
    exported: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    sentence: str,
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")

    code = run(exported, "--plot", str(tmp_path / file))

    said = capsys.readouterr().err
    assert code == 1
    assert said.startswith("error: --plot: ")
    assert sentence in said
