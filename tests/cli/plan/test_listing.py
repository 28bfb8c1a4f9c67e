"""`plan ls` and `plan show`: what plans there are, by job, with what needs attention first."""

import json
import os
from contextlib import closing
from pathlib import Path

import pytest
from rich.cells import cell_len

from pulumi_esa_cli.esa.plan.scope import names_that_begin
from pulumi_esa_cli.main import main
from tests.cli.plan.conftest import Hands, declared
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import SITE, job, job_id, plan, plan_id
from tests.support.pseudo_terminal import PseudoTerminal, plain_lines


def two_jobs() -> list[dict[str, object]]:
    return [
        job(1, [plan(1, "running"), plan(2, "waiting", start="+1h")], urls=12),
        job(2, [plan(3, "failed"), plan(4, "finished"), plan(5, "stopped")], urls=12),
    ]


def test_the_plans_of_a_site_are_listed_by_job_and_a_failed_one_comes_first(
    hand: Hands,
) -> None:
    said = hand(*two_jobs())("ls", "--site", str(SITE))

    lines = said.out.splitlines()
    assert (said.code, said.err) == (0, "")
    assert lines[0] == (
        f"Site {SITE}: 5 plans of 2 jobs; 2 need attention; "
        "1 failed, 1 running, 1 waiting, 1 stopped, 1 finished"
    )
    assert lines[1].split() == [
        "PLAN", "STATUS", "WINDOW", "(UTC)", "PACE", "LAST", "BATCH",
    ]  # fmt: skip
    assert lines[2] == (
        f"{job_id(2)}  job-2  site {SITE}  0/12 URLs  1 failed, 1 stopped, 1 finished"
    )
    assert [line.split()[:2] for line in lines[3:]] == [
        ["12", "URLs"],
        [plan_id(3), "failed"],
        [plan_id(4), "finished"],
        [plan_id(5), "stopped"],
        [job_id(1), "job-1"],
        [plan_id(1), "running"],
        [plan_id(2), "waiting"],
    ]


def test_each_plan_has_its_window_its_pace_and_its_last_batch(hand: Hands) -> None:
    (listed,) = hand(job(1, [plan(1, "running")], urls=12)).json(
        "ls", "--job", job_id(1)
    )["jobs"]

    (found,) = listed["plans"]
    assert (listed["id"], listed["name"], listed["siteId"]) == (
        job_id(1),
        "job-1",
        SITE,
    )
    assert (listed["urls"], listed["urlsDone"], listed["errorInfo"]) == (12, 1, None)
    assert (found["id"], found["jobId"]) == (plan_id(1), job_id(1))
    assert (found["interval"], found["sliceLen"]) == (600, 1)
    assert found["startTime"].endswith("Z")
    assert found["startTime"] < found["finish"] < found["endTime"]


def test_urls_that_esa_refused_are_said_of_the_job_and_not_of_each_plan(
    hand: Hands,
) -> None:
    refused = job(1, [plan(1, "running"), plan(2, "running")])
    refused["UrlList"][0] = "no url"

    said = hand(refused)("ls", "--job", job_id(1))

    assert said.out.count("InvalidUrl") == 1
    assert "\n ESA refused URLs: InvalidUrl\n" in said.out


def test_a_job_without_plans_is_listed(hand: Hands) -> None:
    said = hand(job(1, []))("ls", "--site", str(SITE))

    assert said.code == 0
    assert f"{job_id(1)}  job-1  site {SITE}  0/100 URLs  no plans\n" in said.out


def test_without_site_and_job_the_plans_of_the_stack_are_listed_by_name(
    hand: Hands,
) -> None:
    person = hand(*two_jobs())
    person.stack(declared("launch", 1, 1), declared("gone", 1, 99))

    said = person("ls")

    lines = said.out.splitlines()
    assert lines[0].startswith("dev: 2 plans of 1 job; 1 needs attention")
    assert lines[3].split() == [
        "gone",
        plan_id(99),
        "missing",
        *["does", "not", "exist", "in", "ESA"],
    ]
    assert lines[4].split()[:3] == ["launch", plan_id(1), "running"]


def test_a_stopped_plan_that_the_stack_declares_running_needs_attention(
    hand: Hands,
) -> None:
    person = hand(*two_jobs())
    person.stack(declared("launch", 2, 5))

    (listed,) = person.json("ls", "--job", job_id(2))["jobs"]

    notes = {found["id"]: found["note"] for found in listed["plans"]}
    assert notes[plan_id(5)] == "is declared running"
    assert listed["plans"][1]["declared"] == "running"


def test_an_exported_state_stands_in_for_a_stack(hand: Hands) -> None:
    person = hand(*two_jobs())
    resources = [declared("launch", 1, 1)]
    state = {"version": 3, "deployment": {"resources": resources}}
    Path("exported.json").write_text(json.dumps(state))

    assert "launch" in person("ls", "--file", "exported.json").out


