from pulumi_embedded_engine.execution.operation_run import refreshes
from pulumi_embedded_engine.model.operation_context import OperationRequest
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.model.state_references import prune_references
from pulumi_embedded_engine.run.resource_index import ResourceIndex
from pulumi_embedded_engine.run.targets import Scope

A, B = (f"urn:pulumi:dev::proj::t:m:T::{name}" for name in "ab")


def test_no_reference_to_a_missing_record_is_left() -> None:
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

    records = prune_references([gone, left], {0})

    assert records == (Resource(urn=B, custom=True, type="t:m:T"),)


def test_only_targets_are_refreshed() -> None:
    resources = ResourceIndex(
        [Resource(urn=u, custom=True, type="t:m:T") for u in (A, B)]
    )
    scope = Scope(OperationRequest("refresh", dry_run=False, parallel=1, targets=[B]))

    assert [step.urn for step in refreshes(resources, scope)] == [B]
