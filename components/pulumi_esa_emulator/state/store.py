"""The store of all records, with indexes, and with old values for stale reads.

An action reads a `RecordView`. It returns its changes as values, and the store applies
them together: a request has its whole effect or none.
"""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import chain

from pulumi_esa_emulator.state.records import (
    Change,
    Drop,
    JobRecord,
    PlanRecord,
    ProgressRecord,
    PurgeRecord,
    Put,
    Record,
    RecordKind,
    SiteRecord,
)


@dataclass(frozen=True, slots=True)
class _Undo:
    at: float
    kind: RecordKind
    key: str
    before: Record | None


class RecordView:
    """The records at one moment, without deleted ones."""

    def __init__(
        self, store: "RecordStore", past: dict[tuple[RecordKind, str], Record | None]
    ) -> None:
        self._store = store
        self._past = past

    def site(self, site_id: int) -> SiteRecord | None:
        """The site, or None."""
        found = self._find("site", str(site_id))
        return found if isinstance(found, SiteRecord) else None

    def job(self, job_id: str) -> JobRecord | None:
        """The job, or None."""
        found = self._find("job", job_id)
        return found if isinstance(found, JobRecord) else None

    def submitted(self, job_id: str) -> int:
        """How many of the job's URLs were submitted."""
        found = self._find("progress", job_id)
        return found.submitted if isinstance(found, ProgressRecord) else 0

    def plan(self, plan_id: str) -> PlanRecord | None:
        """The plan, or None; a deleted plan that still runs counts as deleted."""
        found = self._find("plan", plan_id)
        return found if isinstance(found, PlanRecord) and not found.hidden else None

    def jobs_of(self, site_id: int) -> Iterator[JobRecord]:
        """The site's jobs, oldest first."""
        now = self._store.job_ids.get(str(site_id), {})
        deleted = self._deleted_since(
            lambda old: isinstance(old, JobRecord) and old.site_id == site_id, now
        )
        found = (self.job(key) for key in chain(now, deleted))
        return (job for job in found if job is not None)

    def count_jobs(self, site_id: int) -> int:
        """How many jobs the site has now."""
        return len(self._store.job_ids.get(str(site_id), {}))

    def plans_of(self, job_id: str) -> Iterator[PlanRecord]:
        """The job's plans, oldest first."""
        now = self._store.plan_ids.get(job_id, {})
        deleted = self._deleted_since(
            lambda old: isinstance(old, PlanRecord) and old.job_id == job_id, now
        )
        found = (self.plan(key) for key in chain(now, deleted))
        return (plan for plan in found if plan is not None)

    def plan_ids(self, job_id: str) -> tuple[str, ...]:
        """The ids of all plans of the job, including deleted ones that still run."""
        return tuple(self._store.plan_ids.get(job_id, {}))

    def count_plans(self, job_id: str) -> int:
        """How many plans the job has now."""
        return len(self._store.plan_ids.get(job_id, {}))

    def purges(self) -> Iterator[PurgeRecord]:
        """All purge tasks, oldest first."""
        found = (self._find("purge", key) for key in self._store.records["purge"])
        return (one for one in found if isinstance(one, PurgeRecord))

    def _find(self, kind: RecordKind, key: str) -> Record | None:
        if (kind, key) in self._past:
            return self._past[kind, key]
        return self._store.records[kind].get(key)

    def _deleted_since(
        self, wanted: Callable[[Record | None], bool], now: dict[str, None]
    ) -> list[str]:
        past = self._past.items()
        return [key for (_, key), old in past if key not in now and wanted(old)]


class RecordStore:
    """The current records; not thread-safe, its owner holds a lock."""

    def __init__(self) -> None:
        self.records: dict[RecordKind, dict[str, Record]] = {
            "site": {},
            "job": {},
            "progress": {},
            "plan": {},
            "purge": {},
        }
        self.job_ids: dict[str, dict[str, None]] = {}
        self.plan_ids: dict[str, dict[str, None]] = {}
        self._undo: deque[_Undo] = deque()

    def now(self) -> RecordView:
        """A view of the current records."""
        return RecordView(self, {})

    def as_of(self, moment: float) -> RecordView:
        """A view of the records at an earlier moment of `remember`."""
        past: dict[tuple[RecordKind, str], Record | None] = {}
        for undo in self._undo:
            if undo.at > moment:
                past.setdefault((undo.kind, undo.key), undo.before)
        return RecordView(self, past)

    def effective_changes(self, changes: Iterable[Change]) -> tuple[Change, ...]:
        """The changes that would change anything."""
        return tuple(change for change in changes if self._differs(change))

    def apply(self, changes: Iterable[Change]) -> None:
        """Apply the changes."""
        for change in changes:
            if isinstance(change, Put):
                self._put(change.record)
            else:
                self._drop(change)

    def remember(self, changes: Iterable[Change], at: float, not_before: float) -> None:
        """Keep the values that the changes will replace, for `as_of`; drop older ones."""
        while self._undo and self._undo[0].at < not_before:
            self._undo.popleft()
        for change in changes:
            kind, key = _address(change)
            self._undo.append(_Undo(at, kind, key, self.records[kind].get(key)))

    def everything(self) -> Iterator[Record]:
        """All records: sites first, then what belongs to them."""
        return chain.from_iterable(found.values() for found in self.records.values())

    def plans(self) -> Iterator[PlanRecord]:
        """All plans, including deleted ones that still run."""
        return (
            one for one in self.records["plan"].values() if isinstance(one, PlanRecord)
        )

    def missing(self) -> str:
        """A missing record that another record needs, in words; "" if none is missing."""
        for plan in self.plans():
            if plan.job_id not in self.records["job"]:
                return f"the job of the plan {plan.id!r}"
        for job in self.records["job"].values():
            if (
                isinstance(job, JobRecord)
                and str(job.site_id) not in self.records["site"]
            ):
                return f"the site of the job {job.id!r}"
        return ""

    def _differs(self, change: Change) -> bool:
        kind, key = _address(change)
        new = change.record if isinstance(change, Put) else None
        return self.records[kind].get(key) != new

    def _put(self, record: Record) -> None:
        self.records[record.kind][record.key] = record
        if isinstance(record, JobRecord):
            self.job_ids.setdefault(str(record.site_id), {})[record.id] = None
        elif isinstance(record, PlanRecord):
            self.plan_ids.setdefault(record.job_id, {})[record.id] = None

    def _drop(self, drop: Drop) -> None:
        gone = self.records[drop.kind].pop(drop.key, None)
        if isinstance(gone, JobRecord):
            self.job_ids.get(str(gone.site_id), {}).pop(gone.id, None)
            self.plan_ids.pop(gone.id, None)
        elif isinstance(gone, PlanRecord):
            self.plan_ids.get(gone.job_id, {}).pop(gone.id, None)


def _address(change: Change) -> tuple[RecordKind, str]:
    if isinstance(change, Put):
        return change.record.kind, change.record.key
    return change.kind, change.key