def test_a_plan_is_shown_by_its_name_and_by_its_ids(hand: Hands) -> None:
    person = hand(*two_jobs())
    person.stack(declared("launch", 1, 1))

    named = person("show", "launch")
    by_id = person("show", f"{job_id(1)}:{plan_id(1).upper()}")
    bare = person("show", plan_id(1))
    by_job = person("show", plan_id(3), "--job", job_id(2))

    assert named == by_id == bare
    assert named.out.splitlines()[0] == f"{job_id(1)}:{plan_id(1)}"
    assert "\n  Status     running\n" in named.out
    assert "\n  Pace       1 URL every 10m\n" in named.out
    assert f"\n  Job        job-1, site {SITE}, " in named.out
    assert named.out.endswith("\n  Declared   running, as launch in stack dev\n")
    assert by_job.out.endswith("\n  Declared   not by stack dev\n")


def test_several_plans_are_shown_in_the_order_in_which_they_were_named(
    hand: Hands,
) -> None:
    words = [f"{job_id(2)}:{plan_id(4)}", f"{job_id(1)}:{plan_id(1)}"]

    shown = hand(*two_jobs()).json("show", *words, words[0])

    assert [one["plan"]["id"] for one in shown] == [plan_id(4), plan_id(1)]
    assert shown[0]["job"]["id"] == job_id(2)


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["ls"], "no stack is selected here: give --site or --job"),
        (["ls", "--site", "x"], "--site: 'x' is not a site's id: a number"),
        (["ls", "--job", "x"], "--job: 'x' is not a job's id: 24 hex digits"),
        (
            ["ls", "--site", "1", "--job", job_id(1)],
            "only one of --site and --job may be given",
        ),
        (["ls", "--job", job_id(9)], f"job {job_id(9)} not found in ESA: check --job"),
        (
            ["show", "launch"],
            (
                "'launch' is no plan's id (24 hex digits, or <job_id>:<plan_id>), and there is no stack here whose "
                "resources have names"
            ),
        ),
        (
            ["show", plan_id(1)],
            (
                f"the job of plan {plan_id(1)} is not known, and ESA has no call that finds it: give --job, or "
                "<job_id>:<plan_id>; `esa-prefetch plan ls --site` lists both"
            ),
        ),
        (
            ["show", f"{job_id(1)}:{plan_id(9)}"],
            f"{plan_id(9)} does not exist in ESA: see plan ls",
        ),
        (
            ["show", f"{job_id(1)}:{plan_id(1)}", "--job", job_id(2)],
            f"{job_id(1)}:{plan_id(1)} names another job than --job does",
        ),
        (
            ["show", f"{job_id(1)}:{plan_id(1)}", f"{job_id(2)}:{plan_id(1)}"],
            f"{job_id(1)}:{plan_id(1)} and {job_id(2)}:{plan_id(1)} are one plan in two jobs",
        ),
        (["show"], "Missing argument 'PLAN'."),
    ],
)
def test_bad_input_is_one_sentence(
    hand: Hands, words: list[str], sentence: str
) -> None:
    said = hand(*two_jobs())(*words)

    assert (said.code, said.err) == (1, f"error: {sentence}\n")


def test_a_name_that_is_nearly_right_gets_the_right_one(hand: Hands) -> None:
    person = hand(*two_jobs())
    person.stack(declared("launch", 1, 1))

    assert person("show", "lauch").err == (
        "error: 'lauch' is no plan's id (24 hex digits, or <job_id>:<plan_id>), and stack dev has no plan of that "
        "name; did you mean launch?\n"
    )


