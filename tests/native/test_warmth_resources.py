"""The native record and gate: names of the schema, differences, previews; in the plugin: what ends a measurement."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.native.detailed_diff import Kind
from pulumi_esa_prefetch.native.resource_types import hooks_of
from pulumi_esa_prefetch.native.warmth_resources import GATE, RECORD
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.warmth.measurement import PARALLEL
from stacks.prefetch.demo.locks import until
from tests.native.plugin import P, Plugin, plain, plugin, struct
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
    "triggers": {"release": "1"},
}
GATE_NEWS = {"plan": ID, "starts": 1.0, "minimum": 0.9, "warmRatio": 1.0}
record, gate = (hooks_of(f"urn:pulumi:a::b::x${t}::warm") for t in (RECORD, GATE))


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PULUMI_HOME", str(tmp_path))


@pytest.fixture
def edge() -> Iterator[LocalEdge]:
    with local_edge(seed_of_urls(URLS)) as running:
        yield running


def session_at(port: int) -> ProviderSession:
    resolve = f"www.example.com:80:127.0.0.1:{port}"
    return ProviderSession(lambda: pytest.fail("ESA is called"), resolve=resolve)


@contextlib.contextmanager
def served(edge: LocalEdge, port: int) -> Iterator[Plugin]:
    variables = {
        "PULUMI_HOME": os.environ["PULUMI_HOME"],
        "ESA_PREFETCH_RESOLVE": f"www.example.com:80:127.0.0.1:{port}",
    }
    with plugin(edge.endpoint, **variables) as running:
        running.configure()
        yield running


def test_a_record_has_the_names_of_the_schema_and_shows_what_differs(
    edge: LocalEdge,
) -> None:
    session = session_at(edge.port)

    id_, outs = record.create(HookCall(session), NEWS)
    same = record.diff(session, id_, outs, NEWS, NEWS)
    other = NEWS | {"starts": 2.0, "triggers": {"release": "2"}}
    changed = record.diff(session, id_, outs, NEWS, other)

    assert outs["byStatus"] == {"MISS": 8}
    assert outs["warmRatio"] == 0.0
    assert "urls" not in outs
    assert not same.changes
    assert changed.properties == {
        "starts": Kind.UPDATE,
        "triggers.release": Kind.UPDATE,
    }
    assert not changed.replaces
    assert record.read(HookCall(session), id_, outs, NEWS) == (id_, outs, NEWS)
    assert len(edge.counts()) == 8


def test_a_preview_asks_nothing_and_knows_no_figure(edge: LocalEdge) -> None:
    session = session_at(edge.port)

    shown = record.preview_create(session, NEWS)

    assert shown["warmRatio"] is shown["byStatus"] is UNKNOWN
    assert shown["starts"] == 1.0
    assert record.preview_update(session, ID, shown, NEWS) == shown
    assert gate.preview_create(session, GATE_NEWS) == GATE_NEWS
    assert edge.counts() == {}


def test_wrong_properties_have_the_names_of_the_schema() -> None:
    session = session_at(1)

    found = gate.check(session, {}, GATE_NEWS | {"byStatus": 5.0, "other": 1.0})
    wrong = record.check(session, {}, NEWS | {"sample": 0.0, "urls": UNKNOWN})

    assert found.failures == (
        ("byStatus", "byStatus must be a mapping of statuses to numbers"),
        ("other", "other is not an input"),
    )
    assert [name for name, _ in wrong.failures] == ["sample"]


@pytest.mark.parametrize("hooks", [record, gate])
def test_a_part_cannot_be_imported(hooks: Any) -> None:
    with pytest.raises(PrefetchError, match="cannot be imported"):
        hooks.read(HookCall(session_at(1)), ID, {}, {})


def test_a_type_that_the_schema_has_not_is_refused() -> None:
    with pytest.raises(PrefetchError, match="there is no resource a:b:c"):
        hooks_of("urn:pulumi:a::b::a:b:c::x")


def test_a_gate_fails_in_the_plugin_with_one_sentence(edge: LocalEdge) -> None:
    with served(edge, edge.port) as running:
        asks = P.CreateRequest(urn=urn(GATE), properties=struct(GATE_NEWS))
        failed = running.calls.Create.future(asks).exception(timeout=30)

    assert "nothing was measured" in str(failed)


@pytest.mark.parametrize("end", ["timeout", "cancel"])
def test_the_resources_own_timeout_and_cancel_end_a_measurement_with_what_was_seen(
    edge: LocalEdge, end: str
) -> None:
    with held_answers(edge.port) as way, served(edge, way.port) as running:
        seconds = 0.5 if end == "timeout" else 600
        asks = P.CreateRequest(
            urn=urn(RECORD), properties=struct(NEWS), timeout=seconds
        )
        call = running.calls.Create.future(asks)
        assert until(lambda: len(edge.counts()) == PARALLEL, 30)
        if end == "cancel":
            running.cancel()

        outs = plain(call.result(timeout=30).properties)

    assert (outs["checked"], outs["wanted"]) == (0, 8)
    assert len(outs["asked"]) == PARALLEL
    assert outs["interrupted"] is (end == "cancel")


def urn(type_: str) -> str:
    return f"urn:pulumi:test::test::{type_}::warm"
