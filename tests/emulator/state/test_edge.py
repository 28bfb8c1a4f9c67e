"""The edge: what is warm after plans, requests and purges, by a clock that the test moves."""

import json
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

from pulumi_esa_emulator.state.cacheable_files import CACHEABLE, is_cacheable
from pulumi_esa_emulator.state.edge import Edge
from tests.emulator.conftest import EmulatorFactory, InProcessEmulator
from tests.emulator.seeds import JOB, SITE, open_plan, seed
from tests.emulator.signed_client import Document

HOST = "http://a.example"
Sites = Callable[..., tuple[InProcessEmulator, Edge]]


@pytest.fixture
def site(new_emulator: EmulatorFactory) -> Sites:
    """An emulator whose job has these URLs, of which a running plan submits two a minute."""

    def make(*urls: str, **plan: Any) -> tuple[InProcessEmulator, Edge]:
        document = seed(open_plan(status="running", **plan), SiteName="a.example")
        document["jobs"][0]["UrlList"] = [f"{HOST}/{url}" for url in urls]
        emulator = new_emulator(document)
        return emulator, Edge(emulator.app.state)

    return make


def ask(edge: Edge, *paths: str, warms: bool = True) -> list[str]:
    answers = [edge.ask(f"{HOST}/{path}", warms=warms) for path in paths]
    return [answer.status if answer else "none" for answer in answers]


def purge(emulator: InProcessEmulator, kind: str, content: Document) -> None:
    """Purge, and let five seconds pass."""
    text = json.dumps(content)
    emulator.esa.body("PurgeCaches", SiteId=SITE, Type=kind, Content=text)
    emulator.clock.advance(5)


def test_a_url_is_warm_once_a_plan_has_submitted_it(site: Sites) -> None:
    emulator, edge = site("1.jpg", "2.jpg", "3.jpg", "4.jpg")

    first = ask(edge, "1.jpg", "2.jpg", "3.jpg", warms=False)
    emulator.clock.advance(60)
    later = edge.ask(f"{HOST}/1.jpg", warms=True)

    assert first == ["HIT", "HIT", "MISS"]
    assert (later and later.age) == 60
    assert ask(edge, "4.jpg") == ["HIT"]


def test_what_was_submitted_is_known_from_before_and_after_its_job_is_deleted(
    site: Sites,
) -> None:
    emulator, edge = site("1.jpg", "2.jpg", "3.jpg")
    emulator.clock.advance(60)
    emulator.esa.body("DeleteScheduledPreloadJob", Id=JOB)
    edge.change(warm=[f"{HOST}/by-hand.jpg"])

    assert ask(edge, "3.jpg") == ["HIT"]


def test_the_first_request_warms_the_edge_and_head_does_not(site: Sites) -> None:
    _, edge = site("1.jpg", StartTime="+1h", EndTime="+2h", Status="waiting")

    assert ask(edge, "1.jpg", "1.jpg", warms=False) == ["MISS", "MISS"]
    assert ask(edge, "1.jpg", "1.jpg") == ["MISS", "HIT"]
    assert edge.counts == {f"{HOST}/1.jpg": 4}


@pytest.mark.parametrize(
    ("path", "cacheable"),
    [
        ("a.jpg", True),
        ("a.JPG?x=1.html", True),
        ("a.woff2", True),
        ("", False),
        ("a", False),
        ("a.html", False),
        ("a.json", False),
        ("a.jpg/", False),
        ("v1.css/a", False),
    ],
)
def test_what_is_not_cacheable_by_default_is_dynamic_whatever_was_submitted(
    site: Sites, path: str, cacheable: bool
) -> None:
    _, edge = site(path)

    assert ask(edge, path, path) == ["HIT" if cacheable else "DYNAMIC"] * 2


def test_the_table_of_extensions_is_a_set_of_plain_words() -> None:
    assert all(word.isalnum() and word == word.lower() for word in CACHEABLE)
    assert is_cacheable("https://a.example/x.7z")


