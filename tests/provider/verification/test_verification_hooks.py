"""The hooks of a verification's record against an edge: what they ask, record and say; what ends them."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.provider import messages
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.provider.verification.properties import is_to_measure
from pulumi_esa_prefetch.provider.verification.verification_hooks import (
    check_record,
    create_record,
    judge,
    update_record,
)
from pulumi_esa_prefetch.warmth.measurement import PARALLEL
from stacks.prefetch.demo.locks import until
from tests.provider.world import ID
from tests.support.held_answers import held_answers
from tests.support.local_edge import LocalEdge, local_edge, seed_of_urls

URLS = [f"http://www.example.com/{n}.js" for n in range(20)]
NEWS: dict[str, Any] = {
    "plan": ID,
    "starts": 1.0,
    "urls": URLS,
    "sample": 8.0,
    "seed": 0.0,
}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def edge() -> Iterator[LocalEdge]:
    with local_edge(seed_of_urls(URLS)) as running:
        yield running


def session_at(port: int) -> ProviderSession:
    resolve = f"www.example.com:80:127.0.0.1:{port}"
    return ProviderSession(lambda: pytest.fail("ESA is called"), resolve=resolve)


def test_a_record_has_what_was_found_and_the_digests_of_what_was_asked(
    edge: LocalEdge,
) -> None:
    id_, outs = create_record(HookCall(session_at(edge.port)), NEWS)

    assert id_ == ID
    assert outs["by_status"] == {"MISS": 8}
    assert len(outs["asked"]) == 8
    assert not is_to_measure(outs, NEWS)


def test_what_a_killed_hook_or_a_record_before_has_asked_is_not_asked_again(
    edge: LocalEdge,
) -> None:
    create_record(HookCall(session_at(edge.port)), NEWS)  # its outputs are lost

    _, outs = create_record(HookCall(session_at(edge.port)), NEWS)

    assert set(edge.counts().values()) == {1}
    assert len(outs["asked"]) == len(edge.counts()) == 16
    assert outs["checked"] == 8


def test_a_new_start_asks_others_and_what_is_left_last(edge: LocalEdge) -> None:
    session = session_at(edge.port)
    _, outs = create_record(HookCall(session), NEWS)

    for starts in (2.0, 3.0, 4.0):
        outs = update_record(HookCall(session), outs, NEWS | {"starts": starts})

    assert edge.counts() == dict.fromkeys(URLS, 1)
    assert (outs["checked"], outs["wanted"], outs["by_status"]) == (0, 0, {})
    assert len(outs["asked"]) == 20


def test_an_update_that_is_no_new_measurement_asks_nothing(edge: LocalEdge) -> None:
    session = session_at(edge.port)
    _, outs = create_record(HookCall(session), NEWS)

    again = update_record(HookCall(session), outs, NEWS)

    assert again == outs
    assert len(edge.counts()) == 8


def test_a_record_is_made_also_if_nothing_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    said: list[tuple[str, str]] = []

    with messages.heard_by(lambda severity, text: said.append((severity, text))):
        _, outs = create_record(HookCall(session_at(port)), NEWS)

    assert outs["by_status"] == {"FAILED": 8}
    assert outs["warm_ratio"] == 0.0
    assert said[0][1].startswith("measured: 0 of 8 URLs are warm: 0 %")
    assert said[1][0] == "WARNING"
    assert said[1][1].startswith("8 of the URLs gave no answer, the first because: ")


def test_a_measurement_ends_at_the_deadline_with_what_was_seen(
    edge: LocalEdge,
) -> None:
    began = time.monotonic()

    with held_answers(edge.port) as way:
        _, outs = create_record(HookCall(session_at(way.port), seconds=0.3), NEWS)

    assert time.monotonic() - began < 5
    assert (outs["checked"], outs["wanted"]) == (0, 8)
    assert len(outs["asked"]) == PARALLEL
    assert not is_to_measure(outs, NEWS)


def test_a_measurement_ends_when_the_run_is_interrupted_and_the_next_run_asks_others(
    edge: LocalEdge,
) -> None:
    made: list[dict[str, Any]] = []
    with held_answers(edge.port) as way:
        session = session_at(way.port)
        thread = threading.Thread(
            target=lambda: made.append(create_record(HookCall(session), NEWS)[1])
        )
        thread.start()
        assert until(lambda: len(edge.counts()) == PARALLEL, 30)
        session.interrupt()
        thread.join(10)
    (outs,) = made

    assert outs["interrupted"] is True
    assert is_to_measure(outs, NEWS)
    after = update_record(HookCall(session_at(edge.port)), outs, NEWS)
    assert after["checked"] == 8
    assert set(edge.counts().values()) == {1}


def test_a_folder_that_cannot_be_used_is_a_warning(
    edge: LocalEdge, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (home / "file").touch()
    monkeypatch.setenv("PULUMI_HOME", str(home / "file"))
    said: list[str] = []

    with messages.heard_by(lambda _, text: said.append(text)):
        _, outs = create_record(HookCall(session_at(edge.port)), NEWS)

    assert outs["checked"] == 8
    assert sum("cannot be used (Not a directory)" in text for text in said) == 1


def test_what_the_site_keeps_out_of_its_cache_is_a_warning(edge: LocalEdge) -> None:
    said: list[tuple[str, str]] = []
    news = NEWS | {"urls": ["http://www.example.com/api"]}

    with messages.heard_by(lambda severity, text: said.append((severity, text))):
        _, outs = create_record(HookCall(session_at(edge.port)), news)

    assert "warm_ratio" not in outs
    assert said[1][0] == "WARNING"
    assert said[1][1].startswith("DYNAMIC (1 URL) is a fault of configuration")


def test_a_wrong_list_is_not_shown_by_the_engine() -> None:
    wrong = NEWS | {"urls": [*URLS, 5.0], "triggers": "x", "sample": 0.0}

    assert check_record(None, wrong) == (
        ("", "urls must be a list of 1 to 10000 URLs"),
        ("sample", "sample must be a whole number from 1 to 10000"),
        ("", "triggers must be a mapping of JSON values"),
    )


def test_a_list_that_another_verification_of_the_run_has_is_refused() -> None:
    session = session_at(1)

    def found(name: str, **changed: Any) -> list[str]:
        with messages.about(f"urn:pulumi:a::b::c::{name}"):
            return [f"{at}{why}" for at, why in check_record(session, NEWS | changed)]

    assert found("first") == found("first") == []
    assert found("second", urls=URLS[1:]) == found("second", urls=UNKNOWN) == []
    (reason,) = found("second", urls=[*reversed(URLS)])
    assert reason.startswith("urls is the list of 'first' too, which warms the edge")


def test_a_gate_passes_what_is_warm_and_fails_for_what_is_not(edge: LocalEdge) -> None:
    edge.warm(URLS)
    _, outs = create_record(HookCall(session_at(edge.port)), NEWS)
    names = ("triggers", "sample", "seed", "asked", "urls_digest")
    figures = {n: value for n, value in outs.items() if n not in names}

    id_, passed = judge(figures | {"minimum": 1.0})

    assert (id_, passed["warm_ratio"]) == (ID, 1.0)
    with pytest.raises(PrefetchError, match="after 7 of 8 URLs"):
        judge(figures | {"minimum": 0.0, "checked": 7})
