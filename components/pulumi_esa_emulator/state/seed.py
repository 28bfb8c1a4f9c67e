"""The model of a seed file, and the records made from it.

    {"sites": [{"SiteId": 1, "Status": "active"}],
     "jobs": [{"Id": "...", "SiteId": 1, "Name": "n", "UrlList": ["http://a.example/1"],
               "plans": [{"Id": "...", "StartTime": "+2h", "Interval": 30,
                          "SliceLen": 10, "Status": "waiting"}]}],
     "keys": [...], "oss": {"https://bucket.../list.txt": ["http://a.example/1"]}}

A time is in one of ESA's notations, `now`, or relative to the emulator's current time
(`+2h`, `-1d12h`). Ids that are left out are generated.
"""

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field

from pulumi_esa_emulator.dialects import PlanStatus
from pulumi_esa_emulator.identity.keys import DEFAULT_UID, AccessKey
from pulumi_esa_emulator.identity.ram_policies import RamPolicy
from pulumi_esa_emulator.messages.documents import DocumentError
from pulumi_esa_emulator.messages.time_notations import parse_relative_time
from pulumi_esa_emulator.messages.urls import parse_urls, without_query
from pulumi_esa_emulator.state.records import (
    JobRecord,
    PlanRecord,
    ProgressRecord,
    Record,
    SiteRecord,
)


def _object_id(text: str) -> str:
    if not re.fullmatch(r"[0-9a-fA-F]{24}", text, re.ASCII):
        raise ValueError(f"{text!r} is not an id of 24 hex digits")
    return text.lower()


def _moment(text: str) -> str:
    parse_relative_time(text, datetime.fromisoformat("2024-06-01T00:00:00Z"))
    return text


def _lines(value: object) -> object:
    return value.splitlines() if isinstance(value, str) else value


ObjectId = Annotated[str, AfterValidator(_object_id)]
SeedTime = Annotated[str, AfterValidator(_moment)]
Urls = Annotated[tuple[str, ...], BeforeValidator(_lines)]
SiteNumber = Annotated[int, Field(ge=1, le=2**63 - 1)]
Count = Annotated[int, Field(ge=1, le=2**31 - 1)]
Limit = Annotated[int, Field(ge=0)] | None


