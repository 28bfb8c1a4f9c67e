"""A trigger that is encrypted in stack config is shown and left nowhere; that it becomes a secret starts nothing."""

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_emulator.state.data_file import DataFile
from tests.lifecycle.conftest import Stacks
from tests.support import secret_leaks as leaks
from tests.support.faces import DYNAMIC, NATIVE
from tests.support.local_esa import Esa, job, job_id, plan, plan_id, seed
from tests.support.observed_run import Watched
from tests.support.throwaway_stack import Stack

TOKEN, ROTATED = "geheim-Token-1", "geheim-Token-2"
SEED = seed(job(1, [plan(1, "running")]))
DEFAULT = (Path(__file__).parents[2] / "stacks/prefetch/__main__.py").read_text()

# What the default program came to before secrets were looked for in its config.
EARLIER = """
import pulumi
from pulumi_esa_prefetch import ScheduledPrefetch

for name, plan in pulumi.Config("esa-prefetch").require_object("plans").items():
    ScheduledPrefetch(
        name,
        plan_id=plan["planId"],
        job_id=plan["jobId"],
        triggers=plan["triggers"],
        on_destroy=plan.get("onDestroy"),
    )
"""
# A key of the project's own, and only a part of it.
OTHER_KEY = """
import pulumi
from pulumi_esa_prefetch import PrefetchCampaign, read_plans

declared = pulumi.Config("shop").require_object("season")["plans"]
PrefetchCampaign("c", plans=read_plans({"more": {**declared["p"], "onDestroy": "leave"}}))
"""


@pytest.fixture
def esa(tmp_path: Path) -> Iterator[Esa]:
    """An emulator that keeps what happened in a file beside the stack's."""
    with closing(DataFile(tmp_path / "esa.json")) as file:
        app = create_app(seed=SEED, storage=file, lines=file.read())
        with running(app) as endpoint, closing(Esa(endpoint)) as one:
            yield one


def declare(
    stack: Stack, token: str, setting: str = "esa-prefetch:plans", **fields: str
) -> None:
    """Declare a plan with two triggers, of which one is encrypted, as a person does."""
    at = f"{setting}.p"
    triggers = {"release": "1", "deep": {"none": None}}
    declared = {"planId": plan_id(1), "jobId": job_id(1), "triggers": triggers}
    plans: object = {"p": declared | fields}
    key, *path = setting.split(".")
    for name in reversed(path):
        plans = {name: plans}
    stack.config = {key: plans}
    stack.configure()
    stack.check("config", "set", "--path", "--secret", f"{at}.triggers.token", token)


def hidden(stack: Stack, esa: Esa, *texts: str) -> None:
    """Neither text nor file shows a token: state, backups, history, events, what ESA keeps."""
    secrets = [TOKEN, ROTATED]
    assert [text for text in texts if leaks.in_text(text, secrets)] == []
    assert leaks.in_files(stack.root.parent, secrets) == []
    assert not leaks.in_text(str((esa.history(), esa.state())), secrets)


SLOW_FACE = pytest.param(NATIVE.name, marks=pytest.mark.slow)


@pytest.mark.parametrize("face", [DYNAMIC.name, SLOW_FACE])
@pytest.mark.thorough
def test_an_encrypted_trigger_is_shown_and_left_nowhere(
    esa: Esa, stack: Stacks
) -> None:
    stack_ = stack(esa)
    events = stack_.for_events()
    watched = Watched(stack_)
    declare(stack_, TOKEN)

    watched.run("preview", "--diff")
    watched.run("up", "--yes", "--skip-preview", *events["log"])
    declare(stack_, ROTATED)
    changed = watched.run("preview", "--diff")
    watched.run("up", "--yes", "--skip-preview", *events["lines"])
    watched.run("refresh", "--yes", "--skip-preview")
    watched.run("stack", "export")

    assert [result.code for result in watched.results] == [0] * 6
    assert "token" in changed.output
    assert esa.effective_starts() == 1
    hidden(stack_, esa, *(result.output for result in watched.results))
    hidden(stack_, esa, *watched.command_lines, *watched.journals)


@pytest.mark.thorough
def test_a_trigger_that_becomes_a_secret_starts_nothing_and_is_sealed_by_the_next_update(
    esa: Esa, stack: Stacks
) -> None:
    stack_ = stack(esa)
    stack_.write_program(EARLIER)
    declare(stack_, TOKEN)
    stack_.up()
    assert leaks.in_text(stack_.checkpoint().read_text(), [TOKEN])

    stack_.write_program(DEFAULT)
    stack_.up("--expect-no-changes")
    assert leaks.in_text(json.dumps(stack_.outputs("p")), [TOKEN])

    declare(stack_, TOKEN, onDestroy="leave")
    stack_.up()
    declare(stack_, TOKEN)
    stack_.up()

    assert not leaks.in_text(stack_.checkpoint().read_text(), [TOKEN])
    assert stack_.outputs("p")["on_destroy"] == "stop"
    assert (esa.starts(), esa.changes()) == (0, 0)


@pytest.mark.thorough
def test_a_program_that_reads_its_plans_from_a_key_of_its_own_is_protected_too(
    esa: Esa, stack: Stacks
) -> None:
    stack_ = stack(esa)
    stack_.write_program(OTHER_KEY)
    declare(stack_, TOKEN, "shop:season.plans")

    result = stack_.up()

    assert stack_.outputs("c-more")["triggers"].keys() == {"release", "deep", "token"}
    hidden(stack_, esa, result.output)
