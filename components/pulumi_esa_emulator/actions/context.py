"""What an action gets to see, and what it gives back; changes nothing itself."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from pulumi_esa_emulator.dialects import Rules
from pulumi_esa_emulator.errors import Problem
from pulumi_esa_emulator.messages.parameters import Parameters
from pulumi_esa_emulator.messages.reply import JsonObject
from pulumi_esa_emulator.state.records import Change, JobRecord, PlanRecord, SiteRecord
from pulumi_esa_emulator.state.store import RecordView


@dataclass(frozen=True, slots=True)
class ActionContext:
    """State, rules, time, the caller's account, and what was asked.

    `oss`: what lies behind OSS URLs, from the seed; the emulator fetches nothing.
    """

    records: RecordView
    rules: Rules
    now: datetime
    ali_uid: str
    parameters: Parameters
    new_id: Callable[[], str]
    oss: Callable[[str], str | None]

    def site(self, site_id: int) -> SiteRecord:
        """A site of the caller's account."""
        site = self.records.site(site_id)
        if site is None:
            raise Problem("SiteNotFound")
        self._own(site.ali_uid)
        return site

    def job(self) -> JobRecord:
        """The job that `Id` names, of the caller's account."""
        job = self.records.job(self.parameters.object_id())
        if job is None:
            raise Problem("InvalidJob.NotFound")
        self._own(job.ali_uid)
        return job

    def plan(self) -> PlanRecord:
        """The plan that `Id` names, of the caller's account."""
        plan = self.records.plan(self.parameters.object_id())
        if plan is None:
            raise Problem("InvalidExecution.NotFound")
        self._own(plan.ali_uid)
        return plan

    def _own(self, ali_uid: str) -> None:
        if ali_uid != self.ali_uid:
            raise Problem("InvalidUid.PermissionDenied")


@dataclass(frozen=True, slots=True)
class ActionResult:
    """The answer, RequestId left out, and what is to be changed."""

    body: JsonObject
    changes: tuple[Change, ...] = ()
