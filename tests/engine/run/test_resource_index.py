from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.run.resource_index import ResourceIndex, references_of

PROVIDER = "urn:pulumi:dev::proj::pulumi:providers:t::default"
A, B, C, D = (f"urn:pulumi:dev::proj::t:m:T::{name}" for name in "abcd")


def _record(urn: str, *dependencies: str, **fields: object) -> Resource:
    return Resource(
        urn=urn,
        custom=True,
        type="t:m:T",
        dependencies=dependencies,
        **fields,  # type: ignore[arg-type]
    )


def test_the_live_record_of_a_urn_is_found_beside_one_to_be_deleted() -> None:
    resources = ResourceIndex([_record(A, id="old", delete=True), _record(A, id="new")])

    old = resources.previous(A)

    assert old is not None
    assert (old.record.id, old.position) == ("new", 1)
    assert list(resources.positions(A)) == [0, 1]


def test_a_missing_record_is_no_longer_found() -> None:
    resources = ResourceIndex([_record(A), _record(B)])

    resources.missing.add(0)

    assert resources.previous(A) is None
    assert [old.record.urn for old in resources.all_previous()] == [B]


def test_all_references_of_a_record_are_found() -> None:
    record = _record(
        D,
        A,
        provider=f"{PROVIDER}::id",
        parent=B,
        property_dependencies={"x": (C,)},
        deleted_with=A,
        replace_with=(C,),
    )

    assert references_of(record, parent=True) == {A, B, C, PROVIDER}
    assert references_of(record, parent=False, provider=False) == {A, C}


def test_direct_and_indirect_dependents_are_in_the_order_of_the_state() -> None:
    resources = ResourceIndex([_record(A), _record(B, A), _record(D), _record(C, B)])

    found = resources.dependents(0, children=False)

    assert [old.record.urn for old in found] == [B, C]


def test_children_depend_on_their_parent_only_where_asked() -> None:
    resources = ResourceIndex([_record(A), _record(B, parent=A)])

    assert resources.dependents(0, children=False) == []
    assert [o.record.urn for o in resources.dependents(0, children=True)] == [B]


def test_ignored_records_end_the_search() -> None:
    resources = ResourceIndex([_record(A), _record(B, A), _record(C, B)])

    assert resources.dependents(0, lambda urn: urn == B, children=False) == []
