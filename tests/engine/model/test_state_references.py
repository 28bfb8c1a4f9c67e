from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.model.state_references import resolve_aliases
from tests.support.engine_stacks import ROOT, root, thing


def component(name: str, **fields: object) -> Resource:
    made = Resource(
        f"urn:pulumi:dev::proj::my:Group::{name}", False, "my:Group", parent=ROOT
    )
    return made.with_(**fields)


def test_a_snapshot_without_aliases_stays_the_same_object() -> None:
    snapshot = Snapshot((root(), thing("a")))

    assert resolve_aliases(snapshot) is snapshot


def test_all_kinds_of_references_to_an_alias_are_changed() -> None:
    new = thing("new", aliases=(thing("old").urn,))
    user = thing(
        "user",
        dependencies=(thing("old").urn, ROOT),
        property_dependencies={"x": [thing("old").urn]},
        deleted_with=thing("old").urn,
        replace_with=(thing("old").urn,),
        provider=f"{thing('old').urn}::id",
    )

    found = resolve_aliases(Snapshot((root(), new, user))).resources[2]

    assert found.dependencies == (new.urn, ROOT)
    assert found.property_dependencies == {"x": [new.urn]}
    assert found.deleted_with == new.urn
    assert found.replace_with == (new.urn,)
    assert found.provider == f"{new.urn}::id"


def test_a_child_is_renamed_with_the_type_of_its_parent() -> None:
    old = Resource("urn:pulumi:dev::proj::my:Old::g", False, "my:Old", parent=ROOT)
    child = Resource(
        "urn:pulumi:dev::proj::my:Old$a:b:Thing::x",
        True,
        "a:b:Thing",
        id="i",
        parent=old.urn,
    )
    new = component("g", aliases=(old.urn,))

    found = resolve_aliases(Snapshot((root(), new, child))).resources[2]

    assert found.parent == new.urn
    assert found.urn == "urn:pulumi:dev::proj::my:Group$a:b:Thing::x"


def test_an_alias_to_itself_is_dropped() -> None:
    same = thing("a", aliases=(thing("a").urn,))

    assert resolve_aliases(Snapshot((root(), same))).resources[1] == thing("a")
