"""`plan start`, `stop` and `rerun`: what they do in ESA, what they say, and what they exit with."""

import json
import os
import signal
from contextlib import closing
from pathlib import Path
from subprocess import DEVNULL, PIPE, Popen

import pytest

from pulumi_esa_emulator.dialects import DIALECTS
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials, StaticCredentials
from pulumi_esa_prefetch.provider import read_after_write
from tests.cli.plan.conftest import Hand, Hands, declared
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import Document, job, job_id, plan, plan_id
from tests.support.pseudo_terminal import PseudoTerminal, plain_lines

START, STOP = "StartScheduledPreloadExecution", "StopScheduledPreloadExecution"
RESET = "ResetScheduledPreloadJob"


def word(number: int) -> str:
    return f"{job_id(1)}:{plan_id(number)}"


def one_job(*statuses: str, **more: int) -> Document:
    """A job whose plans have these statuses; a waiting one opens in an hour."""
    plans = [
        plan(n, status, start="+1h" if status == "waiting" else "-1h")
        for n, status in enumerate(statuses, 1)
    ]
    return job(1, plans, **more)


@pytest.mark.parametrize(
    ("act", "status", "effects", "code", "text"),
    [
        ("start", "stopped", [START], 0, "was started: was stopped"),
        ("start", "failed", [START], 0, "was started: had failed"),
        ("start", "running", [], 0, "is left as it is: is running"),
        (
            "start",
            "finished",
            [],
            1,
            "is finished: give --restart-finished, or `plan rerun` to begin at the first URL",
        ),
        ("stop", "running", [STOP], 0, "was stopped: was running"),
        ("stop", "stopped", [], 0, "is left as it is: is stopped"),
        ("stop", "failed", [], 0, "is left as it is: has failed"),
        ("stop", "finished", [], 0, "is left as it is: is finished"),
        (
            "stop",
            "waiting",
            [],
            1,
            "is waiting and ESA stops only running plans: stop it once it runs, or delete the plan, or move its window",
        ),
        ("rerun", "stopped", [RESET, START], 0, "was reset and started: asked for by hand"),
        ("rerun", "running", [STOP, RESET, START], 0, "was stopped, reset and started: asked for by hand"),
        ("rerun", "finished", [RESET, START], 0, "was reset and started: asked for by hand"),
    ],
)  # fmt: skip
def test_an_act_does_what_the_hook_would_and_says_it(
    hand: Hands, act: str, status: str, effects: list[str], code: int, text: str
) -> None:
    person = hand(one_job(status))

    said = person(act, word(1), "--yes")

    sent = [call["action"] for call in person.esa.history()]
    assert [action for action in sent if action in (START, STOP, RESET)] == effects
    assert said.code == code
    (out, err) = (said.out, "") if code == 0 else ("", said.err)
    assert (said.out if code == 0 else said.err).splitlines()[-1].endswith(text)
    assert "up " not in out + err


def test_a_finished_plan_is_started_if_that_is_asked_for(hand: Hands) -> None:
    person = hand(one_job("finished"))

    assert person("start", word(1), "--yes", "--restart-finished").code == 0
    assert person.esa.effective_starts() == 1


def test_a_rerun_may_go_on_where_its_job_is(hand: Hands) -> None:
    person = hand(one_job("stopped", "running"))

    said = person("rerun", word(1), "--resume", "--yes")

    assert (said.code, person.esa.calls(RESET)) == (0, [])
    assert person.esa.status(plan_id(1)) == "running"


def test_a_rerun_names_the_plans_that_go_back_too_before_it_acts(hand: Hands) -> None:
    person = hand(one_job("stopped", "waiting", "finished"))
    person.stack(declared("evening", 1, 2))

    said = person("rerun", word(1), "--yes")

    assert said.out.splitlines() == [
        f"{word(1)} will be reset and started: asked for by hand",
        f"  also put back to the first URL of the job: evening (waiting) and {plan_id(3)} (finished)",
        f"{word(1)} was reset and started: asked for by hand",
    ]