def test_urls_differ_by_scheme_port_and_query_but_not_by_default_port(
    site: Sites,
) -> None:
    _, edge = site("1.jpg?a=1")
    same = "http://A.example:80/1.jpg?a=1#top"
    others = [f"{HOST}/1.jpg", "https://a.example/1.jpg?a=1", f"{HOST}:81/1.jpg?a=1"]

    found = [edge.ask(url, warms=False) for url in (same, *others)]

    assert [one and one.status for one in found] == ["HIT", "MISS", "MISS", "MISS"]
    assert edge.ask("http://b.example/1.jpg", warms=True) is None


def test_the_origin_takes_up_to_the_delay_and_fails_as_often_as_told(
    site: Sites,
) -> None:
    urls = [f"{n}.jpg" for n in range(1000)]

    def found(seed: int, wait: float) -> list[str]:
        emulator, edge = site(*urls, StartTime="+1s", SliceLen=1000, Status="waiting")
        edge.change(failure_rate=0.3, delay=60, seed=seed)
        emulator.clock.advance(1 + wait)
        return ask(edge, *urls, warms=False)

    half, whole = Counter(found(7, 30)), Counter(found(7, 60))

    assert 300 < half["HIT"] < 400
    assert 650 < whole["HIT"] < 750
    assert found(7, 60) == found(7, 60) != found(8, 60)


@pytest.mark.parametrize(
    ("kind", "content", "missed"),
    [
        ("file", {"Files": [f"{HOST}/a/1.jpg?q"]}, "a/1.jpg?q"),
        ("cachekey", {"CacheKeys": [{"Url": f"{HOST}/2.jpg"}]}, "2.jpg"),
        ("directory", {"Directories": [f"{HOST}/a/"]}, "a/1.jpg a/1.jpg?q"),
        ("ignoreParams", {"IgnoreParams": [f"{HOST}/a/1.jpg"]}, "a/1.jpg a/1.jpg?q"),
        ("hostname", {"Hostnames": ["A.example"]}, "2.jpg a/1.jpg a/1.jpg?q"),
        ("purgeall", {"PurgeAll": True}, "2.jpg a/1.jpg a/1.jpg?q"),
    ],
)
def test_a_completed_purge_makes_cold_what_it_names(
    site: Sites, kind: str, content: Document, missed: str
) -> None:
    urls = ["2.jpg", "a/1.jpg", "a/1.jpg?q"]
    emulator, edge = site(*urls, SliceLen=3)

    purge(emulator, kind, content)

    answers = ask(edge, *urls)
    cold = [url for url, one in zip(urls, answers, strict=True) if one == "MISS"]
    assert cold == missed.split()
    assert ask(edge, *urls) == ["HIT"] * 3


def test_a_purge_that_goes_on_or_has_failed_leaves_the_cache(site: Sites) -> None:
    emulator, edge = site("1.jpg")
    emulator.app.use_dialects(("purge-fails",))
    purge(emulator, "file", {"Files": [f"{HOST}/1.jpg"]})
    emulator.app.use_dialects(("purge-slow",))
    purge(emulator, "file", {"Files": [f"{HOST}/1.jpg"]})

    assert ask(edge, "1.jpg", warms=False) == ["HIT"]
    emulator.clock.advance(300)
    assert ask(edge, "1.jpg", warms=False) == ["MISS"]


def test_what_is_submitted_after_a_purge_is_warm_again(site: Sites) -> None:
    emulator, edge = site("1.jpg", "2.jpg")
    purge(emulator, "purgeall", {"PurgeAll": True})
    emulator.esa.body("ResetScheduledPreloadJob", Id=JOB)
    plan = emulator.control.get("/_emulator/state").json()["jobs"][0]["plans"][0]["Id"]
    emulator.esa.body("StartScheduledPreloadExecution", Id=plan)

    assert ask(edge, "1.jpg", "2.jpg") == ["HIT", "HIT"]


def test_urls_are_made_warm_and_cold_by_hand(site: Sites) -> None:
    _, edge = site("1.jpg")

    edge.change(warm=["https://b.example/1.jpg"], cold=[f"{HOST}/1.jpg"])

    found = edge.ask("https://b.example/1.jpg", warms=True)
    assert (found and found.status) == "HIT"
    assert ask(edge, "1.jpg") == ["MISS"]
    assert edge.hosts == ["a.example", "b.example"]
    edge.clear()
    assert (edge.hosts, edge.counts) == (["a.example"], {})
