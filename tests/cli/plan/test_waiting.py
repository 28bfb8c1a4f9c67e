"""`plan wait`: follows plans until they are there, cannot get there, or the time is over."""

import json
import os
import re
import signal
import subprocess
from contextlib import closing
from datetime import UTC, datetime

import pytest

from pulumi_esa_cli.esa.exit_codes import TIMED_OUT
from pulumi_esa_emulator.clock import ManualClock
from tests.cli.plan.conftest import Hand, Hands, declared
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import job, job_id, plan, plan_id
from tests.support.pseudo_terminal import LEAVE, PseudoTerminal, plain_lines
from tests.support.webhook_receiver import TOKEN, webhook_receiver

ONE = f"{job_id(1)}:{plan_id(1)}"
TWO = f"{job_id(1)}:{plan_id(2)}"


@pytest.fixture
def waiting(hand: Hands, monkeypatch: pytest.MonkeyPatch) -> "Waits":
    return Waits(hand, monkeypatch)


class Waits:
    """Makes a person whose waits move the clock of ESA."""

    def __init__(self, hand: Hands, patch: pytest.MonkeyPatch) -> None:
        self._hand, self._patch = hand, patch

    def __call__(self, *statuses: str, **more: object) -> Hand:
        clock = ManualClock(datetime.now(UTC))
        place = "pulumi_esa_cli.esa.plan.waiting.SystemClock"
        self._patch.setattr(place, lambda: clock)
        plans = [
            plan(n, status, start="+1h" if status == "waiting" else "-1h")
            for n, status in enumerate(statuses, 1)
        ]
        return self._hand(job(1, plans, urls=20), clock=clock, **more)


def test_it_ends_when_all_plans_have_finished_and_says_each_change(
    waiting: Waits,
) -> None:
    said = waiting("running", "waiting")("wait", ONE, TWO, "--every", "600")

    assert (said.code, said.err) == (0, "")
    lines = [line.partition(" ")[2] for line in said.out.splitlines()]
    assert lines[0].startswith(f"{plan_id(1)}: running, ")
    assert lines[1].startswith(f"{plan_id(2)}: waiting, ")
    assert lines[-1] == "2 plans: 2 finished"


def test_until_running_ends_when_the_window_opens(waiting: Waits) -> None:
    rows = waiting("waiting").json("wait", ONE, "--until", "running", "--every", "60")

    assert rows == [
        {
            "id": plan_id(1),
            "jobId": job_id(1),
            "name": "",
            "status": "running",
            "outcome": "reached",
        }
    ]


def test_a_plan_that_is_stopped_does_not_get_there_and_the_others_are_waited_for(
    waiting: Waits,
) -> None:
    said = waiting("stopped", "running")("wait", ONE, TWO, "--every", "600")

    assert (said.code, said.err) == (
        1,
        f"error: will not be finished: {plan_id(1)} (stopped)\n",
    )
    assert f"{plan_id(2)}: finished" in said.out


def test_a_plan_that_does_not_exist_does_not_get_there(waiting: Waits) -> None:
    said = waiting("running")("wait", f"{job_id(1)}:{plan_id(9)}", "--json")

    assert said.code == 1
    assert [row["outcome"] for row in json.loads(said.out)] == ["impossible"]


def test_when_the_time_is_over_it_exits_with_a_code_of_its_own(waiting: Waits) -> None:
    said = waiting("waiting")("wait", ONE, "--timeout", "5m")

    assert (said.code, said.err) == (
        124,
        f"error: not finished after 300 seconds: {plan_id(1)} (waiting)\n",
    )