def test_a_rerun_is_refused_while_another_plan_of_the_job_runs(hand: Hands) -> None:
    person = hand(one_job("running", "running"))

    said = person("rerun", word(1), "--yes")

    assert (said.code, person.esa.changes()) == (1, 0)
    assert f"while another plan of the job runs ({plan_id(2)})" in said.err
    assert said.err.endswith("wait for it, stop it, or give --resume\n")


def test_two_plans_of_a_job_run_again_from_one_reset(hand: Hands) -> None:
    person = hand(one_job("stopped", "stopped"))

    said = person("rerun", word(1), word(2), "--yes")

    assert said.code == 0
    assert len(person.esa.calls(RESET)) == 1
    assert person.esa.effective_starts() == 2


def test_after_a_failure_the_others_are_done_and_each_has_a_line(hand: Hands) -> None:
    person = hand(one_job("stopped", "finished", "stopped"))

    said = person("start", word(2), word(9), word(1), word(3), word(1), "--yes")

    assert person.esa.starts_by_plan() == {plan_id(1): 1, plan_id(3): 1}
    assert said.code == 1
    assert said.out.splitlines()[-2:] == [
        f"{word(1)} was started: was stopped",
        f"{word(3)} was started: was stopped",
    ]
    assert [line[:6] for line in said.err.splitlines()] == ["error:"] * 3
    assert said.err.endswith("error: 2 of 4 plans were not started\n")


def test_each_plan_has_an_outcome_for_a_program(hand: Hands) -> None:
    person = hand(one_job("stopped", "running", "finished"))

    said = person("start", word(1), word(2), word(3), "--yes", "--json")

    rows = json.loads(said.out)
    assert said.code == 1
    assert [(row["id"], row["outcome"]) for row in rows] == [
        (plan_id(1), "done"),
        (plan_id(2), "unchanged"),
        (plan_id(3), "failed"),
    ]
    assert set(rows[0]) == {
        "id",
        "jobId",
        "name",
        "outcome",
        "status",
        "text",
        "warnings",
    }
    assert rows[0]["status"] == "running"


@pytest.mark.parametrize(
    ("act", "status", "more"),
    [("start", "stopped", ["--restart-finished"]), ("stop", "running", [])],
)
def test_without_a_job_the_call_itself_is_the_look_up(
    hand: Hands, act: str, status: str, more: list[str]
) -> None:
    person = hand(one_job(status))

    said = person(act, plan_id(1), "--yes", *more)

    assert said.code == 0
    assert "without a look before, because --job is not given" in said.out
    assert person.esa.changes() == 1


def test_a_rerun_without_a_job_asks_for_it(hand: Hands) -> None:
    person = hand(one_job("stopped"))

    said = person("rerun", plan_id(1), "--yes")

    assert (said.code, person.esa.history()) == (1, [])
    assert "is not known, and ESA has no call that finds it: give --job" in said.err


@pytest.mark.parametrize("act", ["start", "stop", "rerun"])
def test_where_nobody_can_be_asked_nothing_is_done_without_yes(
    hand: Hands, act: str
) -> None:
    person = hand(one_job("running"))

    said = person(act, word(1))

    assert (said.code, said.err) == (
        2,
        "error: --yes is needed where nobody can be asked\n",
    )
    assert person.esa.history() == []


@pytest.mark.parametrize(
    ("act", "desired", "words"),
    [
        ("stop", "running", "the next `up --refresh` starts it again"),
        ("rerun", "running", "the next up leaves it"),
        ("start", "stopped", "the next `up --refresh` stops it, if it runs then"),
        ("rerun", "stopped", "the next `up --refresh` stops it, if it runs then"),
    ],
)
def test_what_the_stack_declares_is_said_before(
    hand: Hands, act: str, desired: str, words: str
) -> None:
    person = hand(one_job("running" if act == "stop" else "stopped"))
    person.stack(declared("launch", 1, 1, desired_state=desired))

    said = person(act, "launch", "--yes")

    assert said.code == 0
    assert f"  stack dev declares it {desired}: {words}" in said.out
    assert said.out.splitlines()[-1].startswith("launch was ")


