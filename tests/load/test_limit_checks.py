"""The findings for runs under limits, word for word."""

from datetime import UTC, datetime, timedelta

import pytest

from pulumi_esa_prefetch.load import (
    LimitFinding,
    Limits,
    PlanLoad,
    Run,
    check_load,
    check_plan,
    check_start,
    denied_sentences,
    forecast,
    list_text,
)

NOW = datetime(2026, 11, 11, tzinfo=UTC)
FREEZE = {"name": "launch", "window": "2026-11-11T01:00:00Z/PT1H"}


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def limits(**settings: object) -> Limits:
    return Limits.model_validate(settings)


def planned(run: Run, urls: int | None, origins: dict[str, int]) -> PlanLoad:
    return PlanLoad(forecast([run], urls, NOW)[0], origins)


def test_a_plan_within_all_limits_has_no_finding() -> None:
    given = limits(maxOriginUrlsPerSecond=1, freeze=[FREEZE], enforce="deny")

    assert check_start(Run("warm", 30, 10, at(0), at(600)), [], given, NOW, 100) == []


def test_a_past_window_is_the_only_finding() -> None:
    given = limits(maxOriginUrlsPerSecond=0.1, enforce="deny")

    findings = check_start(Run("warm", 30, 10, at(-60), at(-1)), [], given, NOW, 100)

    assert [(j.kind, j.level) for j in findings] == [("past", "deny")]
    assert findings[0].text == (
        "warm: its window ended at 2026-11-10T23:59:59Z, so it would submit nothing; "
        "give the plan a later EndTime"
    )


def test_a_window_that_is_too_short_names_the_rest_and_the_time_it_needs() -> None:
    findings = check_start(Run("warm", 30, 10, at(0), at(60)), [], Limits(), NOW, 55)

    assert findings == [
        LimitFinding(
            "fit",
            "warn",
            ("warm",),
            "warm: the window ends at 2026-11-11T00:01:00Z with 35 URLs not submitted; "
            "at 10 URLs every 30 s this plan alone would need until "
            "2026-11-11T00:02:30Z",
        )
    ]


def test_plans_of_one_job_that_finish_the_list_together_fit() -> None:
    first, second = Run("one", 30, 10, at(0), at(60)), Run("two", 30, 10, at(60))

    assert check_start(first, [second], Limits(), NOW, 55) == []


@pytest.mark.parametrize(
    ("start", "urls", "words"),
    [
        (3600, 10, "warm would start at 2026-11-11T01:00:00Z, in the freeze window "),
        (7199, 10, "warm would start at 2026-11-11T01:59:59Z, in the freeze window "),
        (
            3590,
            20,
            (
                "warm starts at 2026-11-11T00:59:50Z and would still submit in the "
                "freeze window "
            ),
        ),
    ],
    ids=["at its start", "a second before its end", "a minute into it"],
)
def test_a_batch_in_a_freeze_window_is_a_finding(
    start: int, urls: int, words: str
) -> None:
    given = limits(freeze=[FREEZE], enforce={"freeze": "deny"})

    findings = check_start(Run("warm", 30, 10, at(start)), [], given, NOW, urls)

    assert denied_sentences(findings) == [
        f"{words}'launch' (2026-11-11T01:00:00Z to 2026-11-11T02:00:00Z)"
    ]


@pytest.mark.parametrize(
    ("start", "urls"), [(7200, 10), (3590, 10), (0, 10)], ids=["after", "just", "far"]
)
def test_a_run_outside_the_freeze_window_is_no_finding(start: int, urls: int) -> None:
    given = limits(freeze=[FREEZE])

    assert check_start(Run("warm", 30, 10, at(start)), [], given, NOW, urls) == []


def test_an_endless_run_of_unknown_length_reaches_every_later_freeze_window() -> None:
    findings = check_start(Run("warm", 30, 10), [], limits(freeze=[FREEZE]), NOW)

    assert "would still submit in" in findings[0].text


def test_the_plan_s_own_rate_is_that_of_its_largest_batch() -> None:
    run = Run("warm", 2, 10, at(0))
    given = limits(maxOriginUrlsPerSecond=4, enforce="deny")

    whole = check_plan(planned(run, 10, {"a.example": 10}), given)
    mixed = check_plan(planned(run, 10, {"a.example": 8, "b.example": 2}), given)
    nameless = check_plan(planned(run, 10, {}), given)

    assert [j.text for j in whole] == [
        "warm would load a.example with 5 URLs/s, above the limit of 4"
    ]
    assert mixed == []
    assert "load its origin with 5 URLs/s" in nameless[0].text


def test_sums_over_plans_name_the_plans_the_origin_and_the_time() -> None:
    given = limits(maxOriginUrlsPerSecond=1, enforce="deny")
    plans = [
        planned(Run(name, 10, 6, at(start)), 60, {"a.example": 6})
        for name, start in [("one", 0), ("two", 50), ("far", 9000)]
    ]

    findings = check_load(plans, given)

    assert findings == [
        LimitFinding(
            "rate",
            "deny",
            ("one", "two"),
            "one and two together load a.example with up to 1.2 URLs/s from "
            "2026-11-11T00:00:50Z to 2026-11-11T00:01:40Z, above the limit of 1",
        )
    ]


def test_one_plan_above_the_limit_is_not_a_sum() -> None:
    given = limits(maxOriginUrlsPerSecond=1)

    assert check_load([planned(Run("one", 1, 6), 60, {"a.example": 6})], given) == []


def test_plans_of_different_origins_are_not_summed() -> None:
    given = limits(maxOriginUrlsPerSecond=1)
    plans = [planned(Run(n, 10, 6), 60, {f"{n}.example": 6}) for n in ("one", "two")]

    assert check_load(plans, given) == []


def test_a_sum_that_changes_above_the_limit_is_one_finding() -> None:
    given = limits(maxOriginUrlsPerSecond=1)
    plans = [
        planned(Run(f"plan {n}", 10, 6, at(10 * n)), None, {"a.example": 6})
        for n in range(8)
    ]

    findings = check_load(plans, given)

    assert len(findings) == 1
    assert findings[0].text == (
        "plan 0, plan 1, plan 2, plan 3, plan 4 and 3 more together load a.example "
        "with up to 4.8 URLs/s from 2026-11-11T00:00:10Z on, above the limit of 1"
    )


def test_without_a_limit_no_sum_is_checked() -> None:
    assert check_load([planned(Run("one", 1, 6), 60, {"a.example": 6})], Limits()) == []


@pytest.mark.parametrize(
    ("names", "text"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more"),
    ],
)
def test_some_names_are_listed_and_the_rest_is_counted(
    names: list[str], text: str
) -> None:
    assert list_text(names, most=3) == text
