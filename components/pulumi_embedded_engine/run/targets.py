"""Which resources an operation is about (--target, --target-dependents, --exclude-protected); changes nothing."""

import re
from collections.abc import Iterable

from pulumi_embedded_engine.model.operation_context import OperationRequest
from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.run.resource_index import ResourceIndex, references_of


class Targets:
    """A set of URNs and globs: `*` matches within one part of a URN, `**` matches everything."""

    def __init__(self, patterns: Iterable[str] = ()) -> None:
        self.literals: list[str] = []
        self._known: set[str] = set()
        self._globs: list[re.Pattern[str]] = []
        for pattern in patterns:
            if "*" in pattern:
                self._globs.append(_compiled(pattern))
            else:
                self.literals.append(pattern)
        self._known.update(self.literals)
        self.constrained = bool(self.literals or self._globs)

    def contains(self, urn: str) -> bool:
        """Whether the URN is a target; without any pattern every URN is."""
        if not self.constrained or urn in self._known:
            return True
        return any(glob.fullmatch(urn) for glob in self._globs)

    def add(self, urn: str) -> None:
        """Add a URN."""
        self._known.add(urn)


def _compiled(pattern: str) -> re.Pattern[str]:
    parts = re.split(r"(\*\*|\*)", pattern)
    meanings = {"**": ".*", "*": "[^:]*"}
    return re.compile("".join(meanings.get(part, re.escape(part)) for part in parts))


class Scope:
    """The targets of one phase, with the dependents found on the way, and the records that a destroy excludes."""

    def __init__(self, request: OperationRequest) -> None:
        self.targets = Targets(request.targets)
        self.target_dependents = request.target_dependents
        self._excluded = frozenset(request.excluded)
        self._included = Targets(request.targets)

    @property
    def constrained(self) -> bool:
        """Whether the operation is about a part of the stack only."""
        return self.targets.constrained or bool(self._excluded)

    def missing_dependency(self, urn: str, needed: str) -> str:
        """The error for a resource that depends on one that is not created because it is not a target."""
        return (
            f"Resource '{urn}' depends on '{needed}' which was not specified in "
            "--target list.\nEither include resource in --target list or pass "
            "--target-dependents to proceed."
        )

    def includes(self, record: Resource) -> bool:
        """Whether the operation is about this record."""
        if self.targets.constrained:
            return self._targeted(record)
        return record.urn not in self._excluded

    def mark_included(self, record: Resource, *, included: bool) -> None:
        """Note whether a record is included: with --target-dependents, its dependents are then included too."""
        if self.targets.constrained and included:
            self._included.add(record.urn)

    def _targeted(self, record: Resource) -> bool:
        if self.targets.contains(record.urn):
            return True
        needed = references_of(record, parent=True)
        return self.target_dependents and any(map(self._included.contains, needed))

    def deletable(self, resources: ResourceIndex) -> "set[str] | None":
        """The URNs that may be deleted; None if all may."""
        if self.targets.constrained:
            return _with_dependents(resources, self.targets)
        if self._excluded:
            return {record.urn for record in resources.base} - self._excluded
        return None


def _with_dependents(resources: ResourceIndex, targets: Targets) -> set[str]:
    found: set[str] = set()
    for old in list(resources.all_previous()):
        urn, index = old.record.urn, old.position
        if targets.contains(urn) and index is not None:
            found.add(urn)
            dependents = resources.dependents(index, children=True)
            found.update(dependent.record.urn for dependent in dependents)
    return found


def protected_urns(snapshot: Snapshot) -> list[str]:
    """The URNs that `destroy --exclude-protected` keeps: protected records and everything they depend on."""
    kept = {record.urn for record in snapshot.resources if record.protect}
    # Backwards: a record depends on earlier ones only.
    for record in reversed(snapshot.resources):
        if record.urn in kept:
            kept |= references_of(record, parent=True)
    return sorted(kept)
