"""The input and the result of an action; an action changes nothing itself."""

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
    """Records, rules, time, the caller's account, and the parameters of the request.

    `oss` gives the content of an OSS URL from the seed; the emulator fetches nothing.
    """

    records: RecordView
    rules: Rules
    now: datetime
    ali_uid: str
    parameters: Parameters
    new_id: Callable[[], str]
    oss: Callable[[str], str | None]

    def site(self, site_id: int) -> SiteRecord:
        """The site; Problem if it does not exist or is of another account."""
        site = self.records.site(site_id)
        if site is None:
            raise Problem("SiteNotFound")
        self._own(site.ali_uid)
        return site

    def job(self) -> JobRecord:
        """The job with the `Id` of the request; Problem if it is missing or of another account."""
        job = self.records.job(self.parameters.object_id())
        if job is None:
            raise Problem("InvalidJob.NotFound")
        self._own(job.ali_uid)
        return job

    def plan(self) -> PlanRecord:
        """The plan with the `Id` of the request; Problem if it is missing or of another account."""
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
    """The body of the answer without RequestId, and the changes to make."""

    body: JsonObject
    changes: tuple[Change, ...] = ()
