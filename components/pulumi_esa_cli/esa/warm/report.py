"""What `esa-prefetch warm` prints: a table of 80 columns by host and status, or JSON; asks for nothing."""

import textwrap
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from pulumi_embedded_engine.printable import one_line
from pulumi_esa_prefetch.load import count_text
from pulumi_esa_prefetch.report.render.shortening import shortened
from pulumi_esa_prefetch.warmth.configuration_faults import configuration_faults
from pulumi_esa_prefetch.warmth.edge_answer import EdgeAnswer
from pulumi_esa_prefetch.warmth.measurement import CAVEATS, Measurement, kinds
from pulumi_esa_prefetch.warmth.warm_ratio import percent_text, ratio_text

_WIDTH: Final = 80
_MOST_HOSTS: Final = 20
_MOST_URLS: Final = 10
_HOST_WIDTH: Final = 50
_STATUS_WIDTH: Final = 18


@dataclass(frozen=True)
class WarmReport:
    """A measurement with how it was made."""

    measurement: Measurement
    seed: int
    minimum: float
    interrupted: bool = False

    @property
    def shortfall(self) -> str:
        """Why the minimum is not reached, as a sentence without its end; empty if it is."""
        ratio = self.measurement.ratio.ratio
        if ratio is None:
            return "no answer shows whether the edge is warm"
        if ratio < self.minimum:
            return f"less than {percent_text(self.minimum)} of the answers are hits"
        return ""


def report_lines(report: WarmReport) -> Iterator[str]:
    """The lines for a person."""
    result = report.measurement
    yield from _table(_by_host(result.answers))
    yield ""
    yield from _headline(report)
    if result.worst:
        yield ""
        yield "The worst:"
        yield from _worst_lines(result.worst[:_MOST_URLS])
    if len(result.worst) > _MOST_URLS:
        yield f"  and {len(result.worst) - _MOST_URLS} more: --json names them"
    faults = configuration_faults(result.by_status)
    if faults:
        yield ""
    for fault in faults:
        yield from _wrapped(f"{fault}.")
    yield ""
    for caveat in CAVEATS:
        yield from _wrapped(caveat)
    yield from _wrapped(
        f"Seed {report.seed} draws the same URLs again, but this run has warmed them: a repetition shows more hits."
    )


def report_document(report: WarmReport) -> dict[str, Any]:
    """The same for a program."""
    result = report.measurement
    ratio = result.ratio
    return {
        "ratio": ratio.ratio,
        "low": ratio.low,
        "high": ratio.high,
        "hits": ratio.hits,
        "counted": ratio.counted,
        "asked": len(result.digests),
        "answered": len(result.answers),
        "population": result.population,
        "minimum": report.minimum,
        "seed": report.seed,
        "interrupted": report.interrupted,
        "byStatus": dict(result.by_status),
        "hosts": {
            host: dict(kinds(answers))
            for host, answers in _by_host(result.answers).items()
        },
        "cold": [_entry(answer) for answer in result.worst],
        "faults": configuration_faults(result.by_status),
        "caveats": list(CAVEATS),
    }


def shown_url(url: str) -> str:
    """A URL without its query, which may hold a signature."""
    path, mark, _ = url.partition("#")[0].partition("?")
    return f"{path}?..." if mark else path


def _headline(report: WarmReport) -> Iterator[str]:
    result = report.measurement
    text = ratio_text(result.ratio)
    yield from _wrapped(f"{text[0].upper()}{text[1:]}.")
    asked = f"{len(result.digests)} of {count_text(result.population, 'URL')}"
    if report.interrupted:
        answered = f"{len(result.answers)} answered"
        yield from _wrapped(
            f"Interrupted: asked for {asked}, of which {answered}, seed {report.seed}."
        )
    else:
        yield f"Asked for {asked}, seed {report.seed}."


def _by_host(answers: Sequence[EdgeAnswer]) -> Mapping[str, Sequence[EdgeAnswer]]:
    """The answers of each host, the host with most that are no hits first."""
    hosts: dict[str, list[EdgeAnswer]] = defaultdict(list)
    for answer in answers:
        hosts[urlsplit(answer.url).netloc].append(answer)
    return dict(sorted(hosts.items(), key=lambda item: (-_cold(item[1]), item[0])))


def _cold(answers: Sequence[EdgeAnswer]) -> int:
    return sum(not answer.is_warm for answer in answers)


def _table(hosts: Mapping[str, Sequence[EdgeAnswer]]) -> Iterator[str]:
    yield _row("HOST", "STATUS", "URLS")
    for host, answers in list(hosts.items())[:_MOST_HOSTS]:
        name = one_line(host)
        for kind, count in kinds(answers).items():
            yield _row(shortened(name, _HOST_WIDTH), kind, str(count))
            name = ""
    if len(hosts) > _MOST_HOSTS:
        more = count_text(len(hosts) - _MOST_HOSTS, "host")
        yield f"and {more} with fewer such answers: --json names them"


def _row(host: str, kind: str, count: str) -> str:
    return f"{host:<{_HOST_WIDTH}}  {shortened(kind, _STATUS_WIDTH):<{_STATUS_WIDTH}}  {count:>7}"


def _worst_lines(answers: Sequence[EdgeAnswer]) -> Iterator[str]:
    widest = min(max(len(answer.kind) for answer in answers), _STATUS_WIDTH)
    for answer in answers:
        lead = f"  {shortened(answer.kind, _STATUS_WIDTH):<{widest}}  "
        reason = f" ({answer.error})" if answer.error else ""
        reason = shortened(reason, _WIDTH // 2)
        url = one_line(shown_url(answer.url))
        yield f"{lead}{shortened(url, _WIDTH - len(lead) - len(reason))}{reason}"


def _entry(answer: EdgeAnswer) -> dict[str, Any]:
    return {
        "url": shown_url(answer.url),
        "status": answer.status,
        "httpStatus": answer.http_status,
        "age": answer.age,
        "via": answer.via,
        "error": answer.error,
    }


def _wrapped(text: str) -> Iterator[str]:
    yield from textwrap.wrap(one_line(text), _WIDTH, break_on_hyphens=False)
