"""The load on origins over time, compared with the sum at every second."""

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.load import (
    Run,
    Segment,
    Span,
    forecast,
    load_on_origins,
    overlaps,
    peak,
    shares,
    spans,
)

NOW = datetime(2026, 11, 11, tzinfo=UTC)


def at(seconds: float) -> datetime:
    return NOW + timedelta(seconds=seconds)


def holds(start: datetime, end: datetime | None, moment: datetime) -> bool:
    return start <= moment and (end is None or moment < end)


@st.composite
def span_of(draw: st.DrawFn) -> Span:
    start = draw(st.integers(0, 30))
    length = draw(st.none() | st.integers(1, 20))
    return Span(
        origin=draw(st.sampled_from(["a.example", "b.example"])),
        plan=f"plan {draw(st.integers(0, 9))}",
        start=at(start),
        end=None if length is None else at(start + length),
        urls_per_second=draw(st.integers(1, 100)),
    )


@given(st.lists(span_of(), max_size=8), st.integers(-1, 60))
def test_the_load_at_each_moment_is_the_sum_of_what_runs_then(
    given_spans: list[Span], second: int
) -> None:
    load = load_on_origins(given_spans)

    for origin in ("a.example", "b.example"):
        running = [
            span
            for span in given_spans
            if span.origin == origin and holds(span.start, span.end, at(second))
        ]
        told = [s for s in load.get(origin, ()) if holds(s.start, s.end, at(second))]
        assert sum(s.urls_per_second for s in told) == pytest.approx(
            sum(span.urls_per_second for span in running)
        )
        assert {p for s in told for p in s.plans} == {span.plan for span in running}


@given(st.lists(span_of(), min_size=1, max_size=8))
def test_segments_are_in_order_and_do_not_overlap(
    given_spans: list[Span],
) -> None:
    for segments in load_on_origins(given_spans).values():
        for before, after in itertools.pairwise(segments):
            assert before.end is not None
            assert before.start < before.end <= after.start


def test_the_peak_and_the_overlaps_are_named() -> None:
    load = load_on_origins(
        [
            Span("a.example", "early", at(0), at(20), 10),
            Span("a.example", "late", at(10), None, 5),
        ]
    )

    segments = load["a.example"]

    both = Segment(at(10), at(20), 15, ("early", "late"))
    assert peak(segments) == both
    assert overlaps(segments) == [both]
    assert segments[-1] == Segment(at(20), None, 5, ("late",))


def test_no_load_has_no_peak() -> None:
    assert peak([]) is None


@given(
    hosts=st.lists(st.sampled_from("abc"), max_size=30),
    slice_len=st.integers(1, 10),
)
def test_a_share_is_the_most_that_any_batch_holds(
    hosts: list[str], slice_len: int
) -> None:
    windows = [hosts[n : n + slice_len] for n in range(len(hosts))]

    told = shares(hosts, slice_len)

    assert told == {
        host: max(window.count(host) for window in windows) for host in set(hosts)
    }


def test_the_load_of_a_forecast_lasts_from_the_first_batch_to_one_interval_after_the_last() -> (
    None
):
    told = forecast([Run("plan", 30, 10, at(60))], 25, NOW)[0]

    assert spans(told, {"a.example": 10, "b.example": 3}) == [
        Span("a.example", "plan", at(60), at(150), 10 / 30),
        Span("b.example", "plan", at(60), at(150), 3 / 30),
    ]


def test_a_run_that_submits_nothing_loads_nothing() -> None:
    told = forecast([Run("plan", 30, 10, None, at(0))], 25, NOW)[0]

    assert spans(told, {"a.example": 10}) == []
