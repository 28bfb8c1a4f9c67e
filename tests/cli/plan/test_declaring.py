"""`plan declare`: what it prints and writes; that an `up` adopts it is in tests/lifecycle/test_declared.py."""

import json
from pathlib import Path

import pytest
import yaml

from pulumi_esa_cli.main import main
from tests.cli.plan.conftest import Hands, declared
from tests.support.local_esa import SITE, job, job_id, plan, plan_id

STATUSES = ["running", "waiting", "stopped", "failed", "finished", "running"]
JOB = job(
    1,
    [
        plan(n, status, start="+1h" if status == "waiting" else "-1h")
        for n, status in enumerate(STATUSES, 1)
    ],
)
RUNNING = {
    "job-1-000001": {"planId": plan_id(1), "jobId": job_id(1)},
    "job-1-000006": {"planId": plan_id(6), "jobId": job_id(1)},
}


@pytest.mark.parametrize("where", [["--job", job_id(1)], ["--site", str(SITE)]])
def test_the_running_plans_are_declared_and_the_others_counted(
    hand: Hands, where: list[str]
) -> None:
    said = hand(JOB, job(2, []))("declare", *where)

    assert said.code == 0
    assert yaml.safe_load(said.out) == {"config": {"esa-prefetch:plans": RUNNING}}
    assert said.err == (
        "note: left out, because they do not run: 1 failed, 1 finished, 1 stopped, 1 waiting\n"
    )


def test_the_declarations_are_json_for_a_program(hand: Hands) -> None:
    assert hand(JOB).json("declare", "--job", job_id(1)) == RUNNING


def test_what_the_stack_declares_already_is_left_out_and_its_names_are_not_used_again(
    hand: Hands,
) -> None:
    person = hand(JOB)
    taken = {"planId": f"{job_id(1)}:{plan_id(9)}"}
    person.stack(declared("launch", 1, 1), plans={"job-1-000006": taken})

    said = person("declare", "--job", job_id(1), "--json")

    assert json.loads(said.out) == {"job-1-0000006": RUNNING["job-1-000006"]}
    assert "left out: 1 plan that stack dev declares already" in said.err


def test_write_keeps_the_comments_and_the_plans_of_the_stacks_file(
    hand: Hands,
) -> None:
    person = hand(JOB)
    person.stack()
    file = Path("Pulumi.dev.yaml")
    before = (
        f"{file.read_text()}"
        "config:\n"
        "  # what the origin takes\n"
        "  esa-prefetch:maxQps: 20\n"
        "  esa-prefetch:plans:\n"
        "    nightly:  # ours\n"
        f'      planId: "{plan_id(7)}"\n'
    )
    file.write_text(before)

    said = person("declare", "--job", job_id(1), "--write")

    after = file.read_text()
    assert (said.code, said.out) == (
        0,
        (
            "Pulumi.dev.yaml: 2 plans written into esa-prefetch:plans; `esa-prefetch preview` shows that the next up "
            "adopts them\n"
        ),
    )
    assert after.startswith(before)
    assert list(yaml.safe_load(after)["config"]["esa-prefetch:plans"]) == [
        "nightly",
        *RUNNING,
    ]


def test_write_once_more_changes_nothing(hand: Hands) -> None:
    person = hand(JOB)
    person.stack()
    person("declare", "--job", job_id(1), "--write")
    written = Path("Pulumi.dev.yaml").read_text()

    said = person("declare", "--job", job_id(1), "--write")

    assert (said.code, said.out) == (0, "")
    assert "there is no running plan to declare" in said.err
    assert Path("Pulumi.dev.yaml").read_text() == written


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ([], "give --job, or --site for all jobs of a site"),
        (
            ["--job", job_id(1), "--site", "1"],
            "give --job, or --site for all jobs of a site",
        ),
        (["--job", job_id(9)], f"job {job_id(9)} does not exist in ESA"),
        (
            ["--job", job_id(1), "--write", "--as", "python"],
            "--write writes the config of a stack: give neither --as nor --file",
        ),
        (
            ["--job", job_id(1), "--as", "go"],
            "Invalid value for '--as': 'go' is not one of 'config', 'python', 'typescript', 'yaml'.",
        ),
    ],
)
def test_bad_input_is_one_sentence(
    hand: Hands, words: list[str], sentence: str
) -> None:
    said = hand(JOB)("declare", *words)

    assert (said.code, said.out, said.err) == (1, "", f"error: {sentence}\n")


def test_write_without_a_stack_is_one_sentence(hand: Hands) -> None:
    said = hand(JOB)("declare", "--job", job_id(1), "--write")

    assert said.code == 1
    assert said.err.startswith("error: no Pulumi.yaml project file found")


def test_plans_that_are_no_mapping_are_left_as_they_are(hand: Hands) -> None:
    person = hand(JOB)
    person.stack(plans=["a"])
    before = Path("Pulumi.dev.yaml").read_text()

    said = person("declare", "--job", job_id(1), "--write")

    assert said.code == 1
    assert said.err.endswith(
        "esa-prefetch:plans must be a mapping from names to plans\n"
    )
    assert Path("Pulumi.dev.yaml").read_text() == before


def test_a_part_that_could_be_read_is_not_declared_as_if_it_were_all(
    hand: Hands,
) -> None:
    fault = {
        "kind": "denied",
        "actions": "ListScheduledPreloadExecutions",
        "ids": job_id(2),
    }
    person = hand(JOB, job(2, [plan(20, "running")]), faults=[fault])

    said = person("declare", "--site", str(SITE))

    assert (said.code, said.out) == (1, "")


def test_ids_that_look_like_numbers_are_written_as_texts(hand: Hands) -> None:
    ids = ["665348621123456789012345", "66534862112345678901e345", "0" * 24]
    plans = [plan(1, "running") | {"Id": an_id} for an_id in ids]
    person = hand(job(1, plans))
    person.stack()

    person("declare", "--job", job_id(1), "--write")

    assert main(["config", "get", "esa-prefetch:plans"]) == 0
    written = json.loads(person.capture.readouterr().out)
    assert sorted(each["planId"] for each in written.values()) == sorted(ids)
    printed = yaml.safe_load(Path("Pulumi.dev.yaml").read_text())["config"]
    assert printed["esa-prefetch:plans"] == written
