"""SitePrefetch(purge="before") as a whole: the emulator's history shows what was purged, and when."""

import gzip
import json

import pytest

from stacks.prefetch.demo.locks import until
from tests.lifecycle.conftest import Emulators
from tests.lifecycle.test_interruption import start
from tests.resources.test_sitemap import serving, urlset
from tests.stacks.conftest import Sites
from tests.stacks.site import PROJECT, SiteStack
from tests.stacks.test_site_summary import summary_of
from tests.support import secret_leaks as leaks
from tests.support.local_esa import SITE, Document, Esa, seed
from tests.support.processes import killed

PURGE, CREATE_JOB = "PurgeCaches", "CreateScheduledPreloadJob"
CREATE, START = "CreateScheduledPreloadExecutions", "StartScheduledPreloadExecution"
DELETE_JOB = "DeleteScheduledPreloadJob"
RESET, STOP = "ResetScheduledPreloadJob", "StopScheduledPreloadExecution"
FIRST = [CREATE_JOB, PURGE, CREATE, START]

SECRET = "geheim-Trigger-1"

pytestmark = pytest.mark.slow


def launch(*names: str, **more: object) -> Document:
    urls = [f"https://www.example.com/launch/{name}" for name in names]
    windows = {"now": {"interval": 600, "sliceLen": 1}}
    return {"urls": urls, "windows": windows, "purge": "before", **more}


def actions(esa: Esa, since: int = 0) -> list[str]:
    return [call["action"] for call in esa.history()[since:] if call["effect"]]


def purged(esa: Esa) -> list[list[str]]:
    return [
        json.loads(call["parameters"]["Content"])["Files"]
        for call in esa.history()
        if call["action"] == PURGE
    ]


