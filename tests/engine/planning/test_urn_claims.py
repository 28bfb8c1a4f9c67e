from pulumi_embedded_engine.model.goals import Alias
from pulumi_embedded_engine.planning.urn_claims import AliasResolver

STACK = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"
PARENT = "urn:pulumi:dev::proj::a:b:C::new"
BEFORE = "urn:pulumi:dev::proj::a:b:C::old"


def test_an_alias_gives_only_what_differs() -> None:
    aliases = AliasResolver("dev", "proj", {})

    found = aliases.candidates("n", "x:y:Z", STACK, [Alias(name="m"), Alias(urn="u")])

    assert found == ["urn:pulumi:dev::proj::x:y:Z::m", "u"]


def test_no_parent_removes_the_parents_type() -> None:
    aliases = AliasResolver("dev", "proj", {})

    found = aliases.candidates("n", "x:y:Z", PARENT, [Alias(no_parent=True)])

    assert found == ["urn:pulumi:dev::proj::x:y:Z::n"]


def test_children_of_a_renamed_parent_are_found_under_its_earlier_name() -> None:
    aliases = AliasResolver("dev", "proj", {PARENT: BEFORE})

    found = aliases.candidates("new-child", "x:y:Z", PARENT, [])

    assert found == ["urn:pulumi:dev::proj::a:b:C$x:y:Z::old-child"]


def test_an_own_alias_is_combined_with_the_parents() -> None:
    aliases = AliasResolver("dev", "proj", {PARENT: BEFORE})

    found = aliases.candidates("n", "x:y:Z", PARENT, [Alias(type="x:y:Was")])

    below_before = "urn:pulumi:dev::proj::a:b:C$x:y"
    assert found == [f"{below_before}:Was::n", f"{below_before}:Z::n"]