def test_a_wrong_key_and_no_esa_are_one_sentence(
    hand: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = hand(*two_jobs())
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong")
    wrong = person("ls", "--site", str(SITE))
    monkeypatch.setenv("ESA_ENDPOINT", "http://127.0.0.1:9")
    gone = person("ls", "--job", job_id(1))

    assert (wrong.code, wrong.err.count("\n")) == (1, 1)
    assert "SignatureDoesNotMatch" in wrong.err
    assert (gone.code, gone.err.count("\n")) == (1, 1)
    assert "no connection to http://127.0.0.1:9" in gone.err


def test_jobs_that_could_be_read_are_listed_and_the_others_are_an_error(
    hand: Hands,
) -> None:
    fault = {
        "kind": "denied",
        "actions": "ListScheduledPreloadExecutions",
        "ids": job_id(2),
    }
    person = hand(*two_jobs(), faults=[fault])

    said = person("ls", "--site", str(SITE))

    assert said.code == 1
    assert plan_id(1) in said.out
    assert said.err.startswith("error: ListScheduledPreloadExecutions: ")


def test_a_shell_is_offered_the_names_of_the_stacks_plans(hand: Hands) -> None:
    person = hand(*two_jobs())
    nowhere = names_that_begin("")
    person.stack(declared("launch", 1, 1), declared("nightly", 1, 2))

    assert (nowhere, names_that_begin("la"), names_that_begin("")) == (
        [],
        ["launch"],
        ["launch", "nightly"],
    )


@pytest.mark.parametrize(("columns", "rows"), [(80, 24), (100, 30), (130, 40)])
@pytest.mark.thorough
def test_two_hundred_plans_fit_a_terminal_and_what_needs_attention_is_there(
    hand: Hands, columns: int, rows: int
) -> None:
    jobs = [
        job(n, [plan(20 * n + i, "running") for i in range(20)], urls=200)
        for n in range(10)
    ]
    jobs[7]["plans"][13]["Status"] = "failed"
    jobs[8]["Name"] = "双十一预热-活动页-华东-" + "x" * 60
    person = hand(*jobs)
    person.stack(declared("launch-of-the-year", 7, 153), declared("b", 7, 154))
    environ = {name: value for name, value in os.environ.items() if name != "CI"}

    line = [ESA_PREFETCH, "plan", "ls", "--site", str(SITE)]
    with closing(PseudoTerminal(line, environ, columns, rows)) as terminal:
        code, raw = terminal.finish()
    with closing(PseudoTerminal([*line, "--all"], environ, columns, rows)) as terminal:
        _, every = terminal.finish()

    lines = plain_lines(raw)
    assert code == 0
    assert len(lines) <= rows
    assert max(map(cell_len, lines)) <= columns
    assert all(any(line.startswith(job_id(n)) for line in lines) for n in range(10))
    failed = [line for line in lines if " failed " in line and line.startswith(" ")]
    assert len(failed) == 1
    assert "launch-of-the-year" in failed[0]
    assert "plans not shown here: --all shows all, --json is for programs" in lines[-2]
    rest = plain_lines(every)
    assert sum(line.startswith(" ") for line in rest) == 201  # with the head
    assert max(map(cell_len, rest)) <= columns
    assert any(plan_id(0) in line for line in rest)


def test_failed_plans_of_all_jobs_have_room_before_any_other_plan(hand: Hands) -> None:
    jobs = [
        job(n, [plan(20 * n + i, "running") for i in range(20)], urls=200)
        for n in range(10)
    ]
    for found in (jobs[3], jobs[8]):
        found["Name"] = "job with a long name of many words that does not fit"
        for number in (4, 9, 14):
            found["plans"][number]["Status"] = "failed"
    hand(*jobs)
    environ = {name: value for name, value in os.environ.items() if name != "CI"}

    line = [ESA_PREFETCH, "plan", "ls", "--site", str(SITE)]
    with closing(PseudoTerminal(line, environ, 80, 24)) as terminal:
        _, raw = terminal.finish()

    lines = plain_lines(raw)
    rows = [line for line in lines if line.startswith(" ") and "PLAN" not in line]
    assert sum(" failed " in row for row in rows) == 6
    heads = [line for line in lines if line.startswith((job_id(3), job_id(8)))]
    assert [head.rstrip().endswith("20 plans, 3 failed") for head in heads] == [
        True
    ] * 2
    assert max(map(cell_len, lines)) <= 80


@pytest.mark.parametrize(
    "command",
    [["plan", "ls"], ["progress", "--once"], ["timeline"], ["doctor"]],
    ids=" ".join,
)
def test_a_stack_file_without_a_salt_is_read_without_a_passphrase_and_not_written(
    hand: Hands, monkeypatch: pytest.MonkeyPatch, command: list[str]
) -> None:
    person = hand(*two_jobs())
    person.stack(declared("launch", 1, 1))
    file = person.directory / "Pulumi.dev.yaml"
    file.write_text("config:\n  esa-prefetch:maxQps: 50\n")
    before = file.read_bytes()
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")
    person.capture.readouterr()

    code = main(command)

    said = person.capture.readouterr()
    assert (code, "passphrase" in said.out + said.err) == (0, False), said
    assert file.read_bytes() == before


def test_a_refused_key_is_the_error_alone(
    hand: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = hand(*two_jobs())
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "wrong")

    of_site = person("ls", "--site", str(SITE))
    of_job = person("ls", "--job", job_id(1))
    shown = person("show", f"{job_id(1)}:{plan_id(1)}")

    for said in (of_site, of_job, shown):
        assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
        assert "signature is not matched" in said.err


def test_colour_is_only_on_a_terminal_that_wants_it(hand: Hands) -> None:
    hand(*two_jobs())
    environ = {name: value for name, value in os.environ.items() if name != "CI"}
    line = [ESA_PREFETCH, "plan", "ls", "--site", str(SITE)]

    shown = {}
    for name, more in {"usual": {}, "without": {"NO_COLOR": "1"}}.items():
        with closing(PseudoTerminal(line, environ | more)) as terminal:
            _, shown[name] = terminal.finish()

    assert "\x1b[31m" in shown["usual"]
    assert "\x1b[31m" not in shown["without"]