def test_urls_are_purged_once_before_the_plans_start_and_again_when_they_or_triggers_change(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b"))

    preview = stack.check("preview")
    assert esa.changes() == 0
    assert (
        "will be purged before the plans start: 2 URLs, so that each is fetched from the origin\n"
        in preview.output
    )
    first = stack.up()
    assert actions(esa) == FIRST
    assert "purged before the plans start: 2 URLs in " in first.output
    assert stack.is_settled()
    stack.check("refresh", "--yes", "--skip-preview")
    assert stack.is_settled()

    before = len(esa.history())
    stack.prefetch(launch=launch("a", "c"))
    changed = stack.check("preview")
    assert "is fetched from the origin (URLs changed)\n" in changed.output
    stack.up()
    done = actions(esa, before)
    assert done.index(PURGE) < done.index(CREATE) < done.index(START)

    before = len(esa.history())
    stack.prefetch(launch=launch("a", "c", triggers={"release": "2"}))
    stack.up()
    assert actions(esa, before) == [PURGE, STOP, RESET, START]

    before = len(esa.history())
    stack.prefetch(
        launch=launch("a", "c", triggers={"release": "2"})
        | {"windows": {"now": {"interval": 300, "sliceLen": 1}}}
    )
    stack.up()
    assert PURGE not in actions(esa, before)

    stack.check("destroy", "--yes", "--skip-preview")
    assert len(purged(esa)) == 3


def test_a_plan_does_not_run_for_triggers_whose_purge_was_left_out(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b"))
    stack.up()
    (plan,) = (
        record["urn"]
        for record in stack.deployment()["resources"]
        if record["type"].endswith(":ScheduledPrefetch")
    )

    before = len(esa.history())
    stack.prefetch(launch=launch("a", "b", triggers={"release": "2"}))
    stack.up("--target", plan)
    assert actions(esa, before) == []

    stack.up()
    assert actions(esa, before) == [PURGE, STOP, RESET, START]


def test_a_failed_purge_starts_no_plan_and_is_made_again_by_the_next_up(
    emulator: Emulators, site: Sites
) -> None:
    full = {"sites": [{"SiteId": SITE, "Status": "active", "PurgeQuota": 1}]}
    esa = emulator(full)
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b"))

    failed = stack.run("up", "--yes", "--skip-preview")

    assert failed.code != 0
    assert (
        f"the purge of 2 URLs of site {SITE} failed, so that no plan is started: "
        in failed.output
    )
    assert "the quota is used up: ask for less" in failed.output
    assert actions(esa) == [CREATE_JOB]

    stack.prefetch(launch=launch("a"))
    stack.up()
    assert actions(esa)[1:] == [CREATE_JOB, PURGE, CREATE, START, DELETE_JOB]


def test_after_a_kill_in_the_purge_the_next_up_purges_again_and_starts_once(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b"))
    process = start(stack)
    assert until(lambda: bool(purged(esa)), 60)

    with killed(process):
        stack.check("cancel", "--yes", "test")
        stack.up()

    done = actions(esa)
    assert done.count(PURGE) == 2
    assert done[-3:] == [PURGE, CREATE, START]
    assert (done.count(CREATE), esa.starts()) == (1, 1)


def test_purge_declared_for_a_job_that_has_plans_begins_with_the_next_change(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    without = {name: value for name, value in launch("a").items() if name != "purge"}
    stack.prefetch(launch=without)
    stack.up()

    stack.prefetch(launch=launch("a"))
    preview = stack.check("preview")
    assert "start, unless the job has plans already: 1 URL, so that" in preview.output
    added = stack.up()
    assert "not purged: job " in added.output
    assert (purged(esa), esa.starts()) == ([], 1)
    assert stack.is_settled()

    stack.prefetch(launch=launch("b"))
    stack.up()
    assert purged(esa) == [["https://www.example.com/launch/b"]]

    stack.prefetch(launch={**without, "urls": ["https://www.example.com/launch/b"]})
    stack.up()
    assert len(purged(esa)) == 1


def test_a_sitemap_is_purged_and_runs_again_for_other_urls_and_a_secret_trigger_stays_one(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    a, b, c = launch("a", "b", "c")["urls"]
    with serving() as web:
        web.pages = {"/sitemap.xml": urlset(b, a)}
        declared = {"sitemap": f"{web.url}/sitemap.xml", "purge": "before"}
        stack.prefetch(launch={**declared, "windows": launch("a")["windows"]})
        place = f"{PROJECT}:prefetches.launch.triggers.token"
        stack.check("config", "set", "--path", "--secret", place, SECRET)
        stack.up()
        web.pages = {"/sitemap.xml": gzip.compress(urlset(a, b, a))}
        assert stack.is_settled()

        web.pages = {"/sitemap.xml": urlset(c, a)}
        (plan,) = summary_of(stack).plans
        stack.up()
        assert plan.change == "replace"
        assert purged(esa) == [[a, b], [a, c]]
        (job,) = esa.state()["jobs"]
        assert (job["UrlList"], esa.starts()) == ([a, c], 2)

        web.pages, changes = {}, esa.changes()
        failed = stack.refused()
        assert (
            f"SitePrefetch 'launch' (__main__.py:15): sitemap {web.url}/sitemap.xml answers with HTTP 404\n"
            in failed.output
        )
    assert esa.changes() == changes
    assert leaks.in_files(stack.root, [SECRET]) == []


PROGRAM = f"""
import pulumi
from pulumi import Output
from pulumi_esa_prefetch import SitePrefetch

opens = Output.from_input(pulumi.Config("test").require("opens"))
SitePrefetch(
    "launch",
    site={SITE},
    urls=["https://www.example.com/a"],
    windows={{"now": {{"interval": 600, "slice_len": 1, "start_time": opens}}}},
    purge="before",
)
"""


def test_an_output_that_opens_in_the_future_is_refused_by_the_provider(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    stack.write_program(PROGRAM)

    assert refused_at(stack, "2090-01-01T00:00:00Z")
    assert esa.changes() == 0
    assert not refused_at(stack, "2020-01-01T00:00:00Z")


def refused_at(stack: SiteStack, opens: str) -> bool:
    stack.config["test:opens"] = opens
    stack.configure()
    result = stack.run("preview")
    said = (
        f'windows.now opens in the future, at {opens}: purge="before" is for plans that run at once; remove one '
        "of the two"
    )
    assert (said in result.output) == (result.code != 0)
    return result.code != 0
