"""One registration on its way through the generator; decides nothing."""

from dataclasses import dataclass, replace
from typing import Any

from pulumi_esa_prefetch.engine.goals import Goal, Reply
from pulumi_esa_prefetch.engine.ledger import Old
from pulumi_esa_prefetch.engine.providers import ResourceProvider
from pulumi_esa_prefetch.engine.records import Resource


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked for, what is recorded of it, and who waits; not `valid` if another resource has its name."""

    goal: Goal
    reply: Reply
    new: Resource
    old: Old | None
    provider: ResourceProvider | None = None
    imported: bool = False
    valid: bool = True

    @property
    def urn(self) -> str:
        """The URN."""
        return self.new.urn

    def with_(self, **changes: Any) -> "Wanted":
        """A copy with these fields changed."""
        return replace(self, **changes)


def record_of(goal: Goal, urn: str, old: Old | None, alias: str) -> Resource:
    """The record that is asked for, before anybody has looked at it; a component keeps no provider."""
    asked, known = goal.record, old.record if old else goal.record
    return asked.with_(
        urn=urn,
        provider=asked.provider if asked.custom else "",
        aliases=(alias,) if alias else (),
        created=known.created,
        modified=known.modified,
        refresh_before_update=known.refresh_before_update,
    )