class _SeedModel(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class SiteSeed(_SeedModel):
    """A site; JobLimit, PlanLimit and UrlQuota (per job), PurgeQuota (per day) are off by default.

    With SiteName, URLs of other domains are refused and reported in ErrorInfo.
    """

    SiteId: SiteNumber
    Status: str = "active"
    SiteName: str | None = None
    AliUid: str = DEFAULT_UID
    JobLimit: Limit = None
    PlanLimit: Limit = None
    UrlQuota: Limit = None
    PurgeQuota: Limit = None


class PlanSeed(_SeedModel):
    """A plan; a running one submits its first batch at once."""

    Id: ObjectId | None = None
    StartTime: SeedTime | None = None
    EndTime: SeedTime | None = None
    Interval: Count
    SliceLen: Count
    Status: PlanStatus = "waiting"


class JobSeed(_SeedModel):
    """A job with its plans; TaskSubmitted: how many of its URLs are already submitted."""

    Id: ObjectId | None = None
    SiteId: SiteNumber
    Name: str = "seeded"
    InsertWay: str = "textBox"
    UrlList: Urls = ()
    OssUrl: str | None = None
    CreatedAt: SeedTime = "now"
    TaskSubmitted: Annotated[int, Field(ge=0)] = 0
    plans: tuple[PlanSeed, ...] = ()


class KeySeed(_SeedModel):
    """An access key; SecurityToken and Expiration make it temporary.

    Policy is a RAM policy document; without one the key is allowed everything.
    """

    AccessKeyId: Annotated[str, Field(min_length=1)]
    AccessKeySecret: Annotated[str, Field(min_length=1, repr=False)]
    AliUid: str = DEFAULT_UID
    SecurityToken: Annotated[str | None, Field(repr=False)] = None
    Expiration: SeedTime | None = None
    Policy: RamPolicy | None = None

    def key(self, now: datetime) -> AccessKey:
        """The key; Expiration is by the wall clock, as signatures are."""
        expires = self.Expiration
        return AccessKey(
            id=self.AccessKeyId,
            secret=self.AccessKeySecret,
            ali_uid=self.AliUid,
            token=self.SecurityToken,
            expires=None if expires is None else parse_relative_time(expires, now),
            policy=self.Policy,
        )


class Seed(_SeedModel):
    """The whole file."""

    sites: tuple[SiteSeed, ...] = ()
    jobs: tuple[JobSeed, ...] = ()
    keys: tuple[KeySeed, ...] = ()
    oss: dict[str, Urls] = Field(default_factory=dict)


# The site of the examples on the API pages: a first job can be created without a seed.
DEFAULT_SEED = Seed(sites=(SiteSeed(SiteId=190007158391808),))


def records_of(
    seed: Seed, now: datetime, new_id: Callable[[], str]
) -> tuple[Record, ...]:
    """The records of a seed; DocumentError if they contradict each other."""
    sites = {one.SiteId: _site(one, now) for one in seed.sites}
    jobs = [_job(one, sites, now, new_id) for one in seed.jobs]
    records: list[Record] = list(sites.values())
    for job, one in zip(jobs, seed.jobs, strict=True):
        done = min(one.TaskSubmitted, len(job.urls))
        records += [job, ProgressRecord(job.id, done)]
        records += [_plan(plan, job, now, new_id) for plan in one.plans]
    _refuse_duplicates(seed, records)
    return tuple(records)


def _site(one: SiteSeed, now: datetime) -> SiteRecord:
    return SiteRecord(
        id=one.SiteId,
        status=one.Status,
        ali_uid=one.AliUid,
        active_since=now if one.Status == "active" else None,
        name=one.SiteName,
        job_limit=one.JobLimit,
        plan_limit=one.PlanLimit,
        url_quota=one.UrlQuota,
        purge_quota=one.PurgeQuota,
    )


def _job(
    one: JobSeed, sites: dict[int, SiteRecord], now: datetime, new_id: Callable[[], str]
) -> JobRecord:
    if one.SiteId not in sites:
        raise DocumentError(
            f"The seed's job {one.Name!r} is of site {one.SiteId}, which the seed does "
            "not list."
        )
    urls = parse_urls("\n".join(one.UrlList))
    return JobRecord(
        id=one.Id or new_id(),
        site_id=one.SiteId,
        name=one.Name,
        insert_way=one.InsertWay,
        urls=urls.accepted,
        created_at=parse_relative_time(one.CreatedAt, now),
        file_id=new_id(),
        ali_uid=sites[one.SiteId].ali_uid,
        oss_url=without_query(one.OssUrl) if one.OssUrl else None,
        error_info=urls.error_info,
    )


def _plan(
    one: PlanSeed, job: JobRecord, now: datetime, new_id: Callable[[], str]
) -> PlanRecord:
    start = None if one.StartTime is None else parse_relative_time(one.StartTime, now)
    end = None if one.EndTime is None else parse_relative_time(one.EndTime, now)
    if start is not None and end is not None and end < start:
        raise DocumentError(
            f"The seed's plan {one.Id or 'without Id'} ends before it starts."
        )
    return PlanRecord(
        id=one.Id or new_id(),
        job_id=job.id,
        start_time=start,
        end_time=end,
        interval=one.Interval,
        slice_len=one.SliceLen,
        status=one.Status,
        queued_at=now,
        ali_uid=job.ali_uid,
        next_at=now if one.Status == "running" else None,
    )


def _refuse_duplicates(seed: Seed, records: list[Record]) -> None:
    if len({one.SiteId for one in seed.sites}) < len(seed.sites):
        raise DocumentError("The seed lists a site twice.")
    for ids in (_ids(records, JobRecord), _ids(records, PlanRecord)):
        seen: set[str] = set()
        for one in ids:
            if one in seen:
                raise DocumentError(f"The seed uses the id {one} twice.")
            seen.add(one)


def _ids(records: list[Record], kind: type) -> Iterator[str]:
    return (record.key for record in records if isinstance(record, kind))
