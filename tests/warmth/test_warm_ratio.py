"""The share of hits and its interval: arithmetic, and how often the interval holds the truth."""

import pytest

from pulumi_esa_prefetch.warmth.configuration_faults import configuration_faults
from pulumi_esa_prefetch.warmth.edge_answer import EdgeAnswer
from pulumi_esa_prefetch.warmth.measurement import measure
from pulumi_esa_prefetch.warmth.warm_ratio import WarmRatio, ratio_text

URLS = [f"https://www.example.com/{number}.jpg" for number in range(100)]


def ask(url: str) -> EdgeAnswer:
    """70 of the 100 are warm, 5 are never cached."""
    number = URLS.index(url)
    status = "HIT" if number < 70 else "DYNAMIC" if number >= 95 else "MISS"
    return EdgeAnswer(url, status, http_status=206)


@pytest.mark.parametrize("size", [10, 30, 50, 90])
def test_the_interval_holds_the_true_ratio_for_at_least_90_of_100_seeds(
    size: int,
) -> None:
    true = 70 / 95
    held = 0

    for seed in range(100):
        ratio = measure(URLS, size=size, seed=seed, ask=ask, parallel=1).ratio
        held += ratio.low <= true <= ratio.high

    assert held >= 90


def test_the_interval_is_a_point_once_every_url_was_asked() -> None:
    ratio = measure(URLS, size=1000, seed=1, ask=ask).ratio

    assert (ratio.hits, ratio.counted) == (70, 95)
    assert ratio.low == ratio.ratio == ratio.high == 70 / 95


def test_nothing_is_known_without_an_answer_that_counts() -> None:
    ratio = WarmRatio(0, 0, 100)

    assert (ratio.ratio, ratio.low, ratio.high) == (None, 0.0, 1.0)


def test_in_a_large_list_the_interval_is_wilsons() -> None:
    ratio = WarmRatio(8, 10, 10**9)

    assert (round(ratio.low, 4), round(ratio.high, 4)) == (0.4902, 0.9433)


@pytest.mark.parametrize("population", [1, 2, 10, 57, 10**6])
def test_the_interval_holds_the_share_and_nothing_that_the_answers_exclude(
    population: int,
) -> None:
    for counted in range(min(population, 60) + 1):
        for hits in range(counted + 1):
            ratio = WarmRatio(hits, counted, population)
            unseen = population - counted

            assert ratio.low <= ratio.high
            assert hits / population <= ratio.low
            assert ratio.high <= (hits + unseen) / population
            if ratio.ratio is not None:
                assert ratio.low - 1e-9 <= ratio.ratio <= ratio.high + 1e-9
            if not unseen:
                assert ratio.low == ratio.ratio == ratio.high


@pytest.mark.parametrize(
    ("ratio", "text"),
    [
        (
            WarmRatio(70, 95, 95),
            "70 of 95 URLs are warm: 73.6 % (95 % interval 73.6 % to 73.7 %)",
        ),
        (
            WarmRatio(1, 1, 2),
            "1 of 1 URL is warm: 100 % (95 % interval 50 % to 100 %)",
        ),
        (
            WarmRatio(9, 10, 10),
            "9 of 10 URLs are warm: 90 % (95 % interval 90 % to 90 %)",
        ),
        (
            WarmRatio(0, 1, 1),
            "0 of 1 URL is warm: 0 % (95 % interval 0 % to 0 %)",
        ),
        (WarmRatio(0, 0, 10), "no URL could be verified"),
    ],
)
def test_a_share_below_a_minimum_is_never_written_as_the_minimum(
    ratio: WarmRatio, text: str
) -> None:
    assert ratio_text(ratio) == text


def test_what_the_configuration_keeps_out_of_the_cache_is_named_with_advice() -> None:
    faults = configuration_faults(
        {"HIT": 3, "DYNAMIC": 4, "DYNAMIC 404": 1, "BYPASS": 1}
    )

    assert [fault.partition(": ")[0] for fault in faults] == [
        "DYNAMIC (5 URLs) is a fault of configuration, and no prefetch mends it",
        "BYPASS (1 URL) is a fault of configuration, and no prefetch mends it",
    ]
    assert configuration_faults({"HIT": 3, "MISS": 1}) == []
