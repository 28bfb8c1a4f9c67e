"""The files that docs/testing.md shows, written into a directory."""

import re
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs/testing.md"
_FILE = re.compile(r"^`([\w.]+)`:\n\n```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def page_files() -> dict[str, str]:
    """The files of the page by name."""
    return dict(_FILE.findall(PAGE.read_text()))


def write_page(directory: Path, *names: str) -> None:
    """Write these files of the page, or all."""
    for name, text in page_files().items():
        if not names or name in names:
            (directory / name).write_text(text)
