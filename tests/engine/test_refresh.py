from pulumi_esa_prefetch.engine.ledger import Ledger
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.refresh import rebuilt, refreshes
from pulumi_esa_prefetch.engine.targets import Scope

A, B, C = (f"urn:pulumi:dev::proj::t:m:T::{name}" for name in "abc")


def test_nothing_points_to_what_is_gone() -> None:
    gone = Resource(urn=A, custom=True, type="t:m:T")
    left = Resource(
        urn=B,
        custom=True,
        type="t:m:T",
        parent=A,
        dependencies=(A,),
        property_dependencies={"x": (A,), "y": ()},
        deleted_with=A,
        replace_with=(A,),
    )

    records = rebuilt([gone, left], {0})

    assert records == [None, Resource(urn=B, custom=True, type="t:m:T")]


def test_what_stands_elsewhere_may_be_pointed_to() -> None:
    left = Resource(urn=B, custom=True, type="t:m:T", dependencies=(A, C))

    (record,) = rebuilt([left], set(), finished=[A])

    assert record is not None
    assert record.dependencies == (A,)


def test_only_targets_are_looked_up() -> None:
    ledger = Ledger([Resource(urn=u, custom=True, type="t:m:T") for u in (A, B)])
    scope = Scope([B], [], target_dependents=False)

    assert [step.urn for step in refreshes(ledger, scope)] == [B]
