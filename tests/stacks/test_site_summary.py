"""A pull request against stacks/site: plans that do not exist yet, told by what declares them."""

import subprocess

import pytest

from pulumi_esa_prefetch.report.analysis.summary import PlanChange, PrefetchSummary
from tests.lifecycle.conftest import Emulators
from tests.stacks.conftest import Sites
from tests.stacks.site import SiteStack
from tests.stacks.test_site import CATALOGUE, launch
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import seed


def summary_of(stack: SiteStack) -> PrefetchSummary:
    printed = stack.check("preview", "--json", "--show-sames").output
    done = subprocess.run(
        [ESA_PREFETCH, "summary", "--output", "json"],
        input=printed[printed.index("{") :],
        env=stack.environment(),
        capture_output=True,
        text=True,
        check=True,
    )
    return PrefetchSummary.model_validate_json(done.stdout)


def plan(summary: PrefetchSummary, name: str) -> PlanChange:
    (found,) = [one for one in summary.plans if one.name == name]
    return found


@pytest.mark.slow
def test_plans_yet_to_be_made_are_told_with_their_batches(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b", "c"), catalogue=CATALOGUE)

    summary = summary_of(stack)

    (now,) = [one for one in summary.plans if one.name.startswith("launch")]
    assert (now.what, now.why) == ("will be started", "is created by this deployment")
    assert (now.source, now.batches, now.urls, now.fits) == ("preview", 3, 3, True)
    assert {load.origin for load in summary.origins} >= {"www.example.com"}
    assert summary.counts.create == 3
    assert esa.changes() == 0


@pytest.mark.slow
def test_other_urls_are_told_as_a_replacement_of_job_and_plan(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    stack.prefetch(launch=launch("a", "b"))
    stack.up()
    starts = esa.starts()
    stack.prefetch(launch=launch("a", "c", "d"))

    summary = summary_of(stack)

    (now,) = summary.plans
    assert now.change == "replace"
    assert now.what == (
        "old plan will be stopped and deleted; new plan will be started"
    )
    assert (now.batches, now.source) == (3, "preview")
    assert {other.change for other in summary.others} == {"replace"}
    assert summary.warnings == ()
    assert esa.starts() == starts
