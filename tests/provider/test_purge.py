"""The hooks of a SitePurge against an emulator in this process; the clock moves only by sleeps."""

import hashlib
import json
from types import SimpleNamespace
from typing import Any, cast

import pytest
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.api.models import PurgeTask
from pulumi_esa_prefetch.provider import messages
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.purge import Purger
from tests.provider.world import JOB, World
from tests.support.local_esa import SITE

PURGE, LOOK = "PurgeCaches", "DescribePurgeTasks"
URLS = [f"https://www.example.com/{name}" for name in "abc"]


def props(*urls: str, **triggers: Any) -> dict[str, Any]:
    text = "\n".join(urls or URLS)
    digest = hashlib.sha256(text.encode()).hexdigest()
    own = {"triggers": triggers} if triggers else {}
    return {
        "site_id": str(SITE),
        "job_id": JOB,
        "urls": text,
        "triggers": {"urls": digest, **own},
    }


def tasks(world: World) -> list[PurgeTask]:
    return list(world.client.describe_purge_tasks(site_id=SITE).tasks or ())


def created(world: World, declared: dict[str, Any]) -> dict[str, Any]:
    """What `create` records."""
    return cast("dict[str, Any]", purger(world).create(declared).outs)


def updated(world: World, olds: dict[str, Any], news: dict[str, Any]) -> dict[str, Any]:
    """What `update` records."""
    return cast("dict[str, Any]", purger(world).update("id", olds, news).outs)


def purger(world: World) -> Purger:
    """A provider of the world's process."""
    one = Purger()
    one.session = world.session
    one.session.purge_deadline = world.deadline
    return one


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    lines: list[str] = []
    monkeypatch.setattr(messages, "_say", lambda _s, text, _urn: lines.append(text))
    return lines


def test_a_refusal_names_no_property_so_that_the_engine_does_not_show_the_list() -> (
    None
):
    found = Purger().check({}, props() | {"desired_state": "stopped"}).failures

    assert [each.property for each in found] == [""]
    assert "desired_state must be" in found[0].reason


def test_urls_are_purged_and_recorded_once_their_task_is_complete(
    said: list[str],
) -> None:
    world = World(dialects=("purge-one-row",))

    made = purger(world).create(props())

    assert made.id == f"{SITE}:{JOB}"
    (task,) = tasks(world)
    assert made.outs == {
        "site_id": str(SITE),
        "triggers": props()["triggers"],
        "purged": 3,
        "task_ids": [task.task_id],
    }
    assert (list(task.content), task.status) == (URLS, "complete")
    (line,) = said
    assert line.startswith("purged before the plans start: 3 URLs in ")


def test_the_same_declaration_is_no_change_and_another_one_is_purged_again() -> None:
    world = World()
    provider, first = purger(world), props()
    outs = created(world, first)

    assert not provider.diff("id", outs, first).changes
    assert not provider.diff("id", outs, first | {"job_id": UNKNOWN}).changes
    for changed in (props(*URLS[:2]), props(release="2")):
        assert provider.diff("id", outs, changed).changes
    assert world.calls(PURGE) == 1

    outs = updated(world, outs, props(URLS[0]))
    assert (outs["purged"], world.calls(PURGE)) == (1, 2)
    same = updated(world, outs, props(URLS[0]))
    assert (same, world.calls(PURGE)) == (outs, 2)


def test_many_urls_are_purged_in_calls_that_fit() -> None:
    world = World()
    many = [f"https://www.example.com/{n:05}.jpg" for n in range(1000)]

    outs = created(world, props(*many))

    calls = [one.parameters for one in world.esa.history if one.action == PURGE]
    purged = [url for one in calls for url in json.loads(one["Content"])["Files"]]
    assert purged == many
    assert outs["purged"] == 1000
    assert 1 < len(outs["task_ids"]) == len(calls) < 20


@pytest.mark.parametrize("status", ["waiting", "running", "finished"])
def test_nothing_is_purged_for_a_job_that_has_plans_already(
    said: list[str], status: str
) -> None:
    world = World(status)

    outs = created(world, props())

    assert (outs["purged"], outs["task_ids"], world.calls(PURGE)) == (0, [], 0)
    assert said == [
        f"not purged: job {JOB} has plans already; its URLs are purged when they or the triggers change"
    ]
    assert not purger(world).diff("id", outs, props()).changes


