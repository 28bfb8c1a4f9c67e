"""The endpoint and keys that reports use: those of the stack, opened or exported."""

import subprocess
from pathlib import Path

import pytest

from tests.lifecycle.conftest import Emulators, emulator
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Stack

__all__ = ["emulator"]

COMMANDS = ("progress", "timeline", "policy analyze")
LIMITS = {"maxOriginUrlsPerSecond": 0.0001}
KEYS = ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET")


@pytest.fixture
def deployed(tmp_path: Path, emulator: Emulators) -> tuple[Stack, Esa]:
    """Deploy a stack whose config alone says which ESA, and with which keys."""
    esa = emulator(seed(job(1, [plan(1, "stopped")])))
    stack = Stack(tmp_path / "stack", ESA_PREFETCH, esa.endpoint)
    key, secret = [stack.variables.pop(name) for name in KEYS]
    del stack.variables["ESA_ENDPOINT"]
    stack.configure(endpoint=esa.endpoint, limits=LIMITS)
    stack.declare({"one": {"planId": plan_id(1), "jobId": job_id(1)}})
    stack.check("config", "set", "esa-prefetch:accessKey", key)
    stack.check("config", "set", "--secret", "esa-prefetch:secretKey", secret)
    stack.up()
    return stack, esa


def report(stack: Stack, command: str, *options: str, **environ: str) -> str:
    """What a report's command says, which has to succeed and to ask ESA."""
    done = subprocess.run(
        [ESA_PREFETCH, *command.split(), "--json", *options],
        cwd=stack.root / "project",
        env={**stack.environment(), **environ},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, ""), command
    return done.stdout


@pytest.mark.slow
def test_an_opened_stack_is_looked_up_with_its_own_keys(
    deployed: tuple[Stack, Esa],
) -> None:
    stack, esa = deployed

    for command in COMMANDS:
        seen = len(esa.history())
        said = report(stack, command)
        assert len(esa.history()) > seen, command
        assert "emulator-secret" not in said


@pytest.mark.slow
def test_an_exported_state_is_looked_up_where_its_stack_was_deployed(
    deployed: tuple[Stack, Esa], tmp_path: Path
) -> None:
    stack, esa = deployed
    file = tmp_path / "state.json"
    file.write_text(stack.check("stack", "export").output)
    keys = dict(zip(KEYS, ("emulator-key", "emulator-secret"), strict=True))

    for command in COMMANDS:
        seen = len(esa.history())
        report(stack, command, "--file", str(file), PULUMI_CONFIG_PASSPHRASE="", **keys)
        assert len(esa.history()) > seen, command
