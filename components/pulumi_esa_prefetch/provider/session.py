"""What one process shares between its hooks: client, cached lists, declared plans; makes no decision.

The dynamic host calls ``configure`` for every distinct pickle of a provider, always with the same configuration,
and uses four threads. So a session belongs to the settings, not to a provider instance: all instances of a process
share one.
"""

import os
import random
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import TYPE_CHECKING

from pulumi_esa_prefetch.api.client_factory import make_client
from pulumi_esa_prefetch.api.errors import EsaError, NoCredentials
from pulumi_esa_prefetch.api.models import Job
from pulumi_esa_prefetch.api.plan_list import PlanList
from pulumi_esa_prefetch.clock import Clock, SystemClock
from pulumi_esa_prefetch.load import Limits, list_text
from pulumi_esa_prefetch.provider.job_locks import JobLocks
from pulumi_esa_prefetch.provider.messages import warn
from pulumi_esa_prefetch.provider.plan_cache import PlanCache
from pulumi_esa_prefetch.provider.planned_lines import PlannedLines
from pulumi_esa_prefetch.provider.read_after_write import ReadAfterWrite
from pulumi_esa_prefetch.provider.starting.rerun_log import RerunLog
from pulumi_esa_prefetch.settings.esa_answers import NOTHING_SETTLED, EsaAnswers
from pulumi_esa_prefetch.settings.settings import (
    DEFAULT_DEADLINE,
    DEFAULT_PURGE_DEADLINE,
    Settings,
    read_settings,
)
from pulumi_esa_prefetch.settings.webhook import WebhookTarget

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.client import EsaClient


class ProviderSession:
    """Shared by all threads of the host."""

    webhook: WebhookTarget | None = None

    def __init__(  # noqa: PLR0913 -- all but one have a default
        self,
        open_client: Callable[[], "EsaClient"],
        *,
        clock: Clock | None = None,
        rng: random.Random | None = None,
        deadline: float = DEFAULT_DEADLINE,
        verify: bool = True,
        limits: Limits | None = None,
        says_plans_at_exit: bool = True,
        answers: EsaAnswers = NOTHING_SETTLED,
        resolve: str = "",
    ) -> None:
        self._open_client = open_client
        self._client: EsaClient | None = None
        self._client_lock = threading.Lock()
        self.interrupted = threading.Event()
        self.clock = clock or SystemClock()
        self.rng = rng or random.Random()  # noqa: S311 -- spreads pauses, guards nothing
        self.deadline = deadline
        self.purge_deadline = DEFAULT_PURGE_DEADLINE
        self.verify = verify
        self.limits = limits
        self.answers = answers
        self.resolve = resolve
        self.plan_cache = PlanCache(
            lambda job: self.list_plans(self.client, job), self.clock
        )
        self.read_after_write = ReadAfterWrite(self.clock)
        self.job_locks = JobLocks()
        self.rerun_log = RerunLog()
        self._declared: set[str] = set()
        self._desired_states: dict[str, str] = {}
        self._verified_lists: dict[str, str] = {}
        self._warned: set[str] = set()
        self.planned_lines = PlannedLines(at_exit=says_plans_at_exit)
        self.refused_keys: EsaError | None = None
        self._has_confirmed_missing = False
        self._jobs: dict[str, Job | EsaError] = {}
        self._lock = threading.Lock()

    @property
    def client(self) -> "EsaClient":
        """The client of this process, made when the first call needs it.

        A run in which nothing changed makes none. Raises SettingsError and NoCredentials.
        """
        return self.open_client()

    def open_client(self) -> "EsaClient":
        """Make the client if there is none yet; raises SettingsError and NoCredentials."""
        with self._client_lock:
            if self._client is None:
                self._client = self._open_client()
                if self.interrupted.is_set():
                    self._client.interrupt()
            return self._client

    def interrupt(self) -> None:
        """Begin no call any more that changes something; what runs is finished, looked up and recorded."""
        self.interrupted.set()
        with self._client_lock:
            if self._client is not None:
                self._client.interrupt()

    def mark_declared(self, plan_id: str) -> None:
        """Remember that this run declares the plan: it has checked, created or updated a resource of it."""
        with self._lock:
            self._declared.add(plan_id)

    def is_declared(self, plan_id: str) -> bool:
        """Whether this run declares the plan."""
        with self._lock:
            return plan_id in self._declared

    def is_declared_otherwise(self, plan_id: str, desired_state: str) -> bool:
        """Whether this run has declared another state for the plan before; the first declaration stays.

        Each operation has its own host process, in which a program declares each resource once. So an earlier
        declaration comes from another resource, or from an earlier check of the same one with the same inputs.
        """
        with self._lock:
            first = self._desired_states.setdefault(plan_id, desired_state)
        return first != desired_state

    def first_to_verify(self, urls_digest: str, urn: str) -> str:
        """The resource that was the first of this run to declare a verification of that list."""
        with self._lock:
            return self._verified_lists.setdefault(urls_digest, urn)

    def waits_for_missing(self) -> bool:
        """Whether to wait for a plan that no list shows: not once one is confirmed missing, for the run will fail."""
        with self._lock:
            return not self._has_confirmed_missing

    def confirm_missing(self) -> None:
        """Wait for no further plan: one was missing from a list that cannot lag."""
        with self._lock:
            self._has_confirmed_missing = True

    def job(self, job_id: str, get_job: Callable[[str], Job]) -> Job:
        """The job, read once in this process; it may be old, so it is for warnings only.

        Raises EsaError; a job that could not be read is not read again.
        """
        with self._lock:
            known = self._jobs.get(job_id)
        if known is None:
            try:
                known = get_job(job_id)
            except EsaError as error:
                known = error
            with self._lock:
                self._jobs[job_id] = known
        if isinstance(known, EsaError):
            raise known
        return known

    def list_plans(self, client: "EsaClient", job_id: str) -> PlanList:
        """The plans that ESA lists for the job. Raises EsaError.

        Warns of those that cannot be read, and of those that ESA lists as another job's.
        """
        plans = client.list_scheduled_preload_executions(job_id=job_id)
        strange = [
            f"{plan.unreadable_job or plan.job_id} for plan {plan.id}"
            for plan in plans
            if plan.unreadable_job or plan.job_id != job_id
        ]
        if strange:
            self.warn_once(
                f"job {job_id}: ESA's list of its plans names other jobs ({list_text(strange)}): the state "
                "keeps its job, and plans of other jobs do not count"
            )
        if plans.unreadable:
            self.warn_once(
                f"job {job_id}: ESA's list of its plans is read without some of its entries: "
                f"{list_text([str(entry) for entry in plans.unreadable])}"
            )
        return plans

    def warn_once(self, sentence: str) -> None:
        """Warn once in this run; an empty sentence warns of nothing."""
        with self._lock:
            is_new = sentence not in self._warned
            self._warned.add(sentence)
        if sentence and is_new:
            warn(sentence)

    def refuse_keys(self, error: EsaError) -> None:
        """Look no plan up any more before it is created: ESA refuses the keys, or there are none."""
        with self._lock:
            self.refused_keys = self.refused_keys or error

    def stop_verifying(self, error: EsaError) -> None:
        """Look no plan up any more before it is created, and warn of it once."""
        with self._lock:
            first, self.verify = self.verify, False
        if first:
            warn(
                f"not verified: {error}; no other plan of this run is verified before it is changed"
            )


