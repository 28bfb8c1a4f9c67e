"""The purge of a SitePrefetch's URLs before its plans start, for any face of the provider.

``purge_conflicts`` and ``purge_reason`` are pure. ``purge_for_new`` and ``purge_again`` call ESA: they purge, and wait
until ESA lists every task as complete. If that fails, nothing is recorded, so that no plan starts and the next ``up``
purges all URLs again; a second purge does no harm, so that a call whose answer is lost is repeated.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import quote, urlsplit

from pulumi.output import contains_unknowns

from pulumi_esa_prefetch.api.errors import EsaError, NotFound
from pulumi_esa_prefetch.api.esa_times import parse_time
from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.api.models import PurgeTask
from pulumi_esa_prefetch.load import Limits, check_start, denied_sentences
from pulumi_esa_prefetch.provider.errors import PrefetchError, looking_up
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.messages import note
from pulumi_esa_prefetch.provider.plan_properties import value_text
from pulumi_esa_prefetch.provider.preflight import run_of_window

MOST_URLS = 1000
"""The most URLs of one call: ESA's guide allows so many by hand, and CDN and DCDN so many in one call."""
LONGEST_CONTENT = 7000
"""The most characters that the URLs of one call take in its query: many servers take a request line of 8 KiB."""

_CLOCKS_DIFFER = timedelta(minutes=15)
"""The most by which this machine's clock and ESA's differ: ESA refuses a request beyond that."""
_FIRST_PAUSE, _GROWTH, _LONGEST_PAUSE = 1.0, 1.5, 15.0
_AT_ONCE = 'purge="before" is for plans that run at once'


@dataclass(frozen=True)
class UrlPurge:
    """What is purged: the URLs of a job, of a site."""

    site_id: str
    job_id: str
    urls: tuple[str, ...]

    @classmethod
    def of(cls, props: Mapping[str, Any]) -> "UrlPurge":
        """What the properties of a SitePurge declare; ``urls`` is a text with one URL per line."""
        urls = tuple(dict.fromkeys(str(props["urls"]).splitlines()))
        return cls(str(props["site_id"]), str(props.get("job_id") or ""), urls)

    @property
    def count(self) -> str:
        """How many URLs, in words."""
        return url_count(len(self.urls))

    @property
    def id(self) -> str:
        """The resource id."""
        return f"{self.site_id}:{self.job_id}"


def url_count(urls: int) -> str:
    """How many URLs, in words."""
    return f"{urls} URL{'s' * (urls != 1)}"


def purge_conflicts(props: Mapping[str, Any], now: datetime) -> Iterator[str]:
    """What is declared beside a purge that it is not for, as clauses; what is not known is left out.

    ``windows``: name -> window, in the form of triggers.
    """
    if _is_known(props, "desired_state") and props["desired_state"] != "running":
        yield f'desired_state must be "running": {_AT_ONCE}'
    if _is_known(props, "rerun") and props["rerun"] != "from_start":
        yield 'rerun must be "from_start": purge="before" purges all URLs, and "resume" would not fetch all'
    for window, time in _times(props, "start_time"):
        if parse_time(time) > now:
            yield f"windows.{window} opens in the future, at {time}: {_AT_ONCE}; remove one of the two"


def start_conflicts(
    props: Mapping[str, Any], limits: Limits | None, now: datetime
) -> Iterator[str]:
    """Why a plan would not be started after a purge that is due now, as clauses: the edge would stay cold."""
    for window, time in _times(props, "end_time"):
        if parse_time(time) <= now:
            yield f"windows.{window} ended at {time}: nothing is purged for a plan that cannot start; move its end_time"
    if limits is None:
        return
    runs = {
        name: run
        for name, window in (props.get("windows") or {}).items()
        if (run := run_of_window(window, f"windows.{name}"))
    }
    urls = UrlPurge.of(props).urls
    hosts = sorted({urlsplit(url).netloc for url in urls})
    for name, run in runs.items():
        others = [other for at, other in runs.items() if at != name]
        found = check_start(run, others, limits, now, urls=len(urls), origins=hosts)
        for text in denied_sentences(one for one in found if one.kind != "past"):
            yield f"{text}: esa-prefetch:limits deny it, so that nothing is purged for it"


