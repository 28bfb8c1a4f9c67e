"""What follows in a snapshot when a record was renamed: every reference to the old name; decides no rename itself."""

from collections.abc import Mapping
from typing import Final

from pulumi_esa_prefetch.engine.records import Resource, Snapshot

ROOT_STACK: Final = "pulumi:pulumi:Stack"


def normalise(snapshot: Snapshot) -> Snapshot:
    """The snapshot with each reference to an alias led to the record that bears it, and no alias left."""
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
        # a child's own name holds its parent's type
        if _is_urn(parent, record.urn) and _qualified_type(parent) != ROOT_STACK:
            renamed.setdefault(record.urn, _child_of(parent, record.urn))
    return renamed


def _is_urn(*urns: str) -> bool:
    # a damaged state may hold any text in the place of one
    return all(urn.count("::") >= 3 for urn in urns)  # noqa: PLR2004 - of four parts


def _qualified_type(urn: str) -> str:
    return urn.split("::")[2]


def _child_of(parent: str, urn: str) -> str:
    head, project, qualified, name = urn.split("::", 3)
    own = qualified.rsplit("$", 1)[-1]
    return "::".join([head, project, f"{_qualified_type(parent)}${own}", name])


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