@pytest.mark.parametrize(
    ("world", "reason"),
    [
        (World(dialects=("purge-fails",)), "ESA failed in task "),
        (
            World(dialects=("purge-slow",)),
            "it is not complete after 60 seconds, for task ",
        ),
        (
            World(faults=({"kind": "server-error", "actions": [PURGE]},)),
            "PurgeCaches: ",
        ),
        (
            World(faults=({"kind": "server-error", "actions": [LOOK]},)),
            "DescribePurgeTasks: ",
        ),
    ],
    ids=["failed", "slow", "refused", "not listed"],
)
def test_a_purge_that_is_not_complete_fails_in_one_sentence(
    world: World, reason: str
) -> None:
    began = world.clock.monotonic()

    with pytest.raises(PrefetchError) as failed:
        purger(world).create(props())

    text = str(failed.value)
    assert text.startswith(
        f"the purge of 3 URLs of site {SITE} failed, so that no plan is started: {reason}"
    )
    assert text.endswith("; the next up purges all of them again")
    assert world.clock.monotonic() - began <= 61


def test_a_quota_that_is_used_up_says_what_to_do() -> None:
    world = World(site={"PurgeQuota": 2})

    with pytest.raises(
        PrefetchError, match=r"QuotaExceeded.*the quota is used up: ask for less"
    ):
        purger(world).create(props())


@pytest.mark.parametrize("action", [PURGE, LOOK])
@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "reset", "when": "after"},
        {"kind": "truncated"},
        {"kind": "throttle"},
    ],
    ids=lambda fault: fault["kind"],
)
def test_a_lost_answer_is_asked_for_again(action: str, fault: dict[str, Any]) -> None:
    stale = {"kind": "stale", "seconds": 3, "actions": [LOOK], "times": 1}
    world = World(faults=({**fault, "actions": [action], "times": 1}, stale))

    outs = created(world, props())

    assert outs["purged"] == 3
    assert {one.status for one in tasks(world)} == {"complete"}


def test_check_names_what_is_not_for_a_purge_and_calls_nothing() -> None:
    world = World()
    declared = props() | {
        "windows": {"night": {"start_time": "2090-01-01T00:00:00Z"}},
        "desired_state": "stopped",
    }

    failures = purger(world).check({}, declared).failures

    assert "desired_state must be" in failures[0].reason
    assert "windows.night opens in the future" in failures[1].reason
    # An engine shows the value of the property that fails, and a URL may hold a signature.
    assert {failure.property for failure in failures} == {""}
    assert world.calls(PURGE) == len(world.esa.history) == 0


def test_a_window_that_has_ended_is_refused_only_if_a_purge_is_due() -> None:
    provider = purger(World())
    ended = {"windows": {"now": {"end_time": "2020-01-01T00:00:00Z"}}}
    declared = props() | ended

    for olds, news in [({}, declared), (props(), props(release="2") | ended)]:
        (failure,) = provider.check(olds, news).failures
        assert failure.reason.startswith("windows.now ended at 2020-01-01T00:00:00Z: ")
    assert provider.check(declared, declared).failures == []


@pytest.mark.parametrize(
    ("olds", "news", "line"),
    [
        (
            {},
            {"job_id": UNKNOWN},
            "will be purged before the plans start: 3 URLs, so that each is fetched from the origin",
        ),
        (
            {},
            {},
            (
                "will be purged before the plans start, unless the job has plans already: 3 URLs, so that each is "
                "fetched from the origin"
            ),
        ),
        (
            props(URLS[0]),
            {},
            (
                "will be purged before the plans start: 3 URLs, so that each is fetched from the origin (URLs "
                "changed)"
            ),
        ),
        (props(), {}, ""),
    ],
    ids=["new", "new for a job", "changed", "unchanged"],
)
def test_a_preview_says_how_many_urls_the_origin_is_asked_for_and_calls_nothing(
    olds: dict[str, Any], news: dict[str, Any], line: str
) -> None:
    world = World()
    provider = purger(world)

    # The host's handler has the request in a variable of this name.
    request = SimpleNamespace(urn="urn:pulumi:a::b::c::d")

    provider.check(olds, props() | news)
    if olds:
        provider.diff("id", olds, props() | news)
    with messages.about(request.urn):
        assert world.session.planned_lines.take() == line
    assert len(world.esa.history) == 0


def test_a_job_id_that_has_no_value_is_named() -> None:
    with pytest.raises(PrefetchError, match="job_id has no value"):
        purger(World()).create(
            {name: value for name, value in props().items() if name != "job_id"}
        )


def test_without_a_look_at_the_job_nothing_is_purged() -> None:
    world = World(
        faults=({"kind": "denied", "actions": ["ListScheduledPreloadExecutions"]},)
    )

    with pytest.raises(PrefetchError, match=f"^job {JOB} cannot be looked up: List"):
        purger(world).create(props())

    assert world.calls(PURGE) == 0