def test_failed_reads_are_borne_and_five_in_a_row_end_it(
    waiting: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_esa_cli.esa.plan.waiting.READ_SECONDS", 0.5)
    fault = {"kind": "html", "when": "before", "actions": "GetScheduledPreloadJob"}
    borne = waiting("finished", faults=[fault | {"every": 2}])("wait", ONE)
    ended = waiting("running", faults=[fault])("wait", ONE)

    assert borne.code == 0
    assert ended.code == 1
    assert ended.err.startswith(
        "error: 0 of 1 known to be finished: GetScheduledPreloadJob"
    )


def test_refused_keys_end_it_at_once(
    waiting: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = waiting("running")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong")

    said = person("wait", ONE)

    assert said.code == 1
    assert "SignatureDoesNotMatch" in said.err
    assert len(person.esa.history()) <= 2


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([plan_id(1)], "the job of plan"),
        ([ONE, "--timeout", "soon"], "--timeout: 'soon' is not a duration"),
        ([ONE, "--until", "done"], "Invalid value for '--until'"),
    ],
)
def test_bad_input_is_one_sentence(
    waiting: Waits, words: list[str], sentence: str
) -> None:
    said = waiting("running")("wait", *words)

    assert (said.code, said.err.count("\n")) == (1, 1)
    assert said.err.startswith(f"error: {sentence}")


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30)])
def test_on_a_terminal_two_hundred_plans_fit_it_and_ctrl_c_ends_it_with_a_sentence(
    hand: Hands, columns: int, rows: int
) -> None:
    hand(job(1, [plan(n, "running") for n in range(200)]))
    words = [f"{job_id(1)}:{plan_id(n)}" for n in range(200)]
    line = [ESA_PREFETCH, "plan", "wait", *words]

    with closing(PseudoTerminal(line, dict(os.environ), columns, rows)) as terminal:
        terminal.wait_for(lambda raw: "Ctrl-C ends it" in raw)
        terminal.interrupt()
        code, raw = terminal.finish()

    last = plain_lines(raw.partition(LEAVE)[2])
    assert code == 130
    assert last[0].startswith("Waiting until finished: 200 plans")
    # ids differ at their ends
    assert any(re.match(r"665d(3b48621bccf3|…\w*)00000000 ", line) for line in last)
    assert max(map(len, last)) <= columns + 30  # the sentence may be longer
    assert (
        "interrupted: 0 of 200 known to be finished; nothing was changed in ESA" in last
    )


def test_off_a_terminal_ctrl_c_ends_it_with_the_same_sentence(hand: Hands) -> None:
    hand(job(1, [plan(1, "running")]))
    with subprocess.Popen(
        [ESA_PREFETCH, "plan", "wait", ONE],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as run:
        assert run.stdout is not None
        run.stdout.readline()
        run.send_signal(signal.SIGINT)
        _, err = run.communicate(timeout=30)

    assert run.returncode == 130
    assert (
        err == "interrupted: 0 of 1 known to be finished; nothing was changed in ESA\n"
    )


def test_the_webhook_is_told_once_how_the_wait_for_each_plan_ended(
    waiting: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook_receiver(status=500) as receiver:
        monkeypatch.setenv("ESA_PREFETCH_WEBHOOK", receiver.url)
        said = waiting("stopped", "running", "running")(
            "wait", ONE, TWO, f"{job_id(1)}:{plan_id(9)}", "--every", "600"
        )

    told = {call["plan"]: call for call in receiver.calls}
    assert len(receiver.calls) == len(told) == 3
    assert {n: (c["outcome"], c.get("status")) for n, c in told.items()} == {
        plan_id(1): ("stopped", "stopped"),
        plan_id(2): ("reached", "finished"),
        plan_id(9): ("gone", None),
    }
    assert told[plan_id(2)]["seconds"] >= 600
    warnings = [x for x in said.err.splitlines() if x.startswith("warning: ")]
    assert len(warnings) == 3
    assert TOKEN not in said.out + said.err
    assert said.code == 1


def test_the_webhook_is_told_what_is_not_there_when_the_time_is_over(
    waiting: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    with webhook_receiver() as receiver:
        monkeypatch.setenv("ESA_PREFETCH_WEBHOOK", receiver.url)
        hand = waiting("running")
        hand.stack(declared("launch", 1, 1, status="running"))
        said = hand("wait", "launch", "--timeout", "60s")

    assert said.code == TIMED_OUT, said
    (call,) = receiver.calls
    assert call["outcome"] == "timed_out"
    assert (call["stack"], call["resource"]) == ("dev", "launch")
    assert call["project"]


def test_what_the_webhook_answered_is_shown_also_if_the_wait_ends_with_an_error(
    waiting: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pulumi_esa_cli.esa.plan.waiting.READ_SECONDS", 0.5)
    later = list(range(9, 99))
    fault = {"kind": "html", "when": "before", "actions": "GetScheduledPreloadJob"}
    with webhook_receiver(status=500) as receiver:
        monkeypatch.setenv("ESA_PREFETCH_WEBHOOK", receiver.url)
        said = waiting("stopped", "running", faults=[fault | {"calls": later}])(
            "wait", ONE, TWO, "--every", "10"
        )

    assert len(receiver.calls) == 1
    assert said.code == 1
    assert "answers HTTP 500 to the end of plan " in said.err
    assert "error: 0 of 2 known to be finished: " in said.err
