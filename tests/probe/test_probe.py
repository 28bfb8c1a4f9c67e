"""The whole probe against the emulator: in each dialect alone, in drawn combinations, and under faults."""

import itertools
import json
import random
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from pulumi_esa_emulator.dialects import DIALECTS
from pulumi_esa_emulator.http.app import Emulator
from pulumi_esa_emulator.http.in_process import EmulatorTransport
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.key_questions import NEEDS_PROFILE
from pulumi_esa_prefetch.probe.probe import ProbeFailed, ProbeResult
from pulumi_esa_prefetch.probe.questions import BY_NAME
from pulumi_esa_prefetch.probe.url_budget import MOST_URLS
from tests.probe.probing import ProbedEsa, answers_of, drawn_dialects
from tests.support.local_esa import SITE, job

PURGE = "purge-"
"""Dialects of purges, of which a probe asks nothing."""
FAST = {
    "cursor-per-plan",
    "new-plan-waits",
    "start-late-accepted",
    "start-running-accepted",
    "delete-running-runs-on",
    "reset-requeues",
    "bad-plans-reported",
    "window-over-failed",
}
FAULTS: list[dict[str, Any]] = [
    {"kind": "throttle"},
    {"kind": "server-error", "when": "before"},
    {"kind": "server-error", "when": "after"},
    {"kind": "reset", "when": "before"},
    {"kind": "reset", "when": "after"},
    {"kind": "truncated"},
    {"kind": "html", "when": "before"},
    {"kind": "html", "when": "after"},
    {"kind": "content-type"},
    {"kind": "extra-keys"},
    {"kind": "missing-keys"},
    {"kind": "times"},
    {"kind": "shuffled"},
    {"kind": "stale", "seconds": 3},
    {"kind": "expired-token"},
    {"kind": "denied"},
    {"kind": "skewed-clock", "seconds": 3600},
]


def faults(seed: int, *kinds: dict[str, Any]) -> dict[str, Any]:
    """One call in ten has one of these faults."""
    share = 0.1 / len(kinds)
    drawn = [
        kind | {"name": f"{n}", "probability": share} for n, kind in enumerate(kinds)
    ]
    return {"seed": seed, "faults": drawn}


def proven(esa: ProbedEsa) -> dict[str, str | None]:
    """The answers of a probe, none of them wrong; nothing of it is left."""
    return answers_of(proven_result(esa))


def proven_result(esa: ProbedEsa) -> ProbeResult:
    """The result of a probe, no answer wrong; nothing of it is left, and no URL more is prefetched than it says."""
    result = esa.probe(denied_key=True)
    found, truth = answers_of(result), esa.truth()
    assert {name: answer for name, answer in found.items() if answer} == {
        name: truth[name] for name, answer in found.items() if answer
    }
    assert esa.prefetched <= result.urls <= MOST_URLS
    assert esa.jobs == ["job-1"]
    return result


@pytest.mark.parametrize(
    "dialect",
    [
        None,
        *(
            pytest.param(
                one.name, marks=() if one.name in FAST else (pytest.mark.slow,)
            )
            for one in DIALECTS
            if not one.name.startswith(PURGE)
        ),
    ],
)
def test_it_names_each_dialect_that_is_alone(dialect: str | None) -> None:
    esa = ProbedEsa([dialect] if dialect else [])

    assert proven(esa) == esa.truth()


@pytest.mark.parametrize(
    "draw", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 200))]
)
def test_it_names_all_dialects_of_a_drawn_combination(draw: int) -> None:
    esa = ProbedEsa(drawn_dialects(random.Random(draw)))

    assert proven(esa) == esa.truth()


@pytest.mark.parametrize(
    "draw", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 200))]
)
def test_where_one_call_in_ten_fails_no_answer_is_wrong(draw: int) -> None:
    dialects = drawn_dialects(random.Random(draw))
    found = proven(ProbedEsa(dialects, faults(draw, *FAULTS), seed=draw))

    assert sum(answer is not None for answer in found.values()) > len(found) / 2


@pytest.mark.slow
@pytest.mark.parametrize("draw", range(3))
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_where_one_call_in_ten_fails_in_the_same_way_no_answer_is_wrong(
    fault: dict[str, Any], draw: int
) -> None:
    dialects = drawn_dialects(random.Random(draw))

    proven(ProbedEsa(dialects, faults(draw, fault), seed=draw))


