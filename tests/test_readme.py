"""What README, CONTRIBUTING and docs say of the project, held against the project."""

import re
from pathlib import Path

import pytest

from pulumi_esa_emulator.dialects import DIALECTS
from pulumi_esa_emulator.faults.fault_file import fault_grammar

ROOT = Path(__file__).resolve().parent.parent
PAGES = sorted(
    str(page.relative_to(ROOT))
    for page in (*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"))
)
CODE = re.compile(r"```.*?```", re.DOTALL)


def prose(page: Path) -> str:
    return CODE.sub("", page.read_text())


def anchors(page: Path) -> set[str]:
    """The headings of a page, as GitHub makes links of them."""
    headings = re.findall(r"^#+ (.*)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", text).lower().replace(" ", "-") for text in headings}


@pytest.mark.parametrize("name", PAGES)
def test_every_link_leads_to_a_file_and_a_heading_of_it(name: str) -> None:
    page = ROOT / name
    broken = []
    for link in re.findall(r"\]\(([^)]+)\)", prose(page)):
        path, _, anchor = link.partition("#")
        target = (page.parent / path) if path else page
        is_ours = not re.match(r"\w+:", link)
        if is_ours and (
            not target.exists() or (anchor and anchor not in anchors(target))
        ):
            broken.append(link)

    assert broken == []


def test_every_guide_is_listed() -> None:
    listed = re.findall(r"\]\(([^)#]+)\)", (ROOT / "docs/README.md").read_text())

    assert {page.name for page in (ROOT / "docs").glob("*.md")} == {
        *(link for link in listed if "/" not in link),
        "README.md",
    }


def test_every_fault_and_dialect_of_the_emulator_is_listed() -> None:
    names = {dialect.name for dialect in DIALECTS} | {
        kind for kind, _, _ in fault_grammar()
    }
    page = (ROOT / "docs/local-esa.md").read_text()
    listed = set(re.findall(r"`([a-z0-9-]+)`", page.partition("## Faults")[2]))

    assert names <= listed


@pytest.mark.parametrize("name", PAGES)
def test_every_target_of_the_makefile_that_is_named_exists(name: str) -> None:
    targets = set(
        re.findall(r"^([a-z-]+):.*##", (ROOT / "Makefile").read_text(), re.MULTILINE)
    )
    text = (ROOT / name).read_text()
    named = set(re.findall(r"(?:`|^\$ )make(?: -s)? ([a-z-]+)", text, re.MULTILINE))

    assert named <= targets


def test_every_file_that_contributing_names_exists() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`((?:[\w.-]+/)+[\w.-]*)`", text))
    places = (ROOT, ROOT / "components")

    assert "pulumi_esa_emulator/faults/fault_kinds.py" in named
    assert [n for n in named if not any((one / n).exists() for one in places)] == []
