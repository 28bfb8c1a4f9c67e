"""One registration on its way through the generator; decides nothing."""

from dataclasses import dataclass, replace
from typing import Any

from pulumi_esa_prefetch.engine.goals import Goal, ReadGoal, Reply
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


def record_of(goal: Goal, urn: str, old: Resource | None, alias: str) -> Resource:
    """The record that a registration asks for, before anybody has looked at it."""
    return Resource(
        urn=urn,
        custom=goal.custom,
        type=goal.type,
        inputs=goal.inputs,
        parent=goal.parent,
        protect=bool(goal.protect),
        dependencies=goal.dependencies,
        provider=goal.provider if goal.custom else "",
        property_dependencies=goal.property_dependencies,
        additional_secret_outputs=goal.additional_secret_outputs,
        aliases=(alias,) if alias else (),
        custom_timeouts=goal.custom_timeouts,
        import_id=goal.import_id,
        retain_on_delete=bool(goal.retain_on_delete),
        deleted_with=goal.deleted_with,
        replace_with=goal.replace_with,
        created=old.created if old else None,
        modified=old.modified if old else None,
        source_position=goal.source_position,
        stack_trace=goal.stack_trace,
        ignore_changes=goal.ignore_changes,
        hide_diff=goal.hide_diff,
        replace_on_changes=goal.replace_on_changes,
        replacement_trigger=goal.replacement_trigger,
        refresh_before_update=old.refresh_before_update if old else False,
    )


def external_record_of(goal: ReadGoal, urn: str, alias: str) -> Resource:
    """The record that a read asks for."""
    return Resource(
        urn=urn,
        custom=True,
        type=goal.type,
        id=goal.id,
        inputs=goal.inputs,
        parent=goal.parent,
        external=True,
        dependencies=goal.dependencies,
        provider=goal.provider,
        additional_secret_outputs=goal.additional_secret_outputs,
        aliases=(alias,) if alias else (),
        source_position=goal.source_position,
        stack_trace=goal.stack_trace,
    )