def test_on_a_site_where_no_plan_runs_no_answer_is_wrong() -> None:
    esa = ProbedEsa(["new-plan-waits"], site={"Status": "pending"})

    found = proven(esa)

    assert found["new-plan"] is None
    assert esa.prefetched == 0


class DroppingEsa(ProbedEsa):
    """An ESA that takes each line of a list once."""

    def transport(self) -> httpx.BaseTransport:
        return Dropping(self.app)


class Dropping(EmulatorTransport):
    """Counts in answers only different URLs of a job."""

    def __init__(self, emulator: Emulator) -> None:
        super().__init__(emulator)
        self._emulator = emulator

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        answer = super().handle_request(request)
        body = json.loads(answer.read())
        with self._emulator.state.locked() as current:
            found = current.records.job(str(body.get("Id")))
        if found is None or answer.status_code != 200:
            return answer
        return httpx.Response(200, json=body | {"UrlCount": len(set(found.urls))})


def test_where_repeated_lines_are_dropped_they_are_made_different() -> None:
    esa = DroppingEsa()

    result = esa.probe(denied_key=True)

    assert result.repeats_dropped
    assert answers_of(result) == esa.truth()
    assert esa.jobs == ["job-1"]


@pytest.mark.parametrize(
    ("site", "says"),
    [
        ({"SiteName": "other.example"}, "ESA refused URLs of it: InvalidDomain"),
        ({"JobLimit": 1}, "InvalidJob.JobCountOfSiteFull"),
        ({"UrlQuota": 3}, "QuotaExcess"),
    ],
)
def test_a_probe_that_cannot_begin_says_why_and_leaves_nothing(
    site: dict[str, Any], says: str
) -> None:
    esa = ProbedEsa(site=site)

    with pytest.raises(ProbeFailed, match=says):
        esa.probe()

    assert (esa.jobs, esa.prefetched) == (["job-1"], 0)


def test_where_no_more_plans_fit_nothing_is_taken_for_a_refusal_of_what_was_asked() -> (
    None
):
    found = proven(ProbedEsa(["equal-window-accepted"], site={"PlanLimit": 1}))

    assert found["equal-window"] is None


def test_without_a_key_that_is_denied_the_code_of_ram_is_not_settled() -> None:
    answers = ProbedEsa(["denied-is-forbidden-ram"]).probe().answers

    unsettled = {q: a for q, a in answers.items() if not isinstance(a, Verdict)}
    assert unsettled == {"denied": NEEDS_PROFILE}


def test_the_table_has_the_emulators_rules_and_values() -> None:
    truth = ProbedEsa().truth()
    values = {(one.rule.replace("_", "-"), str(one.value)) for one in DIALECTS} | set(
        truth.items()
    )
    values = {each for each in values if not each[0].startswith(PURGE)}

    assert {question for question, _ in values} == BY_NAME.keys()
    assert all(value in BY_NAME[question].answers for question, value in values)


class SlowEsa(ProbedEsa):
    """An ESA each of whose calls takes some seconds, half of them before it has its effect."""

    delay: Callable[[], float] = staticmethod(lambda: 0.0)

    def transport(self) -> httpx.BaseTransport:
        return Slow(self)


class Slow(EmulatorTransport):
    """Moves the clock with each request."""

    def __init__(self, esa: SlowEsa) -> None:
        super().__init__(esa.app)
        self._esa = esa

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        seconds = self._esa.delay()
        self._esa.clock.advance(seconds / 2)
        answer = super().handle_request(request)
        self._esa.clock.advance(seconds / 2)
        return answer


@pytest.mark.parametrize(
    ("draw", "seconds"),
    [
        (111, 30),
        (112, 5),
        (7, 100),
        *(
            pytest.param(n, (2, 8, 15, 40, 60, 100)[n % 6], marks=pytest.mark.slow)
            for n in range(200, 284)
        ),
    ],
)
def test_however_slow_esa_is_no_answer_is_wrong_and_each_url_is_counted(
    draw: int, seconds: float
) -> None:
    rng = random.Random(draw)
    esa = SlowEsa(drawn_dialects(rng), seed=draw)
    esa.delay = lambda: rng.uniform(seconds / 2, seconds)

    result = proven_result(esa)

    assert result.urls == esa.prefetched
    assert result.list_lag == 0  # the time that calls take is no lag of a list