_sessions: dict[tuple[Settings, str | None], ProviderSession] = {}
_sessions_lock = threading.Lock()


def shared_session(
    get: Callable[[str], str | None],
) -> tuple[Settings, ProviderSession]:
    """Return this process' session for the stack's configuration and this environment.

    Raises SettingsError and LimitsError.
    """
    settings, limits = read_settings(get, os.environ), get("esa-prefetch:limits")
    with _sessions_lock:
        key = settings, limits
        if key not in _sessions:
            _sessions[key] = open_session(settings, limits)
        return settings, _sessions[key]


def open_session(
    settings: Settings, limits: str | None, *, says_plans_at_exit: bool = True
) -> ProviderSession:
    """A new session. Raises SettingsError and LimitsError.

    ``says_plans_at_exit``: what a preview says is said when the process ends, for no request tells that it is one.
    """
    session = ProviderSession(
        lambda: make_client(settings),
        deadline=settings.deadline,
        verify=settings.verify,
        limits=Limits.parse(limits) if limits else None,
        says_plans_at_exit=says_plans_at_exit,
        answers=settings.answers,
        resolve=settings.resolve,
    )
    session.purge_deadline = settings.purge_deadline
    session.webhook = settings.webhook
    if any(_shapes_connections(name, settings.endpoint) for name in os.environ):
        # A proxy or certificates that cannot be used end the operation here, before anything is done. Settings of
        # keys do not: a run that makes no call needs none.
        with suppress(NoCredentials):
            session.open_client()
    return session


def _shapes_connections(variable: str, endpoint: str) -> bool:
    """Whether connections depend on the variable; over plain HTTP they need no certificates."""
    name = variable.lower()
    if name in ("ssl_cert_file", "ssl_cert_dir"):
        return not endpoint.startswith("http:")
    return name.endswith("_proxy")
