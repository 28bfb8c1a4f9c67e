"""Under which earlier names a resource may stand in the state; finds no records."""

from collections.abc import Mapping, Sequence

from pulumi_esa_prefetch.engine.goals import Alias
from pulumi_esa_prefetch.engine.urns import (
    ROOT_STACK_TYPE,
    make_urn,
    name_of,
    qualified_type,
    type_of,
    with_qualified_type,
)


class Aliases:
    """Earlier URNs of one stack's resources; `renamed` maps a URN of this run to the one it was found under."""

    def __init__(self, stack: str, project: str, renamed: Mapping[str, str]) -> None:
        self._stack = stack
        self._project = project
        self._renamed = renamed

    def candidates(
        self, name: str, type_: str, parent: str, aliases: Sequence[Alias]
    ) -> list[str]:
        """The earlier URNs in the order in which they are tried."""
        found = [self._spelled(name, type_, parent, alias) for alias in aliases]
        parent_before = self._renamed.get(parent)
        if parent_before:
            # A parent's other name gives its children another name too, together with each of their own.
            own = [(type_, name), *((type_of(urn), name_of(urn)) for urn in found)]
            found += [
                self._below(parent, parent_before, child_type, child_name)
                for child_type, child_name in own
            ]
        return list(dict.fromkeys(found))

    def _spelled(self, name: str, type_: str, parent: str, alias: Alias) -> str:
        if alias.urn:
            return alias.urn
        above = self._renamed.get(alias.parent, alias.parent) or parent
        if alias.no_parent or qualified_type(above) == ROOT_STACK_TYPE:
            above = ""
        return make_urn(
            alias.stack or self._stack,
            alias.project or self._project,
            above,
            alias.type or type_,
            alias.name or name,
        )

    def _below(self, parent: str, before: str, type_: str, name: str) -> str:
        if name.startswith(name_of(parent)):
            name = name_of(before) + name.removeprefix(name_of(parent))
        above = qualified_type(before)
        qualified = type_ if above == ROOT_STACK_TYPE else f"{above}${type_}"
        return with_qualified_type(self._stack, self._project, qualified, name)