LIMITS = {"maxOriginUrlsPerSecond": 0.0001, "enforce": "deny"}


@pytest.mark.parametrize("act", ["start", "rerun"])
def test_the_limits_of_the_stack_hold(hand: Hands, act: str) -> None:
    person = hand(one_job("stopped"))
    person.stack(limits=LIMITS)

    said = person(act, word(1), "--yes")

    assert (said.code, person.esa.changes()) == (1, 0)
    assert "above the limit of 0.0001" in said.err


def test_a_rerun_that_a_limit_denies_is_refused_before_the_question(
    hand: Hands,
) -> None:
    person = hand(one_job("finished"))
    person.stack(limits=LIMITS)

    with closing(on_a_terminal("rerun", word(1))) as terminal:
        code, raw = terminal.finish()

    assert (code, person.esa.changes()) == (1, 0)
    assert "[y/N]" not in raw
    assert "above the limit of 0.0001" in " ".join(plain_lines(raw))


@pytest.mark.parametrize("act", ["start", "rerun"])
def test_a_limit_that_warns_is_said_before(hand: Hands, act: str) -> None:
    person = hand(one_job("stopped"))
    person.stack(limits=LIMITS | {"enforce": "warn"})

    said = person(act, word(1), "--yes")

    assert (said.code, person.esa.starts()) == (0, 1)
    assert "  warning: " in said.out
    assert "above the limit of 0.0001" in said.out


def test_a_start_without_its_job_is_refused_where_limits_deny(hand: Hands) -> None:
    person = hand(one_job("stopped"))
    person.stack(limits=LIMITS)

    said = person("start", plan_id(1), "--yes", "--restart-finished")

    assert (said.code, person.esa.starts()) == (1, 0)
    assert said.err.endswith("cannot be judged without its job: give --job\n")


def test_a_misspelt_setting_is_refused_for_limits_may_be_meant(hand: Hands) -> None:
    person = hand(one_job("stopped"))
    person.stack(limit=LIMITS)

    said = person("start", word(1), "--yes")

    assert (said.code, person.esa.history()) == (1, [])
    assert said.err == (
        "error: esa-prefetch:limit is no setting: did you mean esa-prefetch:limits?\n"
    )


def test_an_exported_state_without_settings_has_no_limits_and_that_is_said(
    hand: Hands,
) -> None:
    person = hand(one_job("stopped"))
    state = {"version": 3, "deployment": {"resources": [declared("launch", 1, 1)]}}
    Path("state.json").write_text(json.dumps(state))

    said = person("start", "launch", "--file", "state.json", "--yes")

    assert (said.code, person.esa.starts()) == (0, 1)
    assert said.err.endswith("its limits are not known, and do not hold\n")


def test_an_exported_state_holds_the_limits_of_the_last_up_and_that_is_said(
    hand: Hands,
) -> None:
    person = hand(one_job("stopped"))
    native = {
        "urn": "urn:pulumi:dev::p::pulumi:providers:esa-prefetch::default",
        "type": "pulumi:providers:esa-prefetch",
        "custom": True,
        "id": "a",
        "inputs": {"limits": json.dumps(LIMITS)},
    }
    state = {"version": 3, "deployment": {"resources": [native]}}
    Path("state.json").write_text(json.dumps(state))

    said = person("start", word(1), "--file", "state.json", "--yes")

    assert (said.code, person.esa.starts()) == (1, 0)
    assert said.err.count("the limits are those of the last up") == 1


def somebody_else(person: Hand) -> EsaClient:
    keys = StaticCredentials(Credentials("emulator-key", "emulator-secret"))
    return EsaClient(person.esa.endpoint, keys)


STALE: Document = {"kind": "stale", "seconds": 1}