@pytest.mark.parametrize(
    "hours_at",
    [
        *(20, 60, 90, 120),
        *(pytest.param(n, marks=pytest.mark.slow) for n in range(10, 200, 10)),
    ],
)
@pytest.mark.parametrize(
    "dialects",
    [[], ["cursor-per-plan", "start-running-accepted", "delete-running-runs-on"]],
    ids=["default", "most"],
)
def test_a_call_of_hours_costs_no_url_that_was_not_said(
    hours_at: int, dialects: list[str]
) -> None:
    esa, calls = SlowEsa(dialects), itertools.count(1)
    esa.delay = lambda: 4 * 3600.0 if next(calls) == hours_at else 0.0

    result = proven_result(esa)

    assert esa.prefetched <= result.urls <= MOST_URLS
    assert any("time of the probe" in str(answer) for answer in result.answers.values())


@pytest.mark.parametrize(
    "action",
    [
        "ResetScheduledPreloadJob",
        "UpdateScheduledPreloadExecution",
        "StopScheduledPreloadExecution",
        "StartScheduledPreloadExecution",
        "DeleteScheduledPreloadExecution",
    ],
)
def test_without_a_right_what_it_would_do_is_not_counted_as_done(action: str) -> None:
    esa = ProbedEsa(denied_action=action)

    result = proven_result(esa)

    assert result.urls == esa.prefetched


def test_without_the_right_to_delete_jobs_no_job_is_made() -> None:
    esa = ProbedEsa(denied_action="DeleteScheduledPreloadJob")

    with pytest.raises(ProbeFailed, match=r"could not delete its job: .*esa:Delete"):
        esa.probe()

    assert not any(entry.effect for entry in esa.app.history)


class LateDenial(ProbedEsa):
    """An ESA that takes the right to delete jobs away once the probe has a job."""

    def transport(self) -> httpx.BaseTransport:
        return DenyingDelete(self.app)


class DenyingDelete(EmulatorTransport):
    """Refuses Delete of each job but the one that is asked for to learn about the right."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        is_delete = request.headers.get("x-acs-action") == "DeleteScheduledPreloadJob"
        if is_delete and "0" * 24 not in str(request.url) + request.read().decode():
            return httpx.Response(403, json={"Code": "NoPermission", "Message": "No."})
        return super().handle_request(request)


def test_where_the_job_cannot_be_deleted_its_plans_are() -> None:
    esa = LateDenial()

    with pytest.raises(ProbeFailed, match="doctor --clean --site"):
        esa.probe()

    with esa.app.state.locked() as current:
        left = [one for one in current.records.jobs_of(SITE) if one.name != "job-1"]
        plans = [p for one in left for p in current.records.plans_of(one.id)]
    assert len(left) == 1
    assert plans == []


class KilledEsa(ProbedEsa):
    """An ESA that no call reaches any more from one on, as if the probe were killed."""

    last = 0

    def transport(self) -> httpx.BaseTransport:
        return Cut(self)


class Cut(EmulatorTransport):
    """Ends the program at each request after the last one."""

    def __init__(self, esa: KilledEsa) -> None:
        super().__init__(esa.app)
        self._esa = esa

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self._esa.last -= 1
        if self._esa.last < 0:
            raise SystemExit(1)
        return super().handle_request(request)


@pytest.mark.parametrize(
    "at",
    [
        *(60, 100, 150, 215),
        *(pytest.param(n, marks=pytest.mark.slow) for n in range(20, 250, 5)),
    ],
)
def test_what_a_kill_leaves_prefetches_no_second_batch_but_of_one_plan(at: int) -> None:
    esa = KilledEsa(["cursor-per-plan"])
    esa.last = at
    with pytest.raises(SystemExit):
        esa.probe()

    killed = esa.clock.now()
    esa.clock.advance(48 * 3600)
    with esa.app.state.locked():
        batches = [b for b in esa.app.state.batches if b.job_id != job(1, [])["Id"]]
        later = [b for b in batches if b.at > killed]
    plans = {b.plan_id for b in later}

    assert len(later) <= len(plans) + 3
    assert sum(b.count for b in batches) <= MOST_URLS + len(plans)
