"""States that every version of this package has written: none shows a change today, none starts a plan.

Each `tests/golden/states/<version>/<stack>.json` is what `pulumi stack export --show-secrets` printed after an
`up` by that version, without source positions. A released version's file is never changed.
"""

import base64
import json
import pickle
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from pulumi.dynamic import ResourceProvider

from pulumi_esa_prefetch.provider.completion import Recorder
from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.provider.warmth_gate import WarmthGate
from pulumi_esa_prefetch.provider.warmth_record import WarmthRecorder
from tests.provider.world import World
from tests.support.local_esa import SITE

GOLDEN = Path(__file__).parents[1] / "golden" / "states"
SECRET = {"4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270"}


@dataclass(frozen=True)
class Record:
    """One resource of a state."""

    version: str
    name: str
    kind: str
    id: str
    inputs: dict[str, Any]
    outputs: dict[str, Any]
    written: datetime

    def __str__(self) -> str:
        return f"{self.version}-{self.name}"


def plain(value: Any) -> Any:
    """A value as the host gets it, with secrets opened."""
    if isinstance(value, dict):
        if SECRET.items() <= value.items():
            return json.loads(value["plaintext"])
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return float(value) if type(value) is int else value


def records() -> list[Record]:
    found = []
    for path in sorted(GOLDEN.glob("*/*.json")):
        deployment = json.loads(path.read_text())["deployment"]
        written = datetime.fromisoformat(deployment["manifest"]["time"])
        found += [
            Record(
                path.parent.name,
                one["urn"].rpartition("::")[2],
                one["type"].rpartition(":")[2],
                one["id"],
                plain(one["inputs"]),
                plain(one["outputs"]),
                written,
            )
            for one in deployment["resources"]
            if "__provider" in one.get("inputs", {})
        ]
    return found


ALL = records()
PLANS = [one for one in ALL if "desired_state" in one.inputs]
COMPLETIONS = [one for one in ALL if one.kind == "PrefetchCompletionRecord"]
PARTS = {"PrefetchWarmthRecord": WarmthRecorder, "PrefetchWarmthGate": WarmthGate}
VERIFICATIONS = [one for one in ALL if one.kind in PARTS]


def as_esa_has_it(record: Record) -> World:
    """An ESA in which the plan is as the state says."""
    outs = record.outputs
    window = {"StartTime": outs["start_time"], "EndTime": outs["end_time"]}
    plan = {
        "Id": outs["plan_id"],
        "Interval": int(outs["interval"]),
        "SliceLen": int(outs["slice_len"]),
        "Status": outs["status"],
        **{name: text for name, text in window.items() if text},
    }
    urls = [f"https://www.example.com/{n}" for n in range(100)]
    job = {"Id": outs["job_id"], "SiteId": SITE, "UrlList": urls, "plans": [plan]}
    return World(jobs=[job], now=record.written)


def test_there_is_a_state_of_this_version_with_plans_in_every_status() -> None:
    assert {one.outputs["status"] for one in PLANS} >= {
        "waiting",
        "running",
        "stopped",
        "failed",
        "finished",
    }
    assert COMPLETIONS
    assert {one.kind for one in VERIFICATIONS} == set(PARTS)


@pytest.mark.parametrize("record", ALL, ids=str)
def test_the_provider_in_the_state_is_found(record: Record) -> None:
    pickles = {record.inputs["__provider"], record.outputs["__provider"]}

    found: set[type[ResourceProvider]] = {
        type(pickle.loads(base64.b64decode(text))) for text in pickles
    }

    assert found <= {PlanProvider, Recorder, WarmthRecorder, WarmthGate}
    assert all(len(text) < 120 for text in pickles)


@pytest.mark.parametrize("record", PLANS, ids=str)
def test_an_old_state_of_a_plan_shows_no_change_and_starts_nothing(
    record: Record,
) -> None:
    world = as_esa_has_it(record)
    provider = world.provider

    checked = provider.check(record.inputs, record.inputs)
    refreshed = provider.read(record.id, record.outputs)

    assert checked.failures == []
    assert refreshed.outs is not None
    assert not provider.diff(record.id, record.outputs, checked.inputs).changes
    assert not provider.diff(record.id, refreshed.outs, checked.inputs).changes
    assert refreshed.outs == without_provider(record.outputs)
    assert world.writes() == []


@pytest.mark.parametrize("record", PLANS, ids=str)
def test_an_old_state_of_a_plan_is_destroyed_as_it_declares(record: Record) -> None:
    world = as_esa_has_it(record)

    world.provider.delete(record.id, record.outputs)

    runs = record.outputs["status"] == "running"
    if record.outputs["on_destroy"] == "stop" and runs:
        assert world.status_of(record.outputs["plan_id"]) == "stopped"
    if record.outputs["on_destroy"] == "delete":
        assert world.status_of(record.outputs["plan_id"]) == "gone"
    if record.outputs["on_destroy"] == "leave":
        assert world.writes() == []


@pytest.mark.parametrize("record", COMPLETIONS, ids=str)
def test_an_old_state_of_a_completion_shows_no_change(record: Record) -> None:
    provider = Recorder()

    checked = provider.check(record.inputs, record.inputs)

    assert checked.failures == []
    assert not provider.diff(record.id, record.outputs, checked.inputs).changes


@pytest.mark.parametrize("record", VERIFICATIONS, ids=str)
def test_an_old_state_of_a_verification_shows_no_change_and_asks_nothing(
    record: Record,
) -> None:
    provider = PARTS[record.kind]()  # not configured: it has nothing to ask with

    checked = provider.check(record.inputs, record.inputs)
    refreshed = provider.read(record.id, record.outputs)

    assert checked.failures == []
    assert refreshed.outs == record.outputs
    assert not provider.diff(record.id, record.outputs, checked.inputs).changes


def without_provider(outputs: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in outputs.items() if name != "__provider"}
