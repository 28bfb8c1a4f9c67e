"""The URLs that `esa-prefetch warm` asks for: from a list, or from the jobs in the state of a stack."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from pulumi_esa_cli.esa.input_reading import read_input
from pulumi_esa_cli.esa.state_source import read_source
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET, ResourceEntry
from pulumi_esa_prefetch.report.inputs.resource_graph import JOB
from pulumi_esa_prefetch.resources.url_encoding import UrlError, encode_url
from pulumi_esa_prefetch.warmth.resolve import SETTING

_SHOWN: Final = 5


@dataclass(frozen=True)
class UrlList:
    """Distinct URLs, and what the stack's configuration says of their addresses."""

    urls: tuple[str, ...]
    resolve: str = ""
    notes: tuple[str, ...] = ()


def urls_of_file(file: str) -> UrlList:
    """The URLs of a file with one in each line, or of standard input for `-`. Raises ReportError."""
    place = "standard input" if file == "-" else file
    return UrlList(_encoded(read_input(file).splitlines(), place))


def urls_of_stack(name: str) -> UrlList:
    """The URLs of the jobs in the state of the named or the selected stack. Raises ReportError and EngineError."""
    given = read_source(name, "")
    jobs = [r for r in given.resources if r.type == JOB and not r.delete]
    lists = {job.name: _list_of(job) for job in jobs}
    without = [job for job, text in lists.items() if not text or SECRET in text]
    lines = [
        line
        for job, text in lists.items()
        if job not in without
        for line in text.splitlines()
    ]
    if not lines:
        raise ReportError(_no_urls(len(jobs)))
    notes = [f"the state holds no URLs of job {job}" for job in without]
    resolve = (given.config or {}).get(SETTING, "")
    return UrlList(_encoded(lines, "the state"), resolve, tuple(notes))


def _list_of(job: ResourceEntry) -> str:
    """The list that ESA has: pulumi_alicloud sends it once, with the creation of the job."""
    text = job.inputs.get("urlList")
    return text if isinstance(text, str) else ""


def _no_urls(jobs: int) -> str:
    if not jobs:
        return "the state holds no job (ScheduledPreloadJob), so no URLs: name a list by --urls"
    return (
        "the state holds no URLs: the lists of its jobs are in OSS or secret, and ESA does not give them back: name a "
        "list by --urls"
    )


def _encoded(lines: Iterable[str], place: str) -> tuple[str, ...]:
    """The URLs as ESA takes them; errors name lines, for a URL may hold a signature."""
    texts = {n: line.strip() for n, line in enumerate(lines, 1)}
    urls: dict[str, None] = {}
    wrong = []
    for n, text in texts.items():
        try:
            if text:
                urls[encode_url(text)] = None
        except UrlError as error:
            wrong.append(f"line {n} {error}")
    if wrong:
        raise ReportError(f"{place}: {_first(wrong)}")
    if not urls:
        raise ReportError(f"{place} holds no URL")
    return tuple(urls)


def _first(wrong: Sequence[str]) -> str:
    more = [f"and {len(wrong) - _SHOWN} more"] if len(wrong) > _SHOWN else []
    return ", ".join([*wrong[:_SHOWN], *more])
