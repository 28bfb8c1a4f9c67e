"""Escapes sentences, names and times so that GitHub's Markdown shows them as they are."""

from datetime import UTC, datetime

from pulumi_esa_prefetch.api.safe_text import printable
from pulumi_esa_prefetch.report.render.shortening import shortened

LONGEST_NAME = 200
LONGEST_SENTENCE = 1000


def code(text: str) -> str:
    """Write a name as code: nothing in it is markup or a mention."""
    clean = clipped(plain_text(text), LONGEST_NAME).replace("|", "\\|") or " "
    fence = "`" * (_longest_run(clean) + 1)
    pad = " " if "`" in clean else ""
    return f"{fence}{pad}{clean}{pad}{fence}"


def cell(text: str) -> str:
    """Escape a sentence: nothing in it is markup, a mention or a new cell."""
    clean = shortened(plain_text(text), LONGEST_SENTENCE)
    for mark in "\\`*_[]|~":
        clean = clean.replace(mark, f"\\{mark}")
    clean = clean.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return clean.replace("@", "@\u200b").replace("#", "#\u200b")


def quoted(text: str) -> str:
    """Escape the first line of a message, without the trace that may follow it."""
    return cell(next(iter(text.splitlines()), ""))


def plain_text(text: str) -> str:
    """Put a text on one line, without characters that move the cursor, or reverse or hide text."""
    return printable(text)


def clipped(text: str, longest: int) -> str:
    """Cut a text that is too long, and mark the cut."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def moment_of(moment: datetime) -> str:
    """Write a time in UTC, with seconds only if there are any."""
    shape = "%Y-%m-%d %H:%M:%S" if moment.second else "%Y-%m-%d %H:%M"
    return moment.astimezone(UTC).strftime(shape)


def known(number: int | None) -> str:
    """Write a number, nothing for one that is not known."""
    return "" if number is None else str(number)


def _longest_run(text: str) -> int:
    runs = "".join(c if c == "`" else " " for c in text).split()
    return max((len(run) for run in runs), default=0)
