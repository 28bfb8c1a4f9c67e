"""The frozen records of sites, jobs, plans, batches and purge tasks, and the changes of records."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import AwareDatetime

from pulumi_esa_emulator.dialects import PlanStatus
from pulumi_esa_emulator.identity.keys import DEFAULT_UID

RecordKind = Literal["site", "job", "progress", "plan", "purge"]
PurgeType = Literal[
    "file", "cachekey", "directory", "ignoreParams", "hostname", "purgeall"
]
PurgeStatus = Literal["Refreshing", "Complete", "Failed"]


@dataclass(frozen=True, slots=True)
class SiteRecord:
    """A website; its plans run only while its status is `active`.

    `name`, `job_limit`, `plan_limit`, `url_quota` and `purge_quota` lead to InvalidDomain,
    JobCountOfSiteFull, refused plans, QuotaExcess and QuotaExceeded; None: no such limit.
    """

    id: int
    status: str
    ali_uid: str = DEFAULT_UID
    active_since: AwareDatetime | None = None
    name: str | None = None
    job_limit: int | None = None
    plan_limit: int | None = None
    url_quota: int | None = None
    purge_quota: int | None = None
    kind: Literal["site"] = "site"

    @property
    def key(self) -> str:
        """The key of the record among those of its kind."""
        return str(self.id)


@dataclass(frozen=True, slots=True)
class JobRecord:
    """A list of URLs; it does not change after its creation."""

    id: str
    site_id: int
    name: str
    insert_way: str
    urls: tuple[str, ...]
    created_at: AwareDatetime
    file_id: str
    ali_uid: str = DEFAULT_UID
    oss_url: str | None = None
    error_info: str | None = None
    failed_file_oss: str | None = None
    kind: Literal["job"] = "job"

    @property
    def key(self) -> str:
        """The key of the record among those of its kind."""
        return self.id


@dataclass(frozen=True, slots=True)
class ProgressRecord:
    """How many URLs of a job were submitted since its creation or last Reset."""

    job_id: str
    submitted: int = 0
    kind: Literal["progress"] = "progress"

    @property
    def key(self) -> str:
        """The key of the record among those of its kind."""
        return self.job_id


@dataclass(frozen=True, slots=True)
class PlanRecord:
    """When and how fast a job's URLs are submitted.

    `started`: Start was called on it. `queued_at`: since when it may run.
    `next_at`: when a running plan submits next. `submitted`: its own position in the
    list (for the dialect cursor-per-plan). `hidden`: deleted, but still running.
    """

    id: str
    job_id: str
    start_time: AwareDatetime | None
    end_time: AwareDatetime | None
    interval: int
    slice_len: int
    status: PlanStatus
    queued_at: AwareDatetime
    ali_uid: str = DEFAULT_UID
    started: bool = False
    next_at: AwareDatetime | None = None
    submitted: int = 0
    hidden: bool = False
    kind: Literal["plan"] = "plan"

    @property
    def key(self) -> str:
        """The key of the record among those of its kind."""
        return self.id


@dataclass(frozen=True, slots=True)
class PurgeRecord:
    """A purge task: what it purges, and as what it ends at `ends_at`; until then it is refreshing."""

    id: str
    site_id: int
    type: PurgeType
    objects: tuple[str, ...]
    created_at: AwareDatetime
    ends_at: AwareDatetime
    ends: PurgeStatus = "Complete"
    kind: Literal["purge"] = "purge"

    @property
    def key(self) -> str:
        """The key of the record among those of its kind."""
        return self.id

    def status(self, now: datetime) -> PurgeStatus:
        """The status at a moment."""
        return self.ends if now >= self.ends_at else "Refreshing"


Record = SiteRecord | JobRecord | ProgressRecord | PlanRecord | PurgeRecord


@dataclass(frozen=True, slots=True)
class Batch:
    """URLs `first` to `first + count - 1` of a job, submitted by a plan."""

    at: AwareDatetime
    job_id: str
    plan_id: str
    first: int
    count: int


@dataclass(frozen=True, slots=True)
class Put:
    """Adds a record, or replaces the one with the same key."""

    record: Record


@dataclass(frozen=True, slots=True)
class Drop:
    """Removes a record."""

    kind: RecordKind
    key: str


Change = Put | Drop
