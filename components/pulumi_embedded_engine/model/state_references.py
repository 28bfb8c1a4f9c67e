"""Updates the references in a snapshot when a record was renamed or removed; decides neither itself."""

from collections.abc import Collection, Iterable, Mapping

from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.model.urns import (
    is_root_stack,
    is_urn,
    qualified_type,
    type_of,
)


def resolve_aliases(snapshot: Snapshot) -> Snapshot:
    """The snapshot with each reference to an alias changed to the record's URN, and without aliases."""
    if not any(record.aliases for record in snapshot.resources):
        return snapshot
    renamed = _renamed(snapshot.resources)
    resources = tuple(_rewritten(record, renamed) for record in snapshot.resources)
    return Snapshot(
        resources, snapshot.pending_operations, snapshot.metadata, snapshot.extra
    )


def _renamed(resources: tuple[Resource, ...]) -> dict[str, str]:
    renamed: dict[str, str] = {}
    for record in resources:
        for alias in record.aliases:
            renamed[alias] = record.urn
        parent = renamed.get(record.parent, "")
        # A child's URN contains its parent's type. A damaged state may have any text instead of a URN.
        if is_urn(parent) and is_urn(record.urn) and not is_root_stack(parent):
            renamed.setdefault(record.urn, _child_of(parent, record.urn))
    return renamed


def _child_of(parent: str, urn: str) -> str:
    head, project, _, name = urn.split("::", 3)
    return f"{head}::{project}::{qualified_type(parent)}${type_of(urn)}::{name}"


def _rewritten(record: Resource, renamed: Mapping[str, str]) -> Resource:
    def new(urn: str) -> str:
        return renamed.get(urn, urn)

    provider, separator, identity = record.provider.rpartition("::")
    return record.with_(
        urn=new(record.urn),
        parent=new(record.parent),
        provider=f"{new(provider)}{separator}{identity}",
        dependencies=tuple(new(urn) for urn in record.dependencies),
        property_dependencies={
            key: [new(urn) for urn in urns]
            for key, urns in record.property_dependencies.items()
        },
        deleted_with=new(record.deleted_with),
        replace_with=tuple(new(urn) for urn in record.replace_with),
        aliases=(),
    )


def with_references_in(record: Resource, standing: Collection[str]) -> Resource:
    """The record with references to these URNs only; without its parent it has none until it is registered again."""
    properties = {
        key: tuple(urn for urn in urns if urn in standing)
        for key, urns in record.property_dependencies.items()
    }
    partner = record.deleted_with
    return record.with_(
        parent=record.parent if record.parent in standing else "",
        dependencies=tuple(u for u in record.dependencies if u in standing),
        property_dependencies={k: v for k, v in properties.items() if v},
        deleted_with=partner if partner in standing else "",
        replace_with=tuple(u for u in record.replace_with if u in standing),
    )


def prune_references(
    records: Iterable[Resource], gone: Collection[int] = ()
) -> tuple[Resource, ...]:
    """The records without those at the positions in `gone`, and without references to removed or later records."""
    standing = set[str]()
    kept = []
    for index, record in enumerate(records):
        if index not in gone:
            kept.append(with_references_in(record, standing))
            standing.add(record.urn)
    return tuple(kept)
