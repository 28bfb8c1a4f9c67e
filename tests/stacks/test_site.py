"""stacks/site as a whole: site -> job -> plans -> running, edited, and gone; the emulator's history is the proof."""

import pytest

from tests.lifecycle.conftest import Emulators
from tests.stacks.conftest import Sites
from tests.support.local_esa import SITE, Document, Esa, seed

START, STOP = "StartScheduledPreloadExecution", "StopScheduledPreloadExecution"
RESET = "ResetScheduledPreloadJob"
UPDATE = "UpdateScheduledPreloadExecution"
REPLACEMENT = [
    "CreateScheduledPreloadJob",
    STOP,
    "DeleteScheduledPreloadExecution",
    "CreateScheduledPreloadExecutions",
    START,
    "DeleteScheduledPreloadJob",
]
EMPTY = seed()
LATER = {"startTime": "2031-01-01T00:00:00Z", "interval": 60, "sliceLen": 10}
CATALOGUE = {
    "urlFile": "catalogue.txt",
    "windows": {"first": {"interval": 600, "sliceLen": 1}, "later": LATER},
}


def urls(*names: str) -> list[str]:
    return [f"https://www.example.com/launch/{name}" for name in names]


def launch(*names: str, **window: object) -> Document:
    slow = {"interval": 600, "sliceLen": 1}
    return {"urls": urls(*names), "windows": {"now": slow | window}}


def with_later(window: Document) -> Document:
    """A list with a window that is open, and this one to come."""
    declared = launch("a", "b", "c")
    return declared | {"windows": {**declared["windows"], "later": window}}


def actions(esa: Esa, since: int) -> list[str]:
    """What has been done, in order, without what is only read."""
    return [call["action"] for call in esa.history()[since:] if call["effect"]]


def statuses(esa: Esa) -> list[str]:
    return [plan["Status"] for plan in esa.plans().values()]


def job(esa: Esa, name: str) -> Document:
    (found,) = [one for one in esa.state()["jobs"] if one["Name"] == name]
    return dict(found)


def only_plan(esa: Esa) -> Document:
    (plan,) = esa.plans().values()
    return plan


@pytest.mark.parametrize(
    "alicloud",
    [
        "stand-in",
        pytest.param("stand-in with plain diffs", marks=pytest.mark.slow),
        "plugin",
    ],
    indirect=True,
)
@pytest.mark.thorough
def test_from_nothing_to_running_plans_to_other_urls_to_nothing(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(EMPTY)
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b"), catalogue=CATALOGUE)

    stack.up()
    again = stack.up()
    assert "13 unchanged" in again.output
    assert esa.starts() == esa.effective_starts() == 3
    assert sorted(statuses(esa)) == ["running", "running", "waiting"]
    assert stack.printed_outputs()["ready"] == {"launch": True, "catalogue": True}

    before, old = len(esa.history()), job(esa, "launch")
    stack.prefetch(launch=launch("a", "c"), catalogue=CATALOGUE)
    preview = stack.check("preview")
    stack.up()
    assert "3 to replace" in preview.output
    assert actions(esa, before) == REPLACEMENT
    assert job(esa, "launch")["Id"] != old["Id"]
    assert job(esa, "launch")["UrlList"] == urls("a", "c")
    assert sorted(statuses(esa)) == ["running", "running", "waiting"]
    assert stack.is_settled()

    destroyed = stack.check("destroy", "--yes", "--skip-preview")
    assert esa.state()["jobs"] == []
    assert stack.alicloud_ids() == {}
    assert "will still start" not in destroyed.output


@pytest.mark.slow
def test_another_window_changes_the_plan_in_place_and_runs_it_again(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(EMPTY)
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b"))
    stack.up()
    before, old = len(esa.history()), only_plan(esa)

    stack.prefetch(
        launch=launch("a", "b", interval=300, endTime="2031-01-01T00:00:00Z")
    )
    stack.up()

    assert actions(esa, before) == [UPDATE, STOP, RESET, START]
    new = only_plan(esa)
    assert (new["Id"], new["Interval"], new["Status"]) == (old["Id"], 300, "running")
    assert stack.outputs("launch-now")["starts"] == 2
    assert stack.is_settled()


@pytest.mark.slow
def test_a_finished_plan_runs_again_when_its_window_changes(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(EMPTY)
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b", sliceLen=2))
    stack.up()
    assert only_plan(esa)["Status"] == "finished"
    before = len(esa.history())

    stack.prefetch(launch=launch("a", "b", sliceLen=1))
    stack.up()

    assert actions(esa, before) == [UPDATE, RESET, START]
    assert only_plan(esa)["Status"] == "running"


@pytest.mark.slow
def test_a_window_to_come_is_moved_while_another_one_runs(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(EMPTY)
    stack = site(esa)
    stack.prefetch(launch=with_later(LATER))
    stack.up()
    before = len(esa.history())

    moved = LATER | {"startTime": "2031-01-01T01:00:00Z"}
    stack.prefetch(launch=with_later(moved))
    result = stack.up()

    assert actions(esa, before) == [UPDATE]
    assert sorted(statuses(esa)) == ["running", "waiting"]
    assert "it runs from where its job is then" in result.output
    assert stack.is_settled()


@pytest.mark.slow
def test_the_same_instant_written_otherwise_is_no_change_not_even_after_a_refresh(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(EMPTY)
    stack = site(esa)
    stack.prefetch(launch=launch("a", endTime="2031-01-01T00:00:00Z"))
    stack.up()

    stack.check("refresh", "--yes", "--skip-preview")
    stack.prefetch(launch=launch("a", endTime="2031-01-01T08:00:00.000+08:00"))

    assert stack.is_settled()


@pytest.mark.slow
def test_a_window_that_is_declared_no_more_goes_and_the_others_run_on(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(EMPTY)
    stack = site(esa)
    stack.prefetch(launch=with_later(LATER))
    stack.up()
    before = len(esa.history())

    stack.prefetch(launch=launch("a", "b", "c"))
    stack.up()

    assert actions(esa, before) == ["DeleteScheduledPreloadExecution"]
    assert only_plan(esa)["Status"] == "running"


@pytest.mark.slow
def test_urls_that_esa_cannot_take_leave_the_old_plans_running(
    emulator: Emulators, site: Sites
) -> None:
    full = {"sites": [{"SiteId": SITE, "Status": "active", "JobLimit": 1}]}
    esa = emulator(full)
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b"))
    stack.up()

    stack.prefetch(launch=launch("a", "c"))
    result = stack.run("up", "--yes", "--skip-preview")

    assert result.code != 0
    assert "JobCountOfSiteFull" in result.output
    assert only_plan(esa)["Status"] == "running"
    assert esa.stops() == 0
