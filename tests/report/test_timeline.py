"""What each origin will get over time, in rows and as JSON."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len

from pulumi_esa_cli.esa.timeline_rows import timeline_rows
from pulumi_esa_cli.main import main
from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.analysis.timeline import Timeline, timeline_of
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from tests.support.previews import NOW, Document, old, state

LATER = {"start_time": "2026-11-11T01:30:00Z", "end_time": "2026-11-12T03:00:00Z"}
LIMITS = {
    "maxOriginUrlsPerSecond": 0.02,
    "freeze": [{"name": "launch", "window": "2026-11-11T02:30:00Z/PT1H"}],
}
SLOW: Document = {"interval": 600}


def timeline(*resources: Document, **limits: Any) -> Timeline:
    given = Limits.model_validate(limits)
    return timeline_of("prod", state(*resources), EsaSnapshot(), NOW, given)


def test_each_segment_of_time_is_a_row_with_its_plans_and_broken_limits() -> None:
    loads = timeline(old("a", 1, **SLOW), old("b", 2, **SLOW, **LATER), **LIMITS)

    assert list(timeline_rows(loads, None)) == [
        "Load of prod from 2026-11-11T00:00:00Z on: 2 plans, 1 origin; times in UTC",
        "",
        f"the origin of job {'a' * 24}: up to 2 URLs/min",
        "  From   To            Load                   URLs  Plans",
        "  01:00  01:30         ██████████            1/min  a",
        (
            "  01:30  02:00         ████████████████████  2/min  "
            "a, b; above the limit of 1.2 URLs/min"
        ),
        "  02:00  12 Nov 03:00  ██████████            1/min  b; freeze window 'launch'",
    ]


def test_rows_are_wrapped_to_the_width_also_with_wide_characters() -> None:
    names = ["双十一预热-活动页-华东", "b" * 70, "plain"]
    loads = timeline(*(old(name, n) for n, name in enumerate(names)), **LIMITS)

    for width in (80, 100):
        lines = list(timeline_rows(loads, width))
        assert max(map(cell_len, lines)) <= width
        assert not any(line.endswith(" ") for line in lines)


def test_a_segment_shorter_than_a_minute_is_shown_with_its_seconds() -> None:
    end = (NOW + timedelta(hours=1, seconds=20)).isoformat()

    rows = list(timeline_rows(timeline(old("a", 1, interval=1, end_time=end)), None))

    assert rows[-1].split()[:2] == ["01:00:00", "01:00:20"]


def test_no_load_is_reported() -> None:
    assert (
        list(timeline_rows(timeline(), 80))[-1]
        == "No plan is known to submit anything."
    )


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
    assert segments[0] == {
        "start": "2026-11-11T01:00:00Z",
        "end": "2026-11-11T02:00:00Z",
        "urlsPerSecond": pytest.approx(2 / 3),
        "plans": ["a", "b"],
    }
    assert segments[1]["plans"] == ["b"]
    assert segments[1]["end"] is None
