"""Gives each registration its URN, and finds its previous record, under aliases too; makes no steps."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.goals import Alias, Goal, Reply
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.urns import (
    ROOT_STACK_TYPE,
    make_urn,
    name_of,
    qualified_type,
    type_of,
    with_qualified_type,
)
from pulumi_embedded_engine.providers.provider import ResourceProvider
from pulumi_embedded_engine.run.resource_index import PreviousState
from pulumi_embedded_engine.run.run_state import RunState


@dataclass(frozen=True, slots=True)
class Registration:
    """What the program registers, its previous record, and who waits for the result.

    Not `valid` if another resource has the same URN or alias.
    """

    goal: Goal
    reply: Reply
    new: Resource
    old: PreviousState | None
    provider: ResourceProvider | None = None
    imported: bool = False
    valid: bool = True

    @property
    def urn(self) -> str:
        """The URN."""
        return self.new.urn

    def with_(self, **changes: Any) -> "Registration":
        """A copy with these fields changed."""
        return replace(self, **changes)


def new_record(goal: Goal, urn: str, old: PreviousState | None, alias: str) -> Resource:
    """The record as registered, before any provider was called; a component keeps no provider."""
    asked, known = goal.record, old.record if old else goal.record
    return asked.with_(
        urn=urn,
        provider=asked.provider if asked.custom else "",
        aliases=(alias,) if alias else (),
        created=known.created,
        modified=known.modified,
        refresh_before_update=known.refresh_before_update,
    )


class AliasResolver:
    """The URNs that a resource may have had before.

    `earlier_urns` maps a URN of this run to the one under which its record was found.
    """

    def __init__(
        self, stack: str, project: str, earlier_urns: Mapping[str, str]
    ) -> None:
        self._stack = stack
        self._project = project
        self._earlier_urns = earlier_urns

    def candidates(
        self, name: str, type_: str, parent: str, aliases: Sequence[Alias]
    ) -> list[str]:
        """The possible earlier URNs, in the order in which they are tried."""
        found = [self._urn_of(name, type_, parent, alias) for alias in aliases]
        parent_before = self._earlier_urns.get(parent)
        if parent_before:
            # If the parent was renamed, so were its children: each of their names is combined with the parent's
            # earlier one.
            own = [(type_, name), *((type_of(urn), name_of(urn)) for urn in found)]
            found += [
                self._child_urn(parent, parent_before, child_type, child_name)
                for child_type, child_name in own
            ]
        return list(dict.fromkeys(found))

    def _urn_of(self, name: str, type_: str, parent: str, alias: Alias) -> str:
        if alias.urn:
            return alias.urn
        above = self._earlier_urns.get(alias.parent, alias.parent) or parent
        if alias.no_parent or qualified_type(above) == ROOT_STACK_TYPE:
            above = ""
        return make_urn(
            alias.stack or self._stack,
            alias.project or self._project,
            above,
            alias.type or type_,
            alias.name or name,
        )

    def _child_urn(self, parent: str, before: str, type_: str, name: str) -> str:
        if name.startswith(name_of(parent)):
            name = name_of(before) + name.removeprefix(name_of(parent))
        above = qualified_type(before)
        qualified = type_ if above == ROOT_STACK_TYPE else f"{above}${type_}"
        return with_qualified_type(self._stack, self._project, qualified, name)


@dataclass(frozen=True, slots=True)
class ClaimedRecord:
    """A resource's previous record, the alias under which it was found, and whether both names are free."""

    old: PreviousState | None
    alias: str = ""
    valid: bool = True


class UrnClaims:
    """In one run each URN is given once, and each record is found once."""

    def __init__(self, run_state: RunState) -> None:
        self._run_state = run_state
        self._generator_state, self._resources = (
            run_state.generator_state,
            run_state.resources,
        )
        self._aliases = AliasResolver(
            run_state.stack, run_state.project, run_state.generator_state.earlier_urns
        )

    def claim(self, parent: str, type_: str, name: str) -> str:
        """The URN of the resource that is being registered; RunAborted if it is already taken."""
        claimed, run_state = self._generator_state.claimed, self._run_state
        if parent and parent not in claimed:
            raise EngineError(f"could not find parent resource {parent}")
        urn = make_urn(run_state.stack, run_state.project, parent, type_, name)
        if urn in claimed:
            message = f"Duplicate resource URN '{urn}'; try giving it a unique name"
            run_state.events.abort_run(message, urn)
        claimed.add(urn)
        return urn

    def find(self, urn: str, goal: Goal) -> ClaimedRecord:
        """The record of that URN, or of the first alias that has one."""
        taken = self._generator_state.current_urns.get(urn)
        if taken:
            self._run_state.events.error(
                f"Duplicate resource URN '{urn}' conflicting with alias on resource "
                f"with URN '{taken}'",
                urn,
            )
        old = self._resources.previous(urn)
        if old is not None:
            return ClaimedRecord(old, valid=not taken)
        for alias in self.earlier_urns(goal):
            old = self._resources.previous(alias)
            if old is not None:
                free = self._take(urn, alias)
                return ClaimedRecord(old, alias, valid=free and not taken)
        return ClaimedRecord(None, valid=not taken)

    def earlier_urns(self, goal: Goal) -> list[str]:
        """The URNs that the resource may have had before."""
        return self._aliases.candidates(
            goal.name, goal.record.type, goal.record.parent, goal.aliases
        )

    def _take(self, urn: str, alias: str) -> bool:
        other = self._generator_state.current_urns.get(alias)
        free = alias not in self._generator_state.claimed and not other
        if not free:
            self._run_state.events.error(
                f"Duplicate resource alias '{alias}' applied to resource with URN "
                f"'{urn}' conflicting with resource with URN '{other or alias}'",
                urn,
            )
        self._generator_state.current_urns[alias] = urn
        self._generator_state.earlier_urns[urn] = alias
        self._run_state.registry.register_alias(urn, alias)
        return free
