"""`esa-prefetch doctor --probe` and `--clean`: asks before it acts, shows what was learned; calls no action itself."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, Final
from urllib.parse import urlsplit

import typer

from pulumi_embedded_engine.errors import BAD_USAGE, DECLINED, EngineError
from pulumi_embedded_engine.processes.atomic_files import write_atomically
from pulumi_esa_cli.esa.doctor_source import lacks_secrets
from pulumi_esa_cli.esa.probe_table import answer_line, probe_table
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.terminal.printing import echo, print_json
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import provider_for
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.api.models import Job
from pulumi_esa_prefetch.clock import SystemClock
from pulumi_esa_prefetch.doctor.examination import SECONDS
from pulumi_esa_prefetch.doctor.findings import Finding
from pulumi_esa_prefetch.doctor.key_checks import check_keys
from pulumi_esa_prefetch.doctor.setting_checks import ConfigSource
from pulumi_esa_prefetch.load import count_text, moment_text
from pulumi_esa_prefetch.probe import cleanup
from pulumi_esa_prefetch.probe.answers_document import answers_document, json_text
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.key_questions import invented_key
from pulumi_esa_prefetch.probe.outcomes import NotSettled
from pulumi_esa_prefetch.probe.probe import (
    ProbeFailed,
    clean_command,
    refuse_to_begin,
    run_probe,
)
from pulumi_esa_prefetch.probe.probe_calls import ProbeCalls
from pulumi_esa_prefetch.probe.probe_job import INTERVALS, LIST_LENGTH
from pulumi_esa_prefetch.probe.url_budget import MOST_URLS
from pulumi_esa_prefetch.settings.credential_sources import KeySource, Profile
from pulumi_esa_prefetch.settings.setting_lookup import SettingsError
from pulumi_esa_prefetch.settings.settings import Settings

_AT_WORK: Final = 90
"""So many minutes after it was made a probe may still use its job."""
_DELETIONS: Final = 2


@dataclass(frozen=True)
class ProbeOptions:
    """The options of the probe; `site` is the id of a site, or empty."""

    site: str
    url: str = ""
    clean: bool = False
    denied_key_profile: str = ""
    write: str = ""
    as_json: bool = False
    yes: bool = False


def probe(
    global_flags: GlobalFlags,
    source: ConfigSource,
    about_stack: Finding,
    options: ProbeOptions,
) -> None:
    """Probe the account of the settings, or delete what an earlier probe has left there."""
    if about_stack.status == "failed":
        # without what the plain doctor does then
        raise EngineError(about_stack.text.rpartition(": ")[0])
    if lacks_secrets(about_stack):
        raise EngineError(f"{about_stack.text}: {about_stack.what_to_do}")
    if about_stack.status == "warning":
        echo(f"warning: {about_stack.text}", err=True)
    if not options.site:
        named, does = (
            ("--clean", "looks for") if options.clean else ("--probe", "makes")
        )
        raise EngineError(
            f"{named} needs --site ID: the site on which it {does} its job"
        )
    try:
        settings = source.settings()
    except SettingsError as error:
        raise EngineError(str(error)) from None
    try:
        if options.clean:
            _clean(global_flags, settings, options)
        else:
            keys = _keys(settings, source.secrets)
            _probe(global_flags, settings, options, keys)
    except ProbeFailed as error:
        raise EngineError(str(error)) from None


def _probe(
    global_flags: GlobalFlags, settings: Settings, options: ProbeOptions, keys: str
) -> None:
    _refuse_bad_url(options.url)
    _refuse_without_answer(global_flags, options)
    if options.write:
        _refuse_unwritable(Path(options.write))
    denied = _denied(settings, options.denied_key_profile)
    clock, name = SystemClock(), cleanup.new_name()
    with _client(settings) as esa:
        refuse_to_begin(esa, clock, options.site)
        echo(_announcement(settings, options, keys), err=True)
        _confirm(options, "Probe this site?")
        with _termination(name, options.site) as may_leave:
            result = run_probe(
                esa,
                clock,
                options.site,
                options.url,
                with_unknown_key=_client(settings, invented_key()),
                with_denied_key=denied,
                tell=_tell,
                name=name,
                may_leave=may_leave,
            )
    document = answers_document(result, clock.now())
    if options.write:
        _write(Path(options.write), document)
    if options.as_json:
        print_json(document)
        return
    echo("\n".join(probe_table(result)))
    if options.write:
        echo(f"The answers, without ids, keys or names, are in {options.write}.")
        echo(
            f"A local ESA that answers so: esa-prefetch emulator --answers {options.write}"
        )


def _keys(settings: Settings, secrets: frozenset[str]) -> str:
    """Which keys are used and where they come from; raises EngineError if there are none."""
    provider, finding = check_keys(settings, secrets, SECONDS)
    if provider is None:
        raise EngineError(finding.text)
    return finding.text.partition(";")[0]


def _refuse_unwritable(file: Path) -> None:
    """Raise EngineError if the answers could not be written there: it is said before twenty minutes are spent."""
    target = file.resolve()
    if target.exists() and not (target.is_file() and os.access(target, os.W_OK)):
        raise EngineError(f"--write: {file} is not a file that can be written")
    try:
        with TemporaryFile(dir=target.parent):
            pass
    except OSError as error:
        raise EngineError(f"--write: {file}: {error.strerror}") from None


def _write(file: Path, document: dict[str, Any]) -> None:
    try:
        write_atomically(file.resolve(), json_text(document).encode())
    except OSError as error:
        print_json(document)  # or the work of twenty minutes would be lost
        raise EngineError(f"--write: {file}: {error.strerror}") from None


def _announcement(settings: Settings, options: ProbeOptions, keys: str) -> str:
    """What the probe will do, before it is asked whether it may."""
    return "\n".join(
        (
            f"The probe works on site {options.site} at {settings.endpoint}, with",
            options.url,
            f"Its keys: {keys}.",
            f"It makes one job of {LIST_LENGTH} lines of this URL and at most {len(INTERVALS)} plans, and deletes",
            f"them at the end. ESA prefetches at most {MOST_URLS} URLs. It takes about 300 calls",
            "in about 20 minutes, one of them with an invented access key. No other job is",
            "touched.",
        )
    )


def _clean(
    global_flags: GlobalFlags, settings: Settings, options: ProbeOptions
) -> None:
    site = options.site
    with _client(settings) as esa:
        calls = ProbeCalls(esa, SystemClock())
        jobs = _leftovers(calls, options)
        left: list[str] = []
        if jobs:
            _refuse_without_answer(global_flags, options)
            _confirm(
                options,
                f"Delete {count_text(len(jobs), 'job')} with all plans, at {settings.endpoint}?",
            )
            left = cleanup.delete_jobs(calls, site, [job.id for job in jobs])
    if options.as_json:
        deleted = [job.id for job in jobs if job.id not in left]
        print_json({"deleted": deleted, "left": left})
    if left:
        raise ProbeFailed(f"not deleted: {', '.join(left)}; try it again")
    if not options.as_json:
        none = f"No probe has left a job on site {site}."
        echo(f"Deleted {count_text(len(jobs), 'job')}." if jobs else none)


def _leftovers(calls: ProbeCalls, options: ProbeOptions) -> list[Job]:
    """The jobs that probes have left, each shown with what tells whether one is at work; raises ProbeFailed."""
    try:
        named = calls.settled(lambda: cleanup.named_jobs(calls, options.site))
        jobs = calls.settled(lambda: cleanup.leftovers(calls, options.site))
    except NotSettled as error:
        why = error.error or error
        raise ProbeFailed(f"what a probe has left is not known: {why}") from None
    ids = {job.id for job in jobs}
    for job in named:
        if job.id not in ids:
            echo(f"Not touched, it is no probe's: {job.name} ({job.id})", err=True)
    for job in jobs:
        echo(_job_line(job, calls.now()), err=options.as_json)
    return jobs


def _job_line(job: Job, now: datetime) -> str:
    """A job with its age and its domain: ESA returns no URL of a job."""
    domains = f", URLs of {job.domains}" if job.domains else ""
    line = f"{job.name} ({job.id}){domains}"
    if job.created_at is None:
        return line
    minutes = max(0, int((now - job.created_at).total_seconds() // 60))
    age = (
        ""
        if minutes >= _AT_WORK
        else f" {count_text(minutes, 'minute')} ago, a probe may be at work"
    )
    return f"{line}, made{age or f' at {moment_text(job.created_at)}'}"


def _refuse_bad_url(url: str) -> None:
    """Raise EngineError if it is not a URL that ESA could prefetch; a password in it is not shown."""
    if not url:
        raise EngineError("--probe needs --url URL: a small file of the site")
    try:
        parts = urlsplit(url)
        is_url = parts.scheme in {"http", "https"} and bool(parts.hostname)
    except ValueError:
        is_url = False
    if not is_url or not (url.isascii() and url.isprintable()) or " " in url:
        raise EngineError(
            "--url must be a URL such as https://www.example.com/small.txt, percent-encoded"
        )
    if "@" in parts.netloc or "#" in url:
        raise EngineError("--url must have no user name, password or fragment (#)")


def _refuse_without_answer(global_flags: GlobalFlags, options: ProbeOptions) -> None:
    """Raise EngineError if nobody can be asked."""
    if not options.yes and not global_flags.interactive:
        raise EngineError("--yes is needed where nobody can be asked", BAD_USAGE)


def _confirm(options: ProbeOptions, question: str) -> None:
    if not options.yes and not typer.confirm(question, err=True):
        raise EngineError("declined: nothing was done", DECLINED)


def _client(settings: Settings, keys: KeySource | None = None) -> EsaClient:
    try:
        return EsaClient.from_settings(
            settings if keys is None else replace(settings, credentials=keys)
        )
    except (SettingsError, NoCredentials) as error:
        raise EngineError(str(error)) from None


def _denied(settings: Settings, profile: str) -> EsaClient | None:
    """A client with the key of the profile, which is fetched now: nothing is begun without it."""
    if not profile:
        return None
    try:
        keys = provider_for(Profile(profile), allow_http=settings.allow_http).get()
    except NoCredentials as error:
        raise EngineError(f"--denied-key-profile: {error}") from None
    return _client(settings, keys)


@contextmanager
def _termination(name: str, site: str) -> Iterator[Callable[[], bool]]:
    """End by a signal as by an exception, so that the job is deleted; yields whether the job may be left.

    That is so at the third signal: the first two begin the deletion.
    """
    count = 0

    def end(number: int, frame: Any) -> None:
        nonlocal count
        del frame
        count += 1
        echo(_interruption(count, name, site), err=True)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield lambda: count > _DELETIONS
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interruption(count: int, name: str, site: str) -> str:
    if count < _DELETIONS:
        return "Interrupted: deleting the job of the probe ..."
    if count == _DELETIONS:
        return "Interrupted again: still deleting the job of the probe. One more interruption leaves it at ESA."
    return (
        f"Interrupted: the job {name} may be left, and its plans may go on prefetching.\n"
        f"Delete it by: {clean_command(site)}"
    )


def _tell(question: str, answer: Verdict | str) -> None:
    echo(answer_line(question, answer), err=True)
