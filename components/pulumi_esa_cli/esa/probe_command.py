"""`esa-prefetch doctor --probe` and `--clean`: asks before it acts, shows what was learned; calls no action itself."""

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import typer

from pulumi_embedded_engine.errors import DECLINED, EngineError
from pulumi_esa_cli.esa.probe_table import answer_line, probe_table
from pulumi_esa_cli.flags.global_flags import GlobalFlags
from pulumi_esa_cli.terminal.printing import echo, print_json
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import provider_for
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.api.models import Job
from pulumi_esa_prefetch.clock import SystemClock
from pulumi_esa_prefetch.doctor.findings import Finding
from pulumi_esa_prefetch.doctor.setting_checks import ConfigSource
from pulumi_esa_prefetch.load import moment_text
from pulumi_esa_prefetch.probe import cleanup
from pulumi_esa_prefetch.probe.answers_document import answers_document, json_text
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.key_questions import invented_key
from pulumi_esa_prefetch.probe.outcomes import NotSettled
from pulumi_esa_prefetch.probe.probe import ProbeFailed, run_probe
from pulumi_esa_prefetch.probe.probe_calls import ProbeCalls
from pulumi_esa_prefetch.probe.probe_job import INTERVALS, LIST_LENGTH
from pulumi_esa_prefetch.probe.url_budget import MOST_URLS
from pulumi_esa_prefetch.settings.credential_sources import KeySource, Profile
from pulumi_esa_prefetch.settings.setting_lookup import SettingsError
from pulumi_esa_prefetch.settings.settings import Settings


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
    if about_stack.status == "warning":
        echo(f"warning: {about_stack.text}", err=True)
    if not options.site:
        raise EngineError("--probe needs --site ID: the site on which it makes its job")
    try:
        settings = source.settings()
    except SettingsError as error:
        raise EngineError(str(error)) from None
    try:
        if options.clean:
            _clean(global_flags, settings, options)
        else:
            _probe(global_flags, settings, options)
    except ProbeFailed as error:
        raise EngineError(str(error)) from None


def _probe(
    global_flags: GlobalFlags, settings: Settings, options: ProbeOptions
) -> None:
    _refuse_bad_url(options.url)
    echo(_announcement(settings, options), err=True)
    _confirm(global_flags, options, "Probe this site?")
    if options.write:
        with Path(options.write).open("a"):  # before twenty minutes are spent
            pass
    denied = _denied(settings, options.denied_key_profile)
    clock = SystemClock()
    with _client(settings) as esa, _termination():
        result = run_probe(
            esa,
            clock,
            options.site,
            options.url,
            with_unknown_key=_client(settings, invented_key()),
            with_denied_key=denied,
            tell=_tell,
        )
    document = answers_document(result, clock.now())
    if options.write:
        Path(options.write).write_text(json_text(document))
    if options.as_json:
        print_json(document)
        return
    echo("\n".join(probe_table(result)))
    if options.write:
        echo(f"The answers, without ids, keys or names, are in {options.write}.")
        echo(
            f"A local ESA that answers so: esa-prefetch emulator --answers {options.write}"
        )


def _announcement(settings: Settings, options: ProbeOptions) -> str:
    """What the probe will do, before it is asked whether it may."""
    return "\n".join(
        (
            f"The probe works on site {options.site} at {settings.endpoint}, with",
            options.url,
            f"It makes one job of {LIST_LENGTH} lines of this URL and at most {len(INTERVALS)} plans, and deletes",
            f"them at the end. ESA prefetches at most {MOST_URLS} URLs. It takes about 300 calls",
            "in about 20 minutes, one of them with an invented access key. No other job is",
            "touched.",
        )
    )


def _clean(
    global_flags: GlobalFlags, settings: Settings, options: ProbeOptions
) -> None:
    with _client(settings) as esa:
        calls = ProbeCalls(esa, SystemClock())
        try:
            jobs = calls.settled(lambda: cleanup.leftovers(calls, options.site))
        except NotSettled as error:
            raise ProbeFailed(f"what a probe has left is not known: {error}") from None
        if not jobs:
            echo(f"No probe has left a job on site {options.site}.")
            return
        echo("\n".join(map(_job_line, jobs)))
        _confirm(global_flags, options, f"Delete {_jobs(len(jobs))} with their plans?")
        left = cleanup.delete_jobs(calls, options.site, [job.id for job in jobs])
    if left:
        raise ProbeFailed(f"not deleted: {', '.join(left)}; try it again")
    echo(f"Deleted {_jobs(len(jobs))}.")


def _jobs(count: int) -> str:
    return f"{count} job{'' if count == 1 else 's'}"


def _job_line(job: Job) -> str:
    made = f", made at {moment_text(job.created_at)}" if job.created_at else ""
    return f"{job.name} ({job.id}){made}"


def _refuse_bad_url(url: str) -> None:
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


def _confirm(global_flags: GlobalFlags, options: ProbeOptions, question: str) -> None:
    if options.yes:
        return
    if not global_flags.interactive:
        raise EngineError("non-interactive mode requires --yes flag")
    if not typer.confirm(question, err=True):
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
def _termination() -> Iterator[None]:
    """End by a signal as by an exception, so that the job is deleted."""

    def end(number: int, frame: Any) -> None:
        del frame
        echo("Interrupted: deleting the job of the probe ...", err=True)
        if number == signal.SIGINT:
            raise KeyboardInterrupt
        raise SystemExit(128 + number)

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, end) for number in numbers}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(question: str, answer: Verdict | str) -> None:
    echo(answer_line(question, answer), err=True)
