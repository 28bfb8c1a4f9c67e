"""A measurement of the emulator's edge: the interval holds the truth, and no URL is asked twice."""

from collections.abc import Iterator

import pytest

from pulumi_esa_prefetch.warmth.edge_client import EdgeClient
from pulumi_esa_prefetch.warmth.measurement import measure
from pulumi_esa_prefetch.warmth.resolve import parse_resolve
from tests.support.local_edge import LocalEdge, local_edge, seed_of_urls

HOSTS = ("http://www.example.com", "https://img.example.com")
URLS = [
    f"{HOSTS[n % 2]}/{n}.{'html' if n >= 95 else 'jpg'}?sign={n}" for n in range(100)
]
WARM = 70
TRUE = WARM / 95


@pytest.fixture
def edge(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalEdge]:
    with local_edge(seed_of_urls(URLS)) as edge:
        monkeypatch.setenv("SSL_CERT_FILE", edge.ca_file)
        yield edge


def client_of(edge: LocalEdge) -> EdgeClient:
    return EdgeClient(resolve=parse_resolve(edge.resolve(f"{host}/") for host in HOSTS))


@pytest.mark.parametrize(
    "seeds", [range(3), pytest.param(range(100), marks=pytest.mark.slow)]
)
def test_the_interval_holds_what_is_warm_at_the_edge(
    edge: LocalEdge, seeds: range
) -> None:
    client, held = client_of(edge), 0

    for seed in seeds:
        edge.cool(URLS)
        edge.warm(URLS[:WARM])
        before = edge.counts()
        result = measure(URLS, size=50, seed=seed, ask=client.ask)
        asked = {
            url: count - before.get(url, 0)
            for url, count in edge.counts().items()
            if count > before.get(url, 0)
        }
        assert set(asked) == {answer.url for answer in result.answers}
        assert set(asked.values()) == {1}
        assert set(result.by_status) <= {"HIT", "MISS", "DYNAMIC"}
        held += result.ratio.low <= TRUE <= result.ratio.high

    client.close()
    assert held >= 0.9 * len(seeds)


def test_a_repetition_counts_what_the_first_one_has_warmed(edge: LocalEdge) -> None:
    """Why only the first request of a URL counts."""
    client = client_of(edge)

    first = measure(URLS, size=100, seed=1, ask=client.ask)
    second = measure(URLS, size=100, seed=1, ask=client.ask)
    third = measure(URLS, size=100, seed=1, ask=client.ask, asked=second.digests)

    client.close()
    assert (first.ratio.hits, second.ratio.hits, second.ratio.counted) == (0, 95, 95)
    assert third.ratio.ratio is None
