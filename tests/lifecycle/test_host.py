"""What the provider's own process loads, and what a stack's state holds of the provider and of secrets."""

from pathlib import Path

import pytest

from tests.lifecycle.conftest import Emulators, Stacks
from tests.support import secret_leaks as leaks
from tests.support.local_esa import job, job_id, plan, plan_id, seed

PLAN = {"planId": plan_id(1), "jobId": job_id(1)}
SEED = seed(job(1, [plan(1, "stopped")]))
KEY, SECRET, TOKEN = "key-of-a-test", "secret-of-a-test", "token-of-a-test"
TEMPORARY = {"AccessKeyId": KEY, "AccessKeySecret": SECRET, "SecurityToken": TOKEN}
# Read by every Python at its start; the provider's host is `-m pulumi.dynamic`.
SPY = """
import os, sys

def note(event, arguments):
    if event == "import":
        with open({path!r}, "a") as log:
            log.write(arguments[0] + "\\n")

if any("pulumi.dynamic" in word for word in sys.orig_argv):
    sys.addaudithook(note)
"""


def test_the_host_loads_neither_engine_nor_emulator_nor_command_nor_pulumi_alicloud(
    emulator: Emulators, stack: Stacks, tmp_path: Path
) -> None:
    stack_ = stack(emulator(SEED))
    stack_.declare({"plan": PLAN})
    log = tmp_path / "imported"
    (tmp_path / "sitecustomize.py").write_text(SPY.format(path=str(log)))
    stack_.variables["PYTHONPATH"] = str(tmp_path)

    stack_.up()

    loaded = set(log.read_text().split())
    rooms = {
        name.split(".")[1] for name in loaded if name.startswith("pulumi_esa_prefetch.")
    }
    assert {"api", "provider"} <= rooms
    assert rooms.isdisjoint({"cli", "emulator", "engine", "report"})
    assert not any(name.startswith("pulumi_alicloud") for name in loaded)


@pytest.mark.thorough
def test_the_state_holds_the_provider_by_its_name_only(
    emulator: Emulators, stack: Stacks
) -> None:
    stack_ = stack(emulator(SEED))
    stack_.declare({"plan": PLAN})

    stack_.up()

    record = stack_.records()["plan"]
    assert isinstance(record["inputs"]["__provider"], str)
    assert len(record["inputs"]["__provider"]) < 100
    assert record["outputs"]["__provider"] == record["inputs"]["__provider"]


@pytest.mark.thorough
def test_no_key_is_left_anywhere_in_plain_text(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED | {"keys": [TEMPORARY]})
    stack_ = stack(esa)
    stack_.variables = {"ESA_ENDPOINT": esa.endpoint}
    stack_.declare({"plan": PLAN})
    for name, value in (
        ("accessKey", KEY),
        ("secretKey", SECRET),
        ("securityToken", TOKEN),
    ):
        stack_.check("config", "set", "--secret", f"esa-prefetch:{name}", value)

    said = [stack_.up(), stack_.up("--refresh"), stack_.check("stack", "export")]

    assert esa.starts() == 1
    assert not any(leaks.in_text(result.output, (SECRET, TOKEN)) for result in said)
    assert not leaks.in_text(str(esa.history()), (SECRET, TOKEN))
    assert leaks.in_files(stack_.root, (SECRET, TOKEN)) == []


def test_the_environments_keys_are_kept_nowhere(
    emulator: Emulators, stack: Stacks
) -> None:
    esa = emulator(SEED | {"keys": [TEMPORARY]})
    stack_ = stack(esa)
    stack_.variables |= {
        "ALIBABA_CLOUD_ACCESS_KEY_ID": KEY,
        "ALIBABA_CLOUD_ACCESS_KEY_SECRET": SECRET,
        "ALIBABA_CLOUD_SECURITY_TOKEN": TOKEN,
    }
    stack_.declare({"plan": PLAN})

    stack_.up()

    assert esa.starts() == 1
    assert leaks.in_files(stack_.root, (KEY, SECRET, TOKEN)) == []
