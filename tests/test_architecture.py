"""The tree in docs/architecture.md is the tree of `components/`, in the words of the code's own docstrings."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COMPONENTS = ROOT / "components"
MOST_FILES = 25


def sources(folder: Path) -> list[Path]:
    return [path for path in folder.glob("*.py") if path.name != "__init__.py"]


def rooms() -> list[Path]:
    inits = COMPONENTS.rglob("__init__.py")
    return sorted(path.parent for path in inits)


def purpose(path: Path) -> str:
    """The first sentence of what a file, or a folder's `__init__.py`, says of itself."""
    file = path / "__init__.py" if path.is_dir() else path
    said = ast.get_docstring(ast.parse(file.read_text())) or ""
    return said.partition("\n")[0].removesuffix(".")


def test_the_tree_in_the_docs_says_of_each_room_what_its_code_says() -> None:
    text = (ROOT / "docs/architecture.md").read_text()
    (tree,) = re.findall(r"```text\ncomponents/\n(.*?)```", text, re.DOTALL)
    shown = []
    for line in tree.splitlines():
        name, _, words = line.strip().partition(" ")
        shown.append((name, words.strip()))

    expected = []
    for component in sorted(path for path in COMPONENTS.iterdir() if path.is_dir()):
        inside = [path for path in component.iterdir() if path in rooms()]
        expected.append((f"{component.name}/", purpose(component)))
        expected += [(f"{path.name}/", purpose(path)) for path in sorted(inside)]
        expected += [(path.name, purpose(path)) for path in sorted(sources(component))]

    assert shown == expected


def test_every_room_says_what_it_is() -> None:
    assert [path for path in rooms() if not purpose(path)] == []


def test_no_folder_holds_more_files_than_a_person_reads_through() -> None:
    counts = {path: len(sources(path)) for path in rooms()}

    assert {path: n for path, n in counts.items() if n > MOST_FILES} == {}
