"""What a purge decides, without a call: conflicts, reasons, the parts of a list, and how far its tasks are."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.api.models import PurgeTask
from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.provider.url_purge import (
    LONGEST_CONTENT,
    MOST_URLS,
    parts,
    purge_conflicts,
    purge_progress,
    purge_reason,
    start_conflicts,
)

NOW = datetime(2030, 1, 1, tzinfo=UTC)
A, B = "https://www.example.com/a", "https://www.example.com/b"


@pytest.mark.parametrize(
    ("declared", "said"),
    [
        ({}, ""),
        ({"desired_state": "running", "rerun": "from_start"}, ""),
        ({"desired_state": UNKNOWN, "windows": {"w": {"start_time": UNKNOWN}}}, ""),
        ({"windows": {"w": {"start_time": "2030-01-01T00:00:00Z"}}}, ""),
        (
            {"windows": {"w": {"start_time": "2030-01-01T00:00:01Z"}}},
            (
                'windows.w opens in the future, at 2030-01-01T00:00:01Z: purge="before" is for plans that run at '
                "once; remove one of the two"
            ),
        ),
        (
            {"desired_state": "stopped"},
            'desired_state must be "running": purge="before" is for plans that run at once',
        ),
        (
            {"rerun": "resume"},
            (
                'rerun must be "from_start": purge="before" purges all URLs, and "resume" would not fetch all'
            ),
        ),
    ],
)
def test_a_purge_is_for_plans_that_run_at_once_from_the_first_url(
    declared: dict[str, Any], said: str
) -> None:
    assert "; ".join(purge_conflicts(declared, NOW)) == said


DENIED = Limits.model_validate(
    {
        "maxOriginUrlsPerSecond": 5,
        "freeze": ["2030-06-01T00:00:00Z/2030-07-01T00:00:00Z"],
        "enforce": "deny",
    }
)
PACE = {"interval": 60, "slice_len": 10}


@pytest.mark.parametrize(
    ("window", "limits", "now", "said"),
    [
        (PACE, None, NOW, ""),
        (PACE | {"end_time": "2030-01-01T00:00:01Z"}, None, NOW, ""),
        (
            PACE | {"end_time": "2030-01-01T00:00:00Z"},
            DENIED,
            NOW,
            (
                "windows.w ended at 2030-01-01T00:00:00Z: nothing is purged for a plan that cannot start; move its "
                "end_time"
            ),
        ),
        (PACE, DENIED, NOW, ""),
        (PACE | {"interval": UNKNOWN}, DENIED, NOW.replace(month=6), ""),
        (
            PACE,
            DENIED,
            NOW.replace(month=6, day=2),
            (
                "windows.w would start at 2030-06-02T00:00:00Z, in the freeze window "
                "'2030-06-01T00:00:00Z/2030-07-01T00:00:00Z' (2030-06-01T00:00:00Z to 2030-07-01T00:00:00Z): "
                "esa-prefetch:limits deny it, so that nothing is purged for it"
            ),
        ),
        (
            PACE | {"interval": 1},
            DENIED,
            NOW,
            (
                "windows.w would load www.example.com with 10 URLs/s, above the limit of 5: esa-prefetch:limits deny "
                "it, so that nothing is purged for it"
            ),
        ),
    ],
    ids=[
        *("open", "ends later", "ended", "allowed", "unknown", "freeze", "rate"),
    ],
)
def test_nothing_is_purged_for_a_plan_that_would_not_be_started(
    window: dict[str, Any], limits: Limits | None, now: datetime, said: str
) -> None:
    declared = {"site_id": "7", "urls": f"{A}\n{B}", "windows": {"w": window}}

    assert "; ".join(start_conflicts(declared, limits, now)) == said


RECORDED = {"site_id": "7", "triggers": {"urls": "sha256:a", "triggers": {"n": 1.0}}}


@pytest.mark.parametrize(
    ("declared", "reason"),
    [
        ({"triggers": {"triggers": {"n": 1}, "urls": "sha256:a"}}, ""),
        ({"job_id": UNKNOWN, "urls": A}, ""),
        (
            {"triggers": {"urls": "sha256:b", "triggers": {"n": 2.0}}},
            "URLs changed",
        ),
        (
            {"triggers": {"urls": "sha256:a", "triggers": {"n": 2.0}}},
            "triggers changed",
        ),
        ({"triggers": {"urls": "sha256:a"}}, "triggers changed"),
        (
            {"triggers": {"urls": "sha256:a", "triggers": UNKNOWN}},
            "triggers may have changed",
        ),
        ({"site_id": "8"}, "the site changed"),
        ({"site_id": UNKNOWN}, "the site may have changed"),
    ],
)
def test_urls_are_purged_again_for_other_urls_and_triggers_and_for_nothing_else(
    declared: dict[str, Any], reason: str
) -> None:
    assert purge_reason(RECORDED | {"purged": 1.0}, RECORDED | declared) == reason


@given(st.lists(st.text("a/é€ ", max_size=2048), max_size=30, unique=True))
def test_each_call_fits_in_a_request_line_and_no_url_is_left_out(
    urls: list[str],
) -> None:
    found = list(parts(urls))

    assert [url for part in found for url in part] == urls
    for part in found:
        content = quote(json.dumps(part), safe="-._~")
        assert len(part) == 1 or len(content) <= LONGEST_CONTENT + 10


def test_a_call_has_a_thousand_urls_at_most() -> None:
    short = [f"{n:04}" for n in range(2500)]

    lengths = [len(part) for part in parts(short)]

    assert max(lengths) <= MOST_URLS
    assert sum(lengths) == 2500


def task(
    task_id: str, status: str, content: str = A, description: str | None = None
) -> PurgeTask:
    return PurgeTask(
        task_id=task_id,
        status=status,
        content=tuple(content.split()),
        description=description,
    )


@pytest.mark.parametrize(
    ("tasks", "waits_for", "failed"),
    [
        ([], "ESA does not list task 1", ""),
        ([task("1", "complete")], "", ""),
        ([task("1", "complete", A), task("1", "refreshing", B)], "task 1 is", ""),
        ([task("1", "complete", f"{A}\n{B}")], "", ""),
        ([task("1", "pending")], "task 1 is pending", ""),
        ([task("1", "complete"), task("9", "refreshing", B)], "task 9 is", ""),
        ([task("1", "complete"), task("9", "refreshing", f"x\n{B}")], "task 9", ""),
        ([task("1", "complete"), task("9", "failed", B)], "", ""),
        ([task("1", "complete"), task("9", "refreshing", "https://x/")], "", ""),
        (
            [task("1", "failed", A, "Internal Error")],
            "",
            "ESA failed in task 1 (Internal Error)",
        ),
    ],
)
def test_a_purge_waits_for_its_tasks_and_for_any_other_that_purges_its_urls(
    tasks: list[PurgeTask], waits_for: str, failed: str
) -> None:
    progress = purge_progress(tasks, ["1"], [A, B])

    assert progress.waits_for.startswith(waits_for)
    assert bool(progress.waits_for) == bool(waits_for)
    assert progress.failed == failed
