"""The URLs that `esa-prefetch warm` asks for: from a list, or from the jobs in the state of a stack."""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from pulumi_esa_cli.esa.input_reading import read_input
from pulumi_esa_cli.esa.state_source import read_source
from pulumi_esa_prefetch.load import count_text
from pulumi_esa_prefetch.report.errors import ReportError
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET, ResourceEntry
from pulumi_esa_prefetch.report.inputs.resource_graph import JOB
from pulumi_esa_prefetch.resources.url_encoding import UrlError, encode_urls, numbered
from pulumi_esa_prefetch.settings.setting_lookup import SettingsSource
from pulumi_esa_prefetch.settings.settings import RESOLVE
from pulumi_esa_prefetch.warmth.sampling import unasked

RECORDS: Final = frozenset(
    {
        "pulumi-python:dynamic/esa:PrefetchWarmthRecord",
        "esa-prefetch:index:PrefetchWarmthRecord",
    }
)


@dataclass(frozen=True)
class UrlList:
    """Distinct URLs, and the addresses that are set for their hosts, as text."""

    urls: tuple[str, ...]
    resolve: str = ""
    asked: frozenset[str] = frozenset()
    """The digests of URLs that a PrefetchVerification has asked for, and so has warmed."""
    notes: tuple[str, ...] = ()


def urls_of_file(file: str) -> UrlList:
    """The URLs of a file with one in each line, or of standard input for `-`. Raises ReportError."""
    place = "standard input" if file == "-" else file
    urls = _encoded(read_input(file).splitlines(), place)
    return UrlList(urls, _resolve({}))


def urls_of_stack(name: str) -> UrlList:
    """The URLs in the state of the named or the selected stack: of its jobs, and of its verifications.

    Raises ReportError and EngineError.
    """
    given = read_source(name, "")
    present = [resource for resource in given.resources if not resource.delete]
    jobs = [resource for resource in present if resource.type == JOB]
    records = [resource for resource in present if resource.type in RECORDS]
    lists = [(each.name, _lines(each)) for each in (*jobs, *records)]
    lines = [line for _, found in lists for line in found]
    if not lines:
        raise ReportError(_no_urls(len(jobs)))
    urls = _encoded(lines, "the state")
    asked = frozenset(digest for each in records for digest in _asked(each))
    left = len(unasked(urls, asked))
    if not left:
        raise ReportError(
            "a PrefetchVerification has asked for every URL in the state, and so has warmed it: name others by --urls"
        )
    notes = [f"the state holds no URLs of {each}" for each, found in lists if not found]
    if left < len(urls):
        notes.append(
            f"{count_text(len(urls) - left, 'URL')} left out: a PrefetchVerification has asked for them"
        )
    return UrlList(urls, _resolve(given.config or {}), asked, tuple(notes))


def _resolve(config: Mapping[str, str]) -> str:
    return SettingsSource(config.get, os.environ).text(*RESOLVE) or ""


def _lines(resource: ResourceEntry) -> list[str]:
    """The list as it was declared, without one that is secret.

    Of a job it is the one that ESA has: pulumi_alicloud sends it once, with the creation of the job.
    """
    found = resource.inputs.get("urlList") or resource.inputs.get("urls")
    if isinstance(found, str):
        found = found.splitlines()
    lines = [str(line) for line in found] if isinstance(found, list) else []
    return [] if SECRET in lines else lines


def _asked(record: ResourceEntry) -> list[str]:
    digests = record.outputs.get("asked")
    return [str(each) for each in digests] if isinstance(digests, list) else []


def _no_urls(jobs: int) -> str:
    if not jobs:
        return "the state holds no job (ScheduledPreloadJob), so no URLs: name a list by --urls"
    return (
        "the state holds no URLs: the lists of its jobs are in OSS or secret, and ESA does not give them back: name a "
        "list by --urls"
    )


def _encoded(lines: Iterable[str], place: str) -> tuple[str, ...]:
    """The URLs as ESA takes them; errors name lines, for a URL may hold a signature."""
    try:
        urls = encode_urls(numbered(lines))
    except UrlError as error:
        raise ReportError(f"{place}: {error}") from None
    if not urls:
        raise ReportError(f"{place} holds no URL")
    return tuple(unasked(urls.values()))
