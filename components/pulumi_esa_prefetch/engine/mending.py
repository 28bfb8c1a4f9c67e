"""What follows in a state when a record is gone: no other points there any more; decides no deletion."""

from collections.abc import Collection, Iterable

from pulumi_esa_prefetch.engine.records import Resource


def sound(record: Resource, standing: Collection[str]) -> Resource:
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


def mended(
    records: Iterable[Resource], gone: Collection[int] = ()
) -> tuple[Resource, ...]:
    """The records without those at the positions in `gone`, each pointing to earlier ones only."""
    standing = set[str]()
    kept = []
    for index, record in enumerate(records):
        if index not in gone:
            kept.append(sound(record, standing))
            standing.add(record.urn)
    return tuple(kept)
