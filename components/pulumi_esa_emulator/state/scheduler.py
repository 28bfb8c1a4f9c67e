"""Runs all plans up to a moment, in order of time.

A heap holds the next transition of each plan. So a request costs only the transitions
since the last request, and nothing for plans that do not run.
"""

import heapq
from dataclasses import replace
from datetime import datetime

from pulumi_esa_emulator.dialects import Rules
from pulumi_esa_emulator.state.records import (
    Batch,
    Change,
    Drop,
    JobRecord,
    PlanRecord,
    ProgressRecord,
    Put,
    SiteRecord,
)
from pulumi_esa_emulator.state.store import RecordStore
from pulumi_esa_emulator.state.transitions import (
    ListPosition,
    Transition,
    next_transition_at,
    transition,
)


class PlanScheduler:
    """When each plan has its next transition; the records are in the store."""

    def __init__(self, store: RecordStore, rules: Rules) -> None:
        self._store = store
        self._rules = rules
        self._heap: list[tuple[datetime, str]] = []
        self._due_at: dict[str, datetime] = {}
        for plan in store.plans():
            self._schedule(plan)

    def reschedule(self, changes: tuple[Change, ...]) -> None:
        """Schedule again the plans that a request has changed."""
        for change in changes:
            if isinstance(change, Put) and isinstance(change.record, PlanRecord):
                self._schedule(change.record)
            elif isinstance(change, Drop) and change.kind == "plan":
                self._due_at.pop(change.key, None)

    def advance(self, now: datetime) -> tuple[tuple[Change, ...], tuple[Batch, ...]]:
        """Run all transitions due by now; returns the changes and the submitted batches."""
        changed: dict[tuple[str, str], Change] = {}
        batches: list[Batch] = []
        while self._heap and self._heap[0][0] <= now:
            at, plan_id = heapq.heappop(self._heap)
            if self._due_at.get(plan_id) == at:
                changes, batch = self._run_transition(plan_id, at)
                changed |= {(c.record.kind, c.record.key): c for c in changes}
                batches += [batch] if batch else []
        return tuple(changed.values()), tuple(batches)

    def _schedule(self, plan: PlanRecord) -> None:
        at = next_transition_at(plan, self._site_of(plan), self._rules)
        if at is None:
            self._due_at.pop(plan.id, None)
        elif self._due_at.get(plan.id) != at:
            self._due_at[plan.id] = at
            heapq.heappush(self._heap, (at, plan.id))

    def _run_transition(
        self, plan_id: str, at: datetime
    ) -> tuple[list[Put], Batch | None]:
        plan = self._store.records["plan"][plan_id]
        assert isinstance(plan, PlanRecord)  # noqa: S101 - the heap holds plans only
        position = self._position(plan)
        result = transition(plan, position, at, self._rules)
        changes = self._changes(result, position)
        self._store.apply(changes)
        del self._due_at[plan_id]
        self._schedule(_plan_of(changes))
        sent = Batch(at, plan.job_id, plan.id, position.submitted, result.count)
        return changes, sent if result.count else None

    def _changes(self, result: Transition, position: ListPosition) -> list[Put]:
        plan, submitted = result.plan, position.submitted + result.count
        if not result.count:
            return [Put(plan)]
        if self._rules.cursor == "plan":
            in_all = self._store.now().submitted(plan.job_id) + result.count
            own = replace(plan, submitted=submitted)
            return [Put(ProgressRecord(plan.job_id, in_all)), Put(own)]
        return [Put(ProgressRecord(plan.job_id, submitted)), Put(plan)]

    def _position(self, plan: PlanRecord) -> ListPosition:
        job = self._job_of(plan)
        own = self._rules.cursor == "plan"
        submitted = plan.submitted if own else self._store.now().submitted(job.id)
        return ListPosition(submitted, len(job.urls))

    def _job_of(self, plan: PlanRecord) -> JobRecord:
        job = self._store.records["job"][plan.job_id]
        assert isinstance(job, JobRecord)  # noqa: S101 - a deleted job deletes its plans
        return job

    def _site_of(self, plan: PlanRecord) -> SiteRecord:
        site = self._store.records["site"][str(self._job_of(plan).site_id)]
        assert isinstance(site, SiteRecord)  # noqa: S101 - sites are never deleted
        return site


def _plan_of(changes: list[Put]) -> PlanRecord:
    plan = changes[-1].record
    assert isinstance(plan, PlanRecord)  # noqa: S101 - `_changes` puts it last
    return plan