@pytest.mark.parametrize(
    ("act", "status", "after"),
    [("start", "running", "stopped"), ("stop", "stopped", "running")],
)
def test_a_list_that_lags_behind_a_start_or_stop_of_a_moment_ago_is_not_believed(
    hand: Hands,
    monkeypatch: pytest.MonkeyPatch,
    act: str,
    status: str,
    after: str,
) -> None:
    monkeypatch.setattr(read_after_write, "LAG", 1.2)
    person = hand(one_job(status), faults=[STALE])
    with somebody_else(person) as other:
        if after == "stopped":
            other.stop_scheduled_preload_execution(plan_id=plan_id(1))
        else:
            other.start_scheduled_preload_execution(plan_id=plan_id(1))

    said = person(act, word(1), "--yes")

    assert said.code == 0
    assert person.esa.status(plan_id(1)) == status
    assert person.esa.effective_starts() == person.esa.effective_stops() == 1


def test_a_rerun_does_not_reset_the_job_of_a_plan_that_was_started_a_moment_ago(
    hand: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(read_after_write, "LAG", 1.2)
    person = hand(one_job("stopped", "stopped"), faults=[STALE])
    with somebody_else(person) as other:
        other.start_scheduled_preload_execution(plan_id=plan_id(1))

    said = person("rerun", word(2), "--yes")

    assert (said.code, person.esa.calls(RESET)) == (1, [])
    assert f"while another plan of the job runs ({plan_id(1)})" in said.err


def test_what_was_left_to_lag_is_read_again_with_a_line_that_ctrl_c_ends(
    hand: Hands,
) -> None:
    person = hand(one_job("running"))

    with closing(on_a_terminal("start", word(1), "--yes")) as terminal:
        terminal.wait_for(lambda raw: "Reading the plans again" in raw)
        terminal.interrupt()
        code, raw = terminal.finish()

    assert (code, person.esa.starts()) == (130, 0)
    assert "interrupted: nothing was done" in raw


def test_a_bare_id_is_not_started_by_yes_alone_for_it_may_have_finished(
    hand: Hands,
) -> None:
    person = hand(one_job("finished"))

    said = person("start", plan_id(1), "--yes")

    assert (said.code, person.esa.starts()) == (2, 0)
    assert said.err == (
        f"error: the job of {plan_id(1)} is not known, so that a finished plan would run again: write JOB_ID:PLAN_ID, "
        "or give --restart-finished\n"
    )


def test_a_person_is_asked_about_a_bare_id_in_spite_of_yes(hand: Hands) -> None:
    person = hand(one_job("finished"))

    with closing(on_a_terminal("start", plan_id(1), "--yes")) as terminal:
        terminal.wait_for(lambda raw: "[y/N]: " in raw)
        terminal.type("n\n")
        code, _ = terminal.finish()

    assert (code, person.esa.starts()) == (8, 0)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_during_a_call_leaves_an_outcome_for_each_plan(
    hand: Hands, number: signal.Signals
) -> None:
    slow = {"kind": "stall", "actions": START, "ids": plan_id(2), "seconds": 60}
    person = hand(one_job("stopped", "stopped", "stopped"), faults=[slow])
    words = [word(n) for n in (1, 2, 3)]

    with Popen(
        [ESA_PREFETCH, "plan", "start", *words, "--yes", "--json"],
        stdin=DEVNULL,
        stdout=PIPE,
        stderr=PIPE,
        text=True,
    ) as process:
        while person.esa.starts() < 2:
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate()

    assert process.returncode == 130
    assert [row["outcome"] for row in json.loads(out)] == [
        "done",
        "unknown",
        "notBegun",
    ]
    assert "1 done before, 1 not begun" in err


LOST = [
    {"kind": "reset", "when": "after"},
    {"kind": "server-error", "when": "after"},
    {"kind": "html", "when": "after"},
    {"kind": "truncated"},
]


@pytest.mark.parametrize("fault", LOST, ids=lambda fault: str(fault["kind"]))
@pytest.mark.parametrize(
    ("act", "status", "action", "after"),
    [
        ("start", "stopped", START, "running"),
        ("stop", "running", STOP, "stopped"),
        ("rerun", "finished", START, "running"),
        ("rerun", "stopped", RESET, "running"),
    ],
)
def test_a_lost_answer_is_looked_up_and_nothing_is_done_twice(
    hand: Hands, fault: Document, act: str, status: str, action: str, after: str
) -> None:
    person = hand(one_job(status), faults=[fault | {"actions": action, "times": 1}])

    said = person(act, word(1), "--yes")

    assert said.code == 0, said
    assert person.esa.status(plan_id(1)) == after
    assert (person.esa.effective_starts(), person.esa.effective_stops()) == (
        (0, 1) if act == "stop" else (1, 0)
    )


def test_a_start_of_which_nothing_is_known_says_so_in_the_words_of_a_hand(
    hand: Hands,
) -> None:
    lost = {"kind": "truncated", "actions": START}
    person = hand(one_job("stopped"), faults=[lost])

    said = person("start", plan_id(1), "--yes", "--restart-finished")

    assert said.code == 1
    assert "--job" in said.err
    assert "job_id" not in said.err
    assert "run up" not in said.err


@pytest.mark.parametrize(
    ("action", "words"),
    [
        ("ListScheduledPreloadExecutions", "cannot be looked up"),
        (START, "was not started"),
    ],
)
def test_a_missing_right_is_one_sentence(hand: Hands, action: str, words: str) -> None:
    person = hand(one_job("stopped"), faults=[{"kind": "denied", "actions": action}])

    said = person("start", word(1), "--yes")

    assert (said.code, said.err.count("\n")) == (1, 1)
    assert words in said.err
    assert person.esa.changes() == 0


def test_no_esa_and_wrong_settings_are_one_sentence(
    hand: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = hand(one_job("stopped"))
    monkeypatch.setenv("ESA_ENDPOINT", "http://127.0.0.1:9")
    gone = person("stop", plan_id(1), "--yes")
    monkeypatch.setenv("ESA_ENDPOINT", "http://127.0.0.1:9/path")
    wrong = person("stop", plan_id(1), "--yes")

    assert (gone.code, gone.err.count("\n")) == (1, 1)
    assert "no connection to http://127.0.0.1:9" in gone.err
    assert (wrong.code, wrong.err.count("\n")) == (1, 1)
    assert "must be a host, host:port or URL without a path" in wrong.err


def test_a_stack_that_cannot_be_read_stops_the_act_for_its_limits_are_not_known(
    hand: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = hand(one_job("stopped"))
    person.stack()
    monkeypatch.setenv("PULUMI_BACKEND_URL", "https://api.pulumi.com")

    said = person("start", word(1), "--yes")

    assert said.code == 3
    assert "or give --file the output of `pulumi stack export`" in said.err
    assert person.esa.history() == []


def on_a_terminal(*words: str, columns: int = 80, rows: int = 24) -> PseudoTerminal:
    environ = {name: value for name, value in os.environ.items() if name != "CI"}
    return PseudoTerminal([ESA_PREFETCH, "plan", *words], environ, columns, rows)


@pytest.mark.parametrize(
    ("typed", "code", "starts"),
    [("y\n", 0, 1), ("n\n", 8, 0), ("\n", 8, 0), ("\x04", 8, 0)],
)
def test_a_person_is_asked_before(
    hand: Hands, typed: str, code: int, starts: int
) -> None:
    person = hand(one_job("stopped"))

    with closing(on_a_terminal("start", word(1))) as terminal:
        terminal.wait_for(lambda raw: "[y/N]: " in raw)
        terminal.type(typed)
        ended, raw = terminal.finish()

    assert (ended, person.esa.effective_starts()) == (code, starts)
    lines = plain_lines(raw)
    assert lines[0] == f"{word(1)} will be started: is stopped"
    assert lines[1].startswith("Start 1 plan? [y/N]")
    if code:
        assert "error: declined, nothing was done" in lines


@pytest.mark.thorough
def test_what_is_refused_is_said_before_the_question_which_counts_it(
    hand: Hands,
) -> None:
    person = hand(one_job("stopped", "running", "finished", "stopped"))
    words = [word(n) for n in range(1, 5)]

    with closing(on_a_terminal("start", *words)) as terminal:
        asked = terminal.wait_for(lambda raw: "[y/N]: " in raw)
        with somebody_else(person) as other:
            other.start_scheduled_preload_execution(plan_id=plan_id(4))
        terminal.type("y\n")
        code, raw = terminal.finish()

    lines = plain_lines(asked)
    assert lines[3].startswith(f"error: {word(3)} is finished")
    assert lines[4] == "Start 2 plans (1 left as it is, 1 refused)? [y/N]:"
    assert f"{word(4)} was left as it is: is running" in plain_lines(raw)
    assert code == 1
    assert person.esa.starts_by_plan() == {plan_id(4): 1, plan_id(1): 1}


def test_ctrl_c_at_the_question_does_nothing(hand: Hands) -> None:
    person = hand(one_job("stopped"))

    with closing(on_a_terminal("start", word(1))) as terminal:
        terminal.wait_for(lambda raw: "[y/N]: " in raw)
        terminal.interrupt()
        ended, raw = terminal.finish()

    assert (ended, person.esa.starts()) == (8, 0)
    assert "error: declined, nothing was done" in plain_lines(raw)


@pytest.mark.thorough
def test_nothing_is_asked_where_nothing_is_to_be_done(hand: Hands) -> None:
    hand(one_job("running"))

    with closing(on_a_terminal("start", word(1))) as terminal:
        code, raw = terminal.finish()

    assert code == 0
    assert plain_lines(raw)[0].endswith(f"\r{word(1)} is left as it is: is running")
    assert "[y/N]" not in raw


def test_ctrl_c_during_a_call_says_of_which_plan_nothing_is_known(hand: Hands) -> None:
    slow = {"kind": "stall", "actions": START, "ids": plan_id(2), "seconds": 60}
    person = hand(one_job("stopped", "stopped", "stopped"), faults=[slow])

    with closing(
        on_a_terminal("start", word(1), word(2), word(3), "--yes")
    ) as terminal:
        terminal.wait_for(lambda raw: "was started" in raw)
        while person.esa.starts() < 2:
            assert not person.esa.starts(plan_id(3))
        terminal.interrupt()
        code, raw = terminal.finish()

    assert code == 130
    assert (
        f"interrupted: it is not known what became of {word(2)}: see `plan show`; 1 done before, 1 not begun"
        in plain_lines(raw)
    )
    assert person.esa.starts(plan_id(3)) == 0


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30)])
@pytest.mark.thorough
def test_two_hundred_plans_have_a_line_each_that_fits_the_terminal(
    hand: Hands, columns: int, rows: int
) -> None:
    person = hand(job(1, [plan(n, "running") for n in range(200)], urls=9999))
    words = [word(n) for n in range(200)]

    with closing(
        on_a_terminal("stop", *words, "--yes", columns=columns, rows=rows)
    ) as t:
        code, raw = t.finish()

    lines = [line for line in plain_lines(raw) if line]
    assert (code, len(lines)) == (0, 400)
    assert max(map(len, lines)) <= 80
    assert person.esa.effective_stops() == 200


