"""The probe as a whole: makes its job, takes the steps, asks about keys and times, and deletes the job in any case."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import Final

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import Denied
from pulumi_esa_prefetch.api.models import Job
from pulumi_esa_prefetch.clock import Clock
from pulumi_esa_prefetch.probe import cleanup, judgements, key_questions
from pulumi_esa_prefetch.probe.experiment import Answers, Experiment
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.outcomes import NotSettled, Outcome
from pulumi_esa_prefetch.probe.probe_calls import ProbeCalls
from pulumi_esa_prefetch.probe.probe_job import LIST_LENGTH, Bounds, ProbeJob
from pulumi_esa_prefetch.probe.questions import QUESTIONS
from pulumi_esa_prefetch.probe.url_budget import UrlBudget

_TRIES: Final = 4
_NOBODY: Final = "0" * 24
"""An id of the right form that no job has: it would be from 1970."""
_OF_ANOTHER_ACCOUNT: Final = "InvalidUid"
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


def clean_command(site_id: str) -> str:
    """The command that deletes what a probe has left on the site."""
    return f"esa-prefetch doctor --clean --site {site_id}"


def run_probe(  # noqa: PLR0913 - two more that have a default
    esa: EsaClient,
    clock: Clock,
    site_id: str,
    url: str,
    *,
    with_unknown_key: EsaClient,
    with_denied_key: EsaClient | None = None,
    name: str = "",
    may_leave: Callable[[], bool] = lambda: True,
    tell: Tell = lambda *_: None,
) -> ProbeResult:
    """Ask all questions; the job is deleted at the end, also after an exception. Raises ProbeFailed.

    `name`: the name of its job. `may_leave`: whether an interruption while the job is being deleted ends that.
    """
    calls, budget, name = (
        ProbeCalls(esa, clock),
        UrlBudget(),
        name or cleanup.new_name(),
    )
    _refuse_leftovers(calls, site_id)
    _refuse_without_delete(calls)
    answers: Answers = {}

    def answer(question: str, found: Verdict | str) -> None:
        answers[question] = found
        tell(question, found)

    ask_unknown = partial(key_questions.unknown_key, with_unknown_key, site_id)
    answer("unknown-key", _asked(ask_unknown))
    answer("denied", _asked(partial(key_questions.denied, with_denied_key, site_id)))
    try:
        job, dropped, made = _make_job(calls, site_id, name, url)
        probe_job = ProbeJob(calls, budget, job, site_id, made)
        Experiment(probe_job, answer).run()
        calls.ends = None
        _count(probe_job)
    except NotSettled as error:
        raise _not_begun(error) from None
    finally:
        _clean_in_any_case(calls, site_id, name, may_leave)
    answer("notation", _asked(partial(_notation, calls)))
    in_order: Answers = {each.name: answers[each.name] for each in QUESTIONS}
    return ProbeResult(in_order, budget.spent, calls.count, probe_job.lag, dropped)


def refuse_to_begin(esa: EsaClient, clock: Clock, site_id: str) -> None:
    """Raise ProbeFailed if an earlier probe left a job on the site, or the probe could not delete its own."""
    calls = ProbeCalls(esa, clock)
    _refuse_leftovers(calls, site_id)
    _refuse_without_delete(calls)


def _count(job: ProbeJob) -> None:
    """Count for the last time, when nothing runs any more; without it the number is what it may be at the most."""
    for _ in range(_TRIES):
        with suppress(NotSettled):
            cleanup.stop_plans(job.calls, job.id)
            job.submitted()
            return


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
            f"delete it first, by {clean_command(site_id)}"
        )


def _refuse_without_delete(calls: ProbeCalls) -> None:
    """Refuse to begin if RAM does not let the key delete jobs: the probe could not delete its own."""
    outcome: Outcome[str] = calls.make(
        lambda esa: esa.delete_scheduled_preload_job(job_id=_NOBODY)
    )
    error = outcome.error
    if isinstance(error, Denied) and not error.code.startswith(_OF_ANOTHER_ACCOUNT):
        raise ProbeFailed(
            f"the probe could not begin, for it could not delete its job: {error}"
        )


def _not_begun(error: NotSettled) -> ProbeFailed:
    return ProbeFailed(f"the probe could not begin: {error.error or error}")


def _make_job(
    calls: ProbeCalls, site_id: str, name: str, url: str
) -> tuple[Job, bool, Bounds]:
    """The job with five lines of the URL, and when it was made.

    True if ESA drops repeated lines, so that they differ in their query.
    """
    job, made = _create(calls, site_id, name, [url] * LIST_LENGTH)
    if _length(calls, job) == LIST_LENGTH:
        return job, False, made
    _clean(calls, site_id, name)
    mark = "&" if "?" in url else "?"
    urls = [f"{url}{mark}n={number}" for number in range(1, LIST_LENGTH + 1)]
    job, made = _create(calls, site_id, name, urls)
    length = _length(calls, job)
    if length != LIST_LENGTH:
        raise ProbeFailed(f"ESA took {length} of {LIST_LENGTH} lines of the URL")
    return job, True, made


def _create(
    calls: ProbeCalls, site_id: str, name: str, urls: list[str]
) -> tuple[Job, Bounds]:
    """Make the job once: if the answer is lost, it is looked for by its name before it is made again."""
    before = calls.now()
    for _ in range(_TRIES):
        outcome: Outcome[Job] = calls.make(
            lambda esa: esa.create_scheduled_preload_job(
                site_id=site_id, name=name, insert_way="textBox", url_list=urls
            )
        )
        after = calls.now()
        if outcome.kind in {"refused", "unusable"}:
            raise ProbeFailed(f"ESA did not make the job of the probe: {outcome.error}")
        found = calls.settled(lambda: _named(calls, site_id, name))
        if found:
            return _job(calls, found[0]), (before, after)
    raise ProbeFailed("the job of the probe could not be made")


def _job(calls: ProbeCalls, job_id: str) -> Job:
    return calls.read(lambda esa: esa.get_scheduled_preload_job(job_id=job_id))


def _named(calls: ProbeCalls, site_id: str, name: str) -> tuple[str, ...]:
    jobs = cleanup.named_jobs(calls, site_id)
    return tuple(job.id for job in jobs if job.name == name)


def _length(calls: ProbeCalls, job: Job) -> int:
    """How many lines ESA has taken."""
    return calls.settled(lambda: _job(calls, job.id).url_count)


def _clean_in_any_case(
    calls: ProbeCalls, site_id: str, name: str, may_leave: Callable[[], bool]
) -> None:
    """Delete the job; an interruption begins that again, and ends it after it, unless the job may be left."""
    interruption: BaseException | None = None
    while True:
        try:
            _clean(calls, site_id, name)
        except (KeyboardInterrupt, SystemExit) as error:
            if may_leave():
                raise
            interruption = error
        else:
            break
    if interruption is not None:
        raise interruption


def _clean(calls: ProbeCalls, site_id: str, name: str) -> None:
    """Delete the job of this probe, also one whose Create was not answered."""
    calls.ends = None
    try:
        found = calls.settled(lambda: _named(calls, site_id, name))
        left = cleanup.delete_jobs(calls, site_id, found)
    except NotSettled as error:
        raise ProbeFailed(
            f"whether the job of the probe is deleted is not known: {error}; run {clean_command(site_id)}"
        ) from None
    if left:
        raise ProbeFailed(
            f"the job of the probe could not be deleted ({left[0]}): run {clean_command(site_id)}"
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