def _times(props: Mapping[str, Any], bound: str) -> Iterator[tuple[str, str]]:
    """The times of the windows that are known, by the window's name."""
    for name, window in (props.get("windows") or {}).items():
        time = window.get(bound) if isinstance(window, Mapping) else None
        if isinstance(time, str) and time:
            yield name, time


def purge_reason(olds: Mapping[str, Any], news: Mapping[str, Any]) -> str:
    """Why the URLs are purged again, as a clause; empty if they are not.

    Those are the reasons for which plans run again, by the same digest and triggers.
    """
    site_id, triggers = (news.get(name) for name in ("site_id", "triggers"))
    if contains_unknowns(site_id):
        return "the site may have changed"
    if olds.get("site_id") != site_id:
        return "the site changed"
    if contains_unknowns(triggers):
        return "triggers may have changed"
    old, new = (props.get("triggers") or {} for props in (olds, news))
    if old.get("urls") != new.get("urls"):
        return "URLs changed"
    return "" if value_text(old) == value_text(new) else "triggers changed"


def planned_purge(props: Mapping[str, Any], reason: str = "") -> str:
    """What a preview says; a job that exists already may have plans, for which nothing is purged."""
    is_certain = reason or contains_unknowns(props.get("job_id"))
    unless = "" if is_certain else ", unless the job has plans already"
    why = f" ({reason})" if reason else ""
    return (
        f"will be purged before the plans start{unless}: {UrlPurge.of(props).count}, so that each is fetched from "
        f"the origin{why}"
    )


def purge_for_new(hook: HookCall, props: Mapping[str, Any]) -> dict[str, Any]:
    """Purge before the first plans of the job start, and return what is to be recorded.

    If the job has plans already, they run or have run: a purge would leave the edge cold. Raises PrefetchError.
    """
    found = UrlPurge.of(props)
    if object_id(found.job_id) is None:
        raise PrefetchError(
            "job_id has no value: the output that it comes from is empty"
        )
    with looking_up(f"job {found.job_id}"):
        has_plans = _has_plans(hook, found.job_id)
    if not has_plans:
        return _purged(hook, found, props)
    note(
        f"not purged: job {found.job_id} has plans already; its URLs are purged when they or the triggers change"
    )
    return _record(props, 0, ())


def purge_again(
    hook: HookCall, olds: Mapping[str, Any], news: Mapping[str, Any]
) -> dict[str, Any]:
    """Purge before the plans run again, and return what is to be recorded; without a reason only record.

    Raises PrefetchError.
    """
    if purge_reason(olds, news):
        return _purged(hook, UrlPurge.of(news), news)
    return _record(news, olds.get("purged", 0), olds.get("task_ids", ()))


def parts(urls: Sequence[str]) -> Iterator[list[str]]:
    """The URLs in the parts of which each is one call."""
    part: list[str] = []
    length = 0
    for url in urls:
        size = len(quote(f"{json.dumps(url)},", safe="-._~"))
        if part and (len(part) == MOST_URLS or length + size > LONGEST_CONTENT):
            yield part
            part, length = [], 0
        part.append(url)
        length += size
    if part:
        yield part


@dataclass(frozen=True)
class PurgeProgress:
    """Whether tasks are complete: ``waits_for`` is empty then, else a clause; ``failed``: a clause, empty if none."""

    waits_for: str = ""
    failed: str = ""