def test_a_start_that_esa_accepts_and_does_not_carry_out_is_a_failure(
    hand: Hands,
) -> None:
    person = hand(one_job("failed"), dialects=("start-failed-ignored",))

    said = person("start", word(1), "--yes")

    assert said.code == 1
    assert said.err.splitlines()[-1] == (
        f"error: {word(1)} has failed, although ESA accepted the call (started: had failed)"
    )


@pytest.mark.slow
@pytest.mark.parametrize("dialect", [each.name for each in DIALECTS])
@pytest.mark.parametrize(
    ("act", "status"),
    [
        ("start", "stopped"),
        ("start", "failed"),
        ("start", "running"),
        ("stop", "running"),
        ("stop", "stopped"),
        ("stop", "finished"),
        ("rerun", "finished"),
        ("rerun", "running"),
    ],
)
def test_in_every_dialect_the_exit_code_says_what_became_of_the_plan(
    hand: Hands, dialect: str, act: str, status: str
) -> None:
    person = hand(one_job(status, urls=9999), dialects=(dialect,))

    said = person(act, word(1), "--yes")

    after = person.esa.status(plan_id(1))
    as_asked = after != "running" if act == "stop" else after == "running"
    assert (said.code == 0) == as_asked, (after, said)
    assert person.esa.effective_starts() <= 1
