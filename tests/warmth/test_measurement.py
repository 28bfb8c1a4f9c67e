"""A measurement: what is asked, in which order, and what is counted."""

import threading

import pytest

from pulumi_esa_prefetch.warmth.edge_answer import EdgeAnswer
from pulumi_esa_prefetch.warmth.measurement import Measurement, measure
from pulumi_esa_prefetch.warmth.sampling import sampled, url_digest

URLS = [f"https://www.example.com/{number}.jpg" for number in range(40)]


def hit(url: str) -> EdgeAnswer:
    return EdgeAnswer(url, "HIT", 206)


def test_a_digest_stays_what_it_is_for_states_hold_it() -> None:
    assert url_digest("https://www.example.com/a.jpg") == "c62e1e4043d56fb7"


def test_a_sample_depends_on_the_seed_alone_and_not_on_the_order_of_the_list() -> None:
    backwards = [*reversed(URLS), *URLS]

    assert sampled(URLS, 5, 7) == sampled(backwards, 5, 7)
    assert sampled(URLS, 5, 7) != sampled(URLS, 5, 8)
    assert sampled(URLS, 9, 7)[:5] == sampled(URLS, 5, 7)
    assert sampled(URLS, 0, 7) == sampled(URLS, -1, 7) == []


def test_no_url_is_asked_twice_in_one_measurement_or_a_later_one() -> None:
    asked: list[str] = []

    def ask(url: str) -> EdgeAnswer:
        asked.append(url)
        return hit(url)

    first = measure(URLS * 3, size=25, seed=1, ask=ask)
    second = measure(URLS * 3, size=25, seed=1, ask=ask, asked=first.digests)

    assert sorted(asked) == sorted(URLS)
    assert (first.population, second.population) == (40, 15)
    assert len(second.answers) == 15
    assert second.ratio.low == 1.0


def test_spellings_of_one_request_are_asked_for_once() -> None:
    spellings = [
        "http://www.example.com/a.jpg",
        "http://www.example.com:80/a.jpg",
        "http://www.example.com:080/a.jpg",
        "HTTP://WWW.example.com:/a.jpg#top",
    ]
    others = [
        "https://www.example.com/a.jpg",
        "http://www.example.com:443/a.jpg",
        "http://www.example.com/A.jpg",
        "http://www.example.com/a.jpg?x",
        "http://[",
    ]

    result = measure([*spellings, *others], size=9, seed=1, ask=hit)

    assert {answer.url for answer in result.answers} == {spellings[0], *others}
    assert result.population == 6
    assert len({url_digest(url) for url in spellings}) == 1
    assert sampled(["http://a.test", "http://a.test/"], 9, 1) == ["http://a.test"]


def test_a_digest_is_told_before_its_url_is_asked_and_not_asked_if_it_cannot_be() -> (
    None
):
    events: list[str] = []

    def begin(digest: str) -> None:
        if len(events) == 6:
            raise OSError("the disk is full")
        events.append(digest)

    def ask(url: str) -> EdgeAnswer:
        events.append(url)
        return hit(url)

    with pytest.raises(OSError, match="disk is full"):
        measure(URLS, size=9, seed=1, ask=ask, begin=begin, parallel=1)

    urls = sampled(URLS, 3, 1)
    assert events == [event for url in urls for event in (url_digest(url), url)]


def test_a_measurement_that_is_stopped_keeps_what_it_saw_and_names_what_it_began() -> (
    None
):
    stuck, seen = threading.Event(), threading.Event()

    def ask(url: str) -> EdgeAnswer:
        if seen.is_set():
            stuck.wait(30)
        return hit(url)

    result = measure(
        URLS,
        size=9,
        seed=1,
        ask=ask,
        parallel=1,
        stop=seen.is_set,
        answered=lambda _: seen.set(),
    )
    stuck.set()

    assert [answer.url for answer in result.answers] == sampled(URLS, 1, 1)
    assert set(result.begun) >= {url_digest(answer.url) for answer in result.answers}
    assert result.digests == tuple(sorted(result.begun))


def test_statuses_are_counted_and_the_worst_come_first() -> None:
    answers = (
        EdgeAnswer("u1", "HIT", 206),
        EdgeAnswer("u2", "MISS", 206),
        EdgeAnswer("u3", "MISS", 206),
        EdgeAnswer("u4", "DYNAMIC", 200),
        EdgeAnswer("u5", "HIT", 404),
        EdgeAnswer("u6", "HIT", 416),
        EdgeAnswer("u7", "FAILED", error="no answer"),
    )
    result = Measurement(answers, 100)

    assert result.by_status == {
        "HIT": 2,
        "MISS": 2,
        "DYNAMIC": 1,
        "FAILED": 1,
        "HIT 404": 1,
    }
    ratio = result.ratio
    assert (ratio.hits, ratio.counted, ratio.population) == (2, 6, 99)
    assert [answer.url for answer in result.worst] == ["u7", "u4", "u5", "u2", "u3"]