def purge_progress(
    tasks: Iterable[PurgeTask], task_ids: Sequence[str], urls: Iterable[str]
) -> PurgeProgress:
    """How far the purge is, by the tasks that ESA lists; it stops at the first one that is not complete.

    A task may have one entry, or one for each URL. Another task that still purges one of the URLs counts too: it may
    be the one of a call whose answer was lost.
    """
    own, wanted, missing = set(task_ids), set(urls), dict.fromkeys(task_ids)
    for task in tasks:
        is_own = task.task_id in own
        if is_own and task.status == "failed":
            reason = f" ({task.description})" if task.description else ""
            return PurgeProgress(failed=f"ESA failed in task {task.task_id}{reason}")
        is_others = task.status == "refreshing" and not wanted.isdisjoint(task.content)
        if is_others or (is_own and task.status != "complete"):
            progress = f", {task.process}" if task.process else ""
            return PurgeProgress(f"task {task.task_id} is {task.status}{progress}")
        if is_own:
            missing.pop(str(task.task_id), None)
    unseen = next(iter(missing), None)
    return PurgeProgress(f"ESA does not list task {unseen}" if unseen else "")


def _purged(
    hook: HookCall, found: UrlPurge, props: Mapping[str, Any]
) -> dict[str, Any]:
    clock = hook.session.clock
    began, since = clock.monotonic(), clock.now()
    task_ids: list[str] = []
    try:
        for part in parts(found.urls):
            answer = _client(hook).purge_caches(site_id=found.site_id, files=part)
            task_ids += answer.task_ids
        _wait(hook, found, task_ids, since)
    except EsaError as error:
        raise _failed(found, str(error)) from None
    note(
        f"purged before the plans start: {found.count} in {clock.monotonic() - began:.0f} s, so that each is "
        "fetched from the origin"
    )
    return _record(props, len(found.urls), task_ids)


def _wait(
    hook: HookCall, found: UrlPurge, task_ids: Sequence[str], since: datetime
) -> None:
    pause = _FIRST_PAUSE
    while True:
        progress = purge_progress(_tasks(hook, found, since), task_ids, found.urls)
        if progress.failed:
            raise _failed(found, progress.failed)
        if not progress.waits_for:
            return
        if hook.seconds_left <= pause:
            raise _failed(
                found,
                f"it is not complete after {hook.seconds:g} seconds, for {progress.waits_for}; allow more time by "
                "esa-prefetch:deadline",
            )
        hook.session.clock.sleep(pause)
        pause = min(pause * _GROWTH, _LONGEST_PAUSE)


def _tasks(hook: HookCall, found: UrlPurge, since: datetime) -> Iterator[PurgeTask]:
    seen = 0
    for number in count(1):
        page = _client(hook).describe_purge_tasks(
            site_id=found.site_id,
            start_time=since - _CLOCKS_DIFFER,
            end_time=hook.session.clock.now() + _CLOCKS_DIFFER,
            page_number=number,
        )
        tasks = page.tasks or ()
        yield from tasks
        seen += len(tasks)
        if not tasks or seen == page.total_count:
            return


def _has_plans(hook: HookCall, job_id: str) -> bool:
    try:
        plans = hook.client().list_scheduled_preload_executions(job_id=job_id)
    except NotFound:
        return False
    return bool(plans or plans.unreadable)


def _client(hook: HookCall) -> Any:
    """The client for one call, which may take the time of other operations at most."""
    seconds = min(hook.session.deadline, hook.seconds_left)
    return hook.client().limited(seconds=seconds)


def _failed(found: UrlPurge, why: str) -> PrefetchError:
    return PrefetchError(
        f"the purge of {found.count} of site {found.site_id} failed, so that no plan is started: {why}; the next up "
        "purges all of them again"
    )


def _is_known(props: Mapping[str, Any], name: str) -> bool:
    value = props.get(name)
    return value is not None and not contains_unknowns(value)


def _record(
    props: Mapping[str, Any], purged: int, task_ids: Iterable[str]
) -> dict[str, Any]:
    """The outputs of a SitePurge: what decides about the next purge, and what was done."""
    return {
        "site_id": props["site_id"],
        "triggers": props["triggers"],
        "purged": purged,
        "task_ids": list(task_ids),
    }
