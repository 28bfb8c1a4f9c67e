"""The load over time as a picture, and what `--plot` does when there can be none."""

import json
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_cli.main import main
from pulumi_esa_prefetch.load import Limits, Span
from pulumi_esa_prefetch.report.analysis.timeline import Timeline
from tests.support.previews import NOW, old

LIMITS = {
    "maxOriginUrlsPerSecond": 0.5,
    "freeze": [{"name": "double eleven", "window": "2026-11-11T00:30:00Z/PT1H"}],
}


@pytest.fixture
def exported(tmp_path: Path) -> str:
    path = tmp_path / "state.json"
    resources = [old("a", 1), old("b", 2, end_time="")]
    path.write_text(json.dumps({"version": 3, "deployment": {"resources": resources}}))
    return str(path)


def run(exported: str, *options: str) -> int:
    given = ["--file", exported, "--offline", "--at", NOW.isoformat()]
    return main(["timeline", *given, *options])


def timeline(*names: str, rate: float = 1.0) -> Timeline:
    spans = tuple(
        Span("a.example", name, NOW, NOW + timedelta(hours=n + 1), rate)
        for n, name in enumerate(names)
    )
    return Timeline("prod", NOW, spans, Limits.model_validate(LIMITS))


def drawn(given: Timeline) -> tuple[Any, list[str], list[Any]]:
    """The figure, and the labels and the handles of its legend."""
    plot = pytest.importorskip(
        "pulumi_esa_prefetch.report.render.plot",
        reason="matplotlib is not installed",
        exc_type=ImportError,
    )
    figure = plot.figure_of(given)
    (legend,) = figure.legends
    return figure, [text.get_text() for text in legend.texts], legend.legend_handles


def test_the_picture_names_the_stack_the_plans_now_limits_and_freeze_windows() -> None:
    figure, labels, handles = drawn(timeline("small", "big"))

    assert figure.get_suptitle() == "prod: load of 2 plans"
    assert labels == [
        "big",
        "small",
        "now",
        "limit: 0.5 URLs/s",
        "freeze: double eleven",
    ]
    colours = [handle.get_facecolor() for handle in handles[:2]]
    assert colours[0] != colours[1]


def test_axis_and_limit_are_in_a_unit_that_reads_well() -> None:
    figure, labels, _ = drawn(timeline("slow", rate=0.02))

    assert figure.axes[0].get_ylabel() == "URLs/min"
    assert "limit: 30 URLs/min" in labels


def test_of_many_plans_the_legend_names_the_biggest_and_counts_the_others() -> None:
    _, labels, _ = drawn(timeline(*(f"plan-{n:03}" for n in range(200))))

    assert labels[:8] == [*(f"plan-{n}" for n in range(199, 192, -1)), "193 others"]


def test_a_plan_has_the_same_colour_on_each_origin() -> None:
    one = timeline("a", "b")
    spans = tuple(Span("b.example", s.plan, s.start, s.end, 9.0) for s in one.spans)

    figure, _, _ = drawn(Timeline("prod", NOW, (*one.spans, *spans), Limits()))

    first, second = (
        [tuple(layer.get_facecolor()[0]) for layer in panel.collections]
        for panel in figure.axes
    )
    assert first == second


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


def test_names_in_any_script_and_with_any_sign_are_drawn() -> None:
    plot = pytest.importorskip(
        "pulumi_esa_prefetch.report.render.plot",
        reason="matplotlib is not installed",
        exc_type=ImportError,
    )
    names = ("双十一预热", "$x^{2", "_hidden", "n" * 200)

    assert len(plot.picture(timeline(*names), "png")) > 1_000
    _, labels, _ = drawn(timeline(*names))
    assert labels[0] == f"{'n' * 39}…"
    assert " _hidden" in labels


@pytest.mark.parametrize(
    ("file", "sentence"),
    [
        ("load.jpeg2", "must end with one of .pdf, .png, .svg"),
        ("no/load.png", "No such file"),
    ],
    ids=["a format", "a folder"],
)
def test_a_picture_that_cannot_be_written_is_one_sentence_and_nothing_else(
    exported: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    file: str,
    sentence: str,
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")

    code = run(exported, "--plot", str(tmp_path / file))

    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert err.startswith("error: --plot: ")
    assert sentence in err
    assert err.count("\n") == 1


def test_without_matplotlib_one_sentence_says_what_to_install(
    exported: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in [name for name in sys.modules if name.endswith(".render.plot")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "matplotlib", None)

    code = run(exported, "--plot", str(tmp_path / "load.png"))

    out, err = capsys.readouterr()
    assert (code, out) == (1, "")
    assert "pip install 'pulumi-esa-prefetch[cli,plot]'" in err


def test_without_any_load_no_picture_is_written_and_one_line_says_so(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib", reason="matplotlib is not installed")
    empty, file = tmp_path / "state.json", tmp_path / "load.png"
    empty.write_text(json.dumps({"version": 3, "deployment": {"resources": []}}))

    code = run(str(empty), "--plot", str(file))

    assert code == 0
    assert "there is no load to draw" in capsys.readouterr().err
    assert not file.exists()
