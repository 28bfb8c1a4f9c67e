"""The rules of a valid snapshot: every record is complete and refers only to earlier records; repairs nothing."""

from collections import Counter
from collections.abc import Iterator

from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.model.urns import is_provider_type, provider_reference


class IntegrityError(ValueError):
    """A rule that a snapshot breaks. The message is on one line, even if a name in it has line breaks."""

    def __init__(self, message: str) -> None:
        super().__init__(" ".join(message.splitlines()))


def check_snapshot(snapshot: Snapshot) -> None:
    """Raise IntegrityError for the first rule that the snapshot breaks, in the order in which the CLI checks them."""
    seen: set[str] = set()
    providers: set[str] = set()
    for index, record in enumerate(snapshot.resources):
        _check_fields(index, record)
        if is_provider_type(record.type):
            providers.add(provider_reference(record.urn, record.id))
        if (
            record.provider
            and record.provider not in providers
            and not record.pending_replacement
        ):
            raise IntegrityError(
                f"resource {record.urn} names the provider {record.provider}, which is not "
                "recorded before it"
            )
        for role, urn in _references(record):
            if urn not in seen:
                raise IntegrityError(_reference_problem(snapshot, record, role, urn))
        seen.add(record.urn)
    _check_duplicates(snapshot)


def _check_fields(index: int, record: Resource) -> None:
    if not record.urn:
        raise IntegrityError(f"resource number {index} has no 'urn'")
    if not record.type:
        raise IntegrityError(f"resource {record.urn} has no 'type'")
    if record.id and not record.custom:
        raise IntegrityError(f"resource {record.urn} has 'custom' false and yet an id")
    if is_provider_type(record.type) and not record.id:
        raise IntegrityError(
            f"provider {record.urn} has no id, so nothing can refer to it"
        )
    if record.custom and not record.id:
        raise IntegrityError(
            f"resource {record.urn} has no id, so no provider can find it"
        )


def _references(record: Resource) -> Iterator[tuple[str, str]]:
    if record.parent:
        yield "parent", record.parent
    for urn in record.dependencies:
        yield "dependency", urn
    for urns in record.property_dependencies.values():
        for urn in urns:
            yield "property dependency", urn
    if record.deleted_with:
        yield "deletedWith", record.deleted_with
    for urn in record.replace_with:
        yield "replaceWith", urn


def _reference_problem(
    snapshot: Snapshot, record: Resource, role: str, urn: str
) -> str:
    later = any(other.urn == urn for other in snapshot.resources)
    return f"resource {record.urn} has the {role} {urn}, which " + (
        "comes after it" if later else "is missing"
    )


def _check_duplicates(snapshot: Snapshot) -> None:
    live = Counter(record.urn for record in snapshot.resources if not record.delete)
    for urn, count in live.items():
        if count > 1:
            raise IntegrityError(
                f"resource {urn} is there {count} times without being marked for deletion"
            )
