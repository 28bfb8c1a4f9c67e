"""Limits as the stack config writes them."""

import json
from datetime import UTC, datetime

import pytest

from pulumi_esa_prefetch.load import Limits, LimitsError

MIDNIGHT = datetime(2026, 11, 10, 16, tzinfo=UTC)


def test_no_setting_is_no_limit() -> None:
    assert Limits.parse(None) == Limits.parse("") == Limits()


@pytest.mark.parametrize(
    "window",
    [
        "2026-11-11T00:00:00+08:00/2026-11-12T00:00:00+08:00",
        "2026-11-10T16:00:00Z/PT24H",
        "2026-11-10T16:00:00Z/P1D",
        {"start": "2026-11-10T16:00:00Z", "end": "2026-11-11T16:00:00Z"},
        {"start": "2026-11-11 00:00:00 +0800 +0800", "end": "2026-11-11T16:00:00Z"},
    ],
    ids=[
        "two offsets",
        "start and hours",
        "start and days",
        "an object",
        "unquoted in stack config",
    ],
)
def test_a_freeze_window_is_read_in_every_notation(window: object) -> None:
    limits = Limits.parse(json.dumps({"freeze": [{"name": "11.11", "window": window}]}))

    interval = limits.freeze[0].window
    assert interval.start == MIDNIGHT
    assert (interval.end - interval.start).days == 1
    assert (
        str(limits.freeze[0])
        == "'11.11' (2026-11-10T16:00:00Z to 2026-11-11T16:00:00Z)"
    )


def test_a_bare_interval_is_its_own_name() -> None:
    limits = Limits.parse('{"freeze": ["2026-11-10T16:00:00Z/PT1H"]}')

    assert limits.freeze[0].name == "2026-11-10T16:00:00Z/PT1H"


def test_enforce_is_one_word_for_all_or_one_for_each_kind() -> None:
    for_all = Limits.parse('{"enforce": "deny"}')
    for_each = Limits.parse('{"enforce": {"freeze": "deny"}}')

    assert for_all.level("rate") == for_all.level("freeze") == "deny"
    assert for_each.level("freeze") == "deny"
    assert for_each.level("rate") == Limits().level("rate") == "warn"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (
            '{"maxOriginUrlsPerSecond": 0}',
            "limits.maxOriginUrlsPerSecond: must be greater than 0",
        ),
        (
            '{"maxOriginUrlsPerSecond": "x"}',
            "limits.maxOriginUrlsPerSecond: must be a number",
        ),
        (
            '{"maxOriginUrlsPerSecond": true}',
            "limits.maxOriginUrlsPerSecond: must be a number",
        ),
        (
            '{"maxOriginUrlsPerSecond": 1e999}',
            "limits.maxOriginUrlsPerSecond: must be a number",
        ),
        ('{"freeze": ["soon"]}', "limits.freeze.0.window: must be an interval: START"),
        (
            '{"freeze": ["2026-11-11T00:00:00/PT1H"]}',
            "limits.freeze.0.window: needs a zone, as in 2026-11-11T00:00:00+08:00",
        ),
        ('{"freeze": ["2026-11-11T00:00:00Z/PTX"]}', "must end with a time, or with"),
        ('{"freeze": [{"name": 5}]}', "limits.freeze.0.name: must be a string"),
        ('{"freeze": {}}', "limits.freeze: must be a list"),
        ('{"freeze": [5]}', "limits.freeze.0: must be a map"),
        (
            '{"freeze": ["2026-11-11T00:00:00Z/2026-11-10T00:00:00Z"]}',
            "limits.freeze.0.window: must end after it starts",
        ),
        (
            '{"freeze": [{"window": "2026-11-11T00:00:00Z/PT1H"}]}',
            "limits.freeze.0.name: is missing",
        ),
        ('{"enforce": "forbid"}', "limits.enforce: must be 'warn' or 'deny'"),
        (
            '{"enforce": {"rates": "deny"}}',
            "limits.enforce.rates: must be 'fit'",
        ),
        (
            '{"rate": 3}',
            "limits.rate: is not known; there are maxOriginUrlsPerSecond, freeze, enforce",
        ),
        (
            '{"maxOriginUrlPerSecond": 3}',
            "is not known; did you mean maxOriginUrlsPerSecond?",
        ),
        (
            '{"freeze": [{"windw": 1, "name": "a", "window": "2026-11-11T00:00:00Z/PT1H"}]}',
            "limits.freeze.0.windw: is not known; did you mean window?",
        ),
        ("[]", "esa-prefetch:limits: "),
        ("{", "esa-prefetch:limits: must be a map"),
    ],
    ids=lambda value: value if value.startswith(("{", "[")) else "",
)
def test_bad_limits_are_one_sentence_that_names_the_field(
    text: str, sentence: str
) -> None:
    with pytest.raises(LimitsError) as raised:
        Limits.parse(text)

    assert sentence in str(raised.value)
    assert str(raised.value).startswith("esa-prefetch:limits")
    assert "\n" not in str(raised.value)
