"""The probe as a whole: makes its job, takes the steps, asks about keys and times, and deletes the job in any case."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.models import Job
from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.probe import cleanup, judgements, key_questions
from pulumi_esa_prefetch.probe.experiment import Answers, Experiment
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.outcomes import NotSettled, Outcome
from pulumi_esa_prefetch.probe.probe_calls import ProbeCalls
from pulumi_esa_prefetch.probe.probe_job import LIST_LENGTH, ProbeJob
from pulumi_esa_prefetch.probe.questions import QUESTIONS
from pulumi_esa_prefetch.probe.url_budget import UrlBudget

_TRIES: Final = 4
Tell = Callable[[str, "Verdict | str"], None]


class ProbeFailed(Exception):
    """The probe could not begin, or not clean up; the text is one sentence."""


@dataclass(frozen=True)
class ProbeResult:
    """The answers by question, and what the probe counted."""

    answers: Mapping[str, Verdict | str]
    urls: int
    calls: int
    list_lag: float
    repeats_dropped: bool


def run_probe(
    esa: EsaClient,
    clock: Clock,
    site_id: str,
    url: str,
    *,
    with_unknown_key: EsaClient,
    with_denied_key: EsaClient | None = None,
    tell: Tell = lambda *_: None,
) -> ProbeResult:
    """Ask all questions; the job is deleted at the end, also after an exception. Raises ProbeFailed."""
    calls, budget, name = ProbeCalls(esa, clock), UrlBudget(), cleanup.new_name()
    _refuse_leftovers(calls, site_id)
    answers: Answers = {}

    def answer(question: str, found: Verdict | str) -> None:
        answers[question] = found
        tell(question, found)

    ask_unknown = partial(key_questions.unknown_key, with_unknown_key, site_id)
    answer("unknown-key", _asked(ask_unknown))
    answer("denied", _asked(partial(key_questions.denied, with_denied_key, site_id)))
    try:
        job, dropped = _make_job(calls, site_id, name, url)
        probe_job = ProbeJob(calls, budget, job, site_id)
        Experiment(probe_job, answer).run()
    except NotSettled as error:
        raise _not_begun(error) from None
    finally:
        _clean_in_any_case(calls, site_id, name)
    answer("notation", _asked(partial(_notation, calls)))
    in_order: Answers = {each.name: answers[each.name] for each in QUESTIONS}
    return ProbeResult(in_order, budget.spent, calls.count, probe_job.lag, dropped)


def _asked(ask: Callable[[], Verdict]) -> Verdict | str:
    try:
        return ask()
    except NotSettled as error:
        return str(error)


def _refuse_leftovers(calls: ProbeCalls, site_id: str) -> None:
    try:
        left = cleanup.leftovers(calls, site_id)
    except NotSettled as error:
        raise _not_begun(error) from None
    if left:
        raise ProbeFailed(
            f"an earlier probe left {len(left)} job{'s' * (len(left) > 1)} on this site, or is still at work: "
            "delete it first, by --clean"
        )


def _not_begun(error: NotSettled) -> ProbeFailed:
    return ProbeFailed(f"the probe could not begin: {error.error or error}")


def _make_job(calls: ProbeCalls, site_id: str, name: str, url: str) -> tuple[Job, bool]:
    """The job with five lines of the URL; True if ESA drops repeated lines, so that they differ in their query."""
    job = _create(calls, site_id, name, [url] * LIST_LENGTH)
    if _length(calls, job) == LIST_LENGTH:
        return job, False
    _clean(calls, site_id, name)
    mark = "&" if "?" in url else "?"
    urls = [f"{url}{mark}n={number}" for number in range(1, LIST_LENGTH + 1)]
    job = _create(calls, site_id, name, urls)
    length = _length(calls, job)
    if length != LIST_LENGTH:
        raise ProbeFailed(f"ESA took {length} of {LIST_LENGTH} lines of the URL")
    return job, True


def _create(calls: ProbeCalls, site_id: str, name: str, urls: list[str]) -> Job:
    """Make the job once: if the answer is lost, it is looked for by its name before it is made again."""
    for _ in range(_TRIES):
        outcome: Outcome[Job] = calls.make(
            lambda esa: esa.create_scheduled_preload_job(
                site_id=site_id, name=name, insert_way="textBox", url_list=urls
            )
        )
        if outcome.kind in {"refused", "unusable"}:
            raise ProbeFailed(f"ESA did not make the job of the probe: {outcome.error}")
        found = calls.settled(lambda: _named(calls, site_id, name))
        if found:
            return _job(calls, found[0])
    raise ProbeFailed("the job of the probe could not be made")


def _job(calls: ProbeCalls, job_id: str) -> Job:
    return calls.read(lambda esa: esa.get_scheduled_preload_job(job_id=job_id))


def _named(calls: ProbeCalls, site_id: str, name: str) -> tuple[str, ...]:
    jobs = cleanup.leftovers(calls, site_id)
    return tuple(job.id for job in jobs if job.name == name)


def _length(calls: ProbeCalls, job: Job) -> int:
    """How many lines ESA has taken."""
    return calls.settled(lambda: _job(calls, job.id).url_count)


def _clean_in_any_case(calls: ProbeCalls, site_id: str, name: str) -> None:
    """Delete the job, and begin again if that is interrupted; the next interruption ends it."""
    try:
        _clean(calls, site_id, name)
    except (KeyboardInterrupt, SystemExit):
        _clean(calls, site_id, name)
        raise


def _clean(calls: ProbeCalls, site_id: str, name: str) -> None:
    """Delete the job of this probe, also one whose Create was not answered."""
    try:
        found = calls.settled(lambda: _named(calls, site_id, name))
        left = cleanup.delete_jobs(calls, site_id, found)
    except NotSettled as error:
        raise ProbeFailed(
            f"whether the job of the probe is deleted is not known: {error}; run it with --clean"
        ) from None
    if left:
        raise ProbeFailed(
            f"the job of the probe could not be deleted ({left[0]}): run it with --clean"
        )


def _notation(calls: ProbeCalls) -> Verdict:
    """The notation of all times in all answers; raises NotSettled if there is more than one."""
    found: dict[str, set[str]] = {}
    for action, texts in calls.times.items():
        for text in texts:
            name = judgements.notation_of(text) or judgements.shape_of(text)
            found.setdefault(name, set()).add(action)
    if len(found) == 1:
        return Verdict(next(iter(found)))
    if not found:
        raise NotSettled("no answer had a time")
    uses = "; ".join(
        f"{name} by {', '.join(sorted(actions))}"
        for name, actions in sorted(found.items())
    )
    raise NotSettled(f"there are several: {uses}")
