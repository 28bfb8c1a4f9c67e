"""What the README says of the project, held against the project."""

import re
from pathlib import Path

from pulumi_esa_emulator.dialects import DIALECTS
from pulumi_esa_emulator.faults.fault_file import fault_grammar

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def test_every_link_leads_to_a_file() -> None:
    links = re.findall(r"\]\(([^)#:]+)\)", README)

    assert links
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_fault_and_dialect_of_the_emulator_is_listed() -> None:
    names = {dialect.name for dialect in DIALECTS} | {
        kind for kind, _, _ in fault_grammar()
    }
    listed = set(re.findall(r"`([a-z0-9-]+)`", README.partition("## The local ESA")[2]))

    assert names <= listed


def test_every_target_of_the_makefile_that_it_names_exists() -> None:
    targets = set(
        re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    named = set(re.findall(r"`make(?: -s)? ([a-z-]+)", README))

    assert named <= targets
