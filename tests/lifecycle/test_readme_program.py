"""The README's first program, run as it stands."""

import re

from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.conftest import Emulators, Stacks
from tests.support.local_esa import SITE, plan, seed


def test_the_program_runs_and_is_short(emulator: Emulators, stack: Stacks) -> None:
    program, *_ = re.findall(
        r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL
    )
    plan_id, job_id = re.findall(r'"([0-9a-f]{24})"', program)
    job = {
        "Id": job_id,
        "SiteId": SITE,
        "UrlList": ["https://www.example.com/1", "https://www.example.com/2"],
        "plans": [plan(1, "stopped") | {"Id": plan_id}],
    }
    esa = emulator(seed(job))
    stack_ = stack(esa)
    stack_.write_program(program)

    stack_.up()

    assert len([line for line in program.splitlines() if line]) <= 12
    assert stack_.printed_outputs()["status"] == "running"
    assert esa.starts(plan_id) == 1
