"""From a preview to figures, sums and warnings."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.analysis.summary import PrefetchSummary
from pulumi_esa_prefetch.report.analysis.summary_building import compose
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot, JobSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    UNKNOWN,
    Preview,
    ResourceEntry,
)
from pulumi_esa_prefetch.report.inputs.resource_graph import JOB, PLAN, ResourceGraph
from pulumi_esa_prefetch.report.render.markdown import markdown
from pulumi_esa_prefetch.report.render.summary_line import summary_line
from tests.support.previews import (
    JOB_ID,
    NOW,
    alicloud_job,
    alicloud_plan,
    create,
    delete,
    inputs,
    new,
    old,
    plan_id,
    preview,
    resource,
    same,
    state,
    step,
    update,
    urn,
)

URLS = [f"http://a.example/{number}" for number in range(95)]


def at(hours: float) -> datetime:
    return NOW + timedelta(hours=hours)


def summed(
    given: Preview,
    there: tuple[ResourceEntry, ...] = (),
    snapshot: EsaSnapshot | None = None,
    **limits: Any,
) -> PrefetchSummary:
    graph = ResourceGraph.of(given, there)
    return compose(
        given, graph, snapshot or EsaSnapshot(), Limits.model_validate(limits), NOW
    )


def seen(number: int, status: str, submitted: int = 0, **others: Any) -> EsaSnapshot:
    """One plan in ESA, of a job with a hundred URLs on one origin."""
    job = Job(id=JOB_ID, url_count=100, task_submitted=submitted, domains="a.example")
    facts = {"interval": 30, "slice_len": 10, "start_time": at(1), **others}
    plan = Plan(id=plan_id(number), job_id=JOB_ID, status=status, **facts)
    return EsaSnapshot({JOB_ID: JobSnapshot(job, {plan.id: plan})})


def test_a_plan_read_from_esa_is_forecast_with_its_batches_and_its_end() -> None:
    summary = summed(preview(create("warm", 1)), snapshot=seen(1, "stopped"))

    (plan,) = summary.plans
    assert (plan.what, plan.why) == ("will be started", "is stopped")
    assert (plan.batches, plan.urls, plan.urls_per_second) == (10, 100, 10 / 30)
    assert (plan.first, plan.last) == (at(1), at(1) + timedelta(seconds=270))
    assert (plan.fits, plan.source) == (True, "esa")


def test_what_is_submitted_already_is_not_counted_again() -> None:
    summary = summed(preview(create("warm", 1)), snapshot=seen(1, "stopped", 75))

    assert (summary.plans[0].batches, summary.plans[0].urls) == (3, 25)


def test_a_rerun_from_the_start_counts_the_whole_list() -> None:
    given = preview(update("warm", 1, "finished", triggers={"release": "2"}))

    summary = summed(given, snapshot=seen(1, "finished", 100))

    assert summary.plans[0].what == "will be reset and started"
    assert summary.plans[0].batches == 10


def test_a_rerun_beside_a_running_plan_of_the_job_is_an_error() -> None:
    snapshot = seen(1, "finished", 100)
    other = Plan(id=plan_id(9), job_id=JOB_ID, status="running")
    there = snapshot.jobs[JOB_ID]
    both = EsaSnapshot(
        {JOB_ID: JobSnapshot(there.job, {**there.plans, other.id: other})}
    )
    given = [
        preview(update("warm", 1, "finished", triggers={"r": "2"}, rerun=rerun))
        for rerun in ("from_start", "resume")
    ]

    from_start, resume = [summed(one, snapshot=both).plans[0] for one in given]

    assert (from_start.refused, from_start.starts) == (True, False)
    assert plan_id(9) in from_start.why
    assert (resume.refused, resume.what) == (False, "will be started")


def test_a_rerun_of_a_waiting_plan_beside_a_running_one_resets_nothing_and_warns() -> (
    None
):
    snapshot = seen(1, "waiting", 40)
    other = Plan(id=plan_id(9), job_id=JOB_ID, status="running")
    there = snapshot.jobs[JOB_ID]
    both = EsaSnapshot(
        {JOB_ID: JobSnapshot(there.job, {**there.plans, other.id: other})}
    )

    summary = summed(
        preview(update("warm", 1, "waiting", triggers={"r": "2"})), snapshot=both
    )

    (plan,) = summary.plans
    assert (plan.what, plan.refused, plan.urls) == ("will be started", False, 60)
    (told,) = [warned for warned in summary.warnings if warned.kind == "plan"]
    assert told.text.startswith(
        f"warm: plan {plan_id(1)} will be started: triggers changed; it runs from where its job is then"
    )
    assert plan_id(9) in told.text


def test_a_plan_of_the_same_preview_is_forecast_before_it_exists() -> None:
    given = preview(
        create("warm", 1),
        alicloud_plan("plan", 1, "job", "same", startTime="2026-11-11T08:00:00+08:00"),
        alicloud_job("job", URLS),
    )

    (plan,) = summed(given).plans

    assert (plan.interval, plan.slice_len, plan.batches) == (60, 5, 19)
    assert plan.start_time == at(0)
    assert plan.last == at(0.3)


def test_a_plan_and_a_job_that_do_not_exist_yet_are_forecast_by_their_declaration() -> (
    None
):
    urls = ["http://a.example/1", "http://b.example/2", "http://a.example/3", "", "x["]
    links = {"plan_id": [urn("plan", PLAN)], "job_id": [urn("job", JOB)]}
    declared = inputs(1, plan_id=UNKNOWN, job_id=UNKNOWN)
    given = preview(
        step("create", None, resource("warm", dependencies=links, inputs=declared)),
        alicloud_plan("plan", 1, "job", "create", sliceLen="2"),
        alicloud_job("job", urls, "create"),
    )

    summary = summed(given)

    (plan,) = summary.plans
    assert (plan.what, plan.why) == ("will be started", "is created by this deployment")
    assert (plan.status, plan.source, plan.batches) == (None, "preview", 2)
    loads = {load.origin: load.urls_per_second * 60 for load in summary.origins}
    assert loads == {"a.example": 1, "b.example": 1, "no host": 1}
    assert [other.name for other in summary.others] == ["plan", "job"]


def test_new_urls_of_a_job_that_is_only_updated_give_a_warning() -> None:
    sides = [resource("job", JOB, inputs={"urlList": text}) for text in ("a", "b")]
    given = preview(step("update", {**sides[0], "id": f"1:{JOB_ID}"}, sides[1]))

    summary = summed(given)

    assert [w.kind for w in summary.warnings] == ["job"]
    assert "replace the job" in summary.warnings[0].text


def test_sums_over_the_stack_hold_unchanged_plans_of_the_state() -> None:
    given = preview(update("warm", 1, "stopped"), changeSummary={"same": 1})

    alone = summed(given, maxOriginUrlsPerSecond=0.5)
    together = summed(given, state(old("other", 2)), maxOriginUrlsPerSecond=0.5)

    assert alone.warnings == ()
    assert any("sums leave out" in note for note in alone.notes)
    assert [w.kind for w in together.warnings] == ["rate"]
    assert together.warnings[0].plans == ("other", "warm")
    assert not any("sums leave out" in note for note in together.notes)
    assert together.counts.same == 1


def test_an_overload_without_anything_that_changes_is_only_counted() -> None:
    given = preview(update("warm", 1, "stopped", on_destroy="leave"))
    window = {"start_time": "2026-11-11T05:00:00Z", "end_time": "2026-11-11T06:00:00Z"}
    there = state(old("b", 2, **window), old("c", 3, **window))

    summary = summed(given, there, maxOriginUrlsPerSecond=0.5)

    assert summary.warnings == ()
    assert summary.notes[-1].startswith("Limits are also not kept 1 time by plans")


def test_plans_that_others_run_in_the_same_job_count_too() -> None:
    snapshot = seen(1, "stopped")
    foreign = Plan(
        id=plan_id(9), job_id=JOB_ID, status="running", interval=30, slice_len=10
    )
    there = snapshot.jobs[JOB_ID]
    both = EsaSnapshot(
        {JOB_ID: JobSnapshot(there.job, {**there.plans, foreign.id: foreign})}
    )

    summary = summed(preview(create("warm", 1)), snapshot=both)

    # By the time `warm` begins, the other one has submitted all hundred URLs.
    assert summary.plans[0].batches == 0
    assert summary.origins[0].plans == (f"plan {foreign.id} (not in this stack)",)


@pytest.mark.parametrize(("on_destroy", "counts"), [("stop", False), ("leave", True)])
def test_a_replaced_plan_counts_only_if_it_runs_on(
    on_destroy: str, counts: bool
) -> None:
    given = preview(
        step(
            "replace", old("warm", 1, "running", on_destroy=on_destroy), new("warm", 2)
        )
    )
    job = Job(id=JOB_ID, url_count=100, domains="a.example")
    plans = [
        Plan(
            id=plan_id(number), job_id=JOB_ID, status=status, interval=30, slice_len=10
        )
        for number, status in ((1, "running"), (2, "stopped"))
    ]
    there = JobSnapshot(job, {plan.id: plan for plan in plans})

    summary = summed(given, snapshot=EsaSnapshot({JOB_ID: there}))

    outside = f"plan {plan_id(1)} (not in this stack)"
    assert (outside in summary.origins[0].plans) is counts
    assert "warm" in summary.origins[0].plans


def test_plans_whose_list_is_done_by_then_are_counted_apart_with_one_warning_per_job() -> (
    None
):
    again: dict[str, Any] = {"triggers": {"release": "2"}}
    given = preview(*[update(f"p{n}", n, "finished", **again) for n in range(1, 8)])
    job = Job(id=JOB_ID, url_count=20, task_submitted=20, domains="a.example")
    plans = [
        Plan(id=plan_id(n), status="finished", interval=30, slice_len=10)
        for n in range(1, 8)
    ]
    there = JobSnapshot(job, {plan.id: plan for plan in plans})

    summary = summed(given, snapshot=EsaSnapshot({JOB_ID: there}))

    idle = [plan.name for plan in summary.plans if plan.nothing_to_do]
    assert idle == ["p3", "p4", "p5", "p6", "p7"]
    (warned,) = summary.warnings
    assert (warned.kind, warned.plans) == ("job", tuple(idle))
    assert warned.text == (
        f"job {JOB_ID}: 5 plans of it will be started with nothing to do, because its "
        "list is done by then: p3, p4, p5, p6 and p7"
    )
    text = markdown(summary)
    assert "### ESA prefetch: 7 to update, 5 of them with nothing to do in" in text
    assert "starts **7 plans** and stops 0. **5 of the started plans have" in text
    assert summary_line(summary).endswith(
        "; and 2 more; 5 of the started plans have nothing to do."
    )


def test_a_plan_whose_window_is_over_is_not_one_with_nothing_to_do() -> None:
    over: dict[str, Any] = {"end_time": at(-1), "start_time": at(-2)}

    summary = summed(preview(create("p", 1)), snapshot=seen(1, "stopped", **over))

    assert [plan.nothing_to_do for plan in summary.plans] == [False]
    assert [warned.kind for warned in summary.warnings] == ["past"]
    assert "none: the window is over" in markdown(summary)


@pytest.mark.parametrize(
    ("count", "info", "text"),
    [
        (0, None, f"job {JOB_ID} has no URLs, so that its plans fetch nothing"),
        (
            0,
            "InvalidUrl",
            (
                f"job {JOB_ID} has no URLs, so that its plans fetch nothing: ESA refused URLs "
                "of it (InvalidUrl)"
            ),
        ),
        (
            1,
            "InvalidUrl",
            f"job {JOB_ID}: ESA refused URLs of it (InvalidUrl); the others are fetched",
        ),
    ],
)
def test_a_job_without_urls_or_with_refused_ones_is_one_warning(
    count: int, info: str | None, text: str
) -> None:
    job = Job(id=JOB_ID, url_count=count, error_info=info)
    plans = [
        Plan(id=plan_id(n), status=status, interval=30, slice_len=10)
        for n, status in ((1, "stopped"), (2, "running"))
    ]
    snapshot = EsaSnapshot({JOB_ID: JobSnapshot(job, {p.id: p for p in plans})})

    summary = summed(preview(create("new", 1), same("kept", 2)), snapshot=snapshot)

    assert [(w.kind, w.plans, w.text) for w in summary.warnings] == [
        ("job", ("kept", "new"), text)
    ]
    assert summary.plans[0].nothing_to_do == (count == 0)
    assert not any("number of URLs" in note for note in summary.notes)


def test_a_window_that_is_too_short_is_a_warning_or_a_refusal_by_config() -> None:
    snapshot = seen(1, "stopped", end_time=at(1) + timedelta(seconds=60))

    warned = summed(preview(create("warm", 1)), snapshot=snapshot)
    denied = summed(preview(create("warm", 1)), snapshot=snapshot, enforce="deny")

    assert [(w.kind, w.level) for w in warned.warnings] == [("fit", "warn")]
    assert denied.denied
    assert warned.plans[0].fits is False


def test_only_plans_that_change_are_checked_by_themselves() -> None:
    given = preview(same("warm", 1, "running", end_time="2026-11-11T00:00:01Z"))
    freeze = [{"name": "now", "window": "2026-11-11T00:00:00Z/PT1H"}]

    assert summed(given, freeze=freeze).warnings == ()


def test_a_waiting_plan_that_is_no_longer_declared_gives_a_warning() -> None:
    summary = summed(preview(delete("warm", 1, "waiting")))

    assert [w.text for w in summary.warnings] == [
        (
            f"warm: plan {plan_id(1)} will be left as it is: is waiting, and ESA stops "
            "only running plans: it "
            'will still start at 2026-11-11T01:00:00Z; declare on_destroy="delete" to '
            "have it deleted instead"
        )
    ]


def test_a_plan_that_moves_to_another_name_is_left_as_it_is_and_counted_once() -> None:
    given = preview(delete("old", 1, "waiting"), create("new", 1))

    summary = summed(given, snapshot=seen(1, "waiting"))

    assert {plan.name: plan.what for plan in summary.plans} == {
        "new": "will be started",
        "old": "will be left as it is",
    }
    assert summary.warnings == ()
    assert summary.origins[0].plans == ("new",)


def test_an_error_of_the_preview_marks_the_summary_as_incomplete() -> None:
    said = [
        {"message": "<{%fg 9%}>error: no<{%reset%}>\n", "severity": "error"},
        {"message": "warning: careful\n", "severity": "warning"},
        {"message": "hello", "severity": "info"},
    ]

    summary = summed(preview(diagnostics=said))

    assert summary.failed
    assert [m.text for m in summary.messages] == ["error: no", "warning: careful"]


def test_project_and_stack_are_read_from_the_urns() -> None:
    summary = summed(preview(create("warm", 1)))

    assert (summary.project, summary.stack) == ("proj", "dev")


def test_the_order_does_not_depend_on_the_order_of_the_preview() -> None:
    steps = [create("b", 2), create("a", 1), delete("c", 3, "running")]

    assert summed(preview(*steps)) == summed(preview(*reversed(steps)))


@pytest.mark.parametrize("number", ["30", 30, 30.0])
def test_numbers_are_read_in_any_of_their_spellings(number: object) -> None:
    there = old("warm", 1, "stopped", interval=number)
    given = preview(step("update", there, {**there, "outputs": {}}))

    assert summed(given).plans[0].interval == 30


def test_times_are_instants() -> None:
    there = old("warm", 1, "stopped", start_time="2026-11-11T09:00:00.000+08:00")
    given = preview(step("update", there, {**there, "outputs": {}}))

    assert summed(given).plans[0].start_time == at(1).astimezone(UTC)
