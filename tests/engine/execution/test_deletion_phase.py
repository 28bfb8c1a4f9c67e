from pulumi_embedded_engine.execution.deletion_phase import (
    deletion_layers,
    plan_deletions,
    without_needed_records,
)
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.run.generator_state import GeneratorState, UrnDecision
from pulumi_embedded_engine.run.resource_index import ResourceIndex
from pulumi_embedded_engine.steps.steps import DeleteStep, RemovePendingReplaceStep

PROVIDER = "urn:pulumi:dev::proj::pulumi:providers:t::default"
A, B, C, D = (f"urn:pulumi:dev::proj::t:m:T::{name}" for name in "abcd")


def _record(urn: str, *dependencies: str, **fields: object) -> Resource:
    known = {"custom": True, "type": "t:m:T", "id": "i", **fields}
    return Resource(urn=urn, dependencies=dependencies, **known)  # type: ignore[arg-type]


def _order(*records: Resource) -> list[list[str]]:
    _, going = plan_deletions(GeneratorState(), ResourceIndex(records), None)
    return [sorted(step.urn for step in layer) for layer in deletion_layers(going)]


def test_what_the_program_did_not_register_is_deleted() -> None:
    generator_state = GeneratorState(decisions={A: UrnDecision("same")})

    kept, going = plan_deletions(
        generator_state, ResourceIndex([_record(A), _record(B)]), None
    )

    assert kept == []
    assert [step.urn for step in going] == [B]
    assert [generator_state.is_deleted(urn) for urn in (A, B)] == [False, True]


def test_a_renamed_record_is_not_deleted() -> None:
    generator_state = GeneratorState(
        decisions={B: UrnDecision("same")}, current_urns={A: B}
    )

    _, going = plan_deletions(generator_state, ResourceIndex([_record(A)]), None)

    assert going == []


def test_a_replaced_object_is_deleted_while_the_new_one_stays() -> None:
    resources = ResourceIndex([_record(A, delete=True), _record(A)])

    _, going = plan_deletions(
        GeneratorState(decisions={A: UrnDecision("same")}), resources, None
    )

    assert [(step.op, step.old.position) for step in going] == [("delete-replaced", 0)]


def test_a_record_with_pending_replacement_is_only_dropped() -> None:
    _, going = plan_deletions(
        GeneratorState(), ResourceIndex([_record(A, pending_replacement=True)]), None
    )

    assert isinstance(going[0], RemovePendingReplaceStep)


def test_untargeted_records_are_kept() -> None:
    kept, going = plan_deletions(
        GeneratorState(), ResourceIndex([_record(A), _record(B)]), {B}
    )

    assert [step.urn for step in kept] == [A]
    assert [step.urn for step in going] == [B]


def test_dependents_are_deleted_first_and_the_provider_last() -> None:
    reference = f"{PROVIDER}::id"

    order = _order(
        _record(PROVIDER, type="pulumi:providers:t"),
        _record(A, provider=reference),
        _record(B, A, provider=reference),
        _record(C, provider=reference),
    )

    assert order == [[B], [A, C], [PROVIDER]]


def test_what_depends_on_a_component_is_deleted_before_its_children() -> None:
    order = _order(
        _record(A, custom=False, type="a:b:C"),
        _record(B, parent=A),
        _record(C, A),
    )

    assert order == [[C], [B], [A]]


def test_everything_that_a_failed_record_depends_on_is_kept() -> None:
    resources = ResourceIndex([_record(A), _record(B, A), _record(C, B), _record(D)])
    _, going = plan_deletions(GeneratorState(), resources, None)
    failed = [step.old for step in going if step.urn == C]

    left = without_needed_records(resources, failed, going)

    assert [step.urn for step in left] == [C, D]


def test_a_failed_record_does_not_keep_the_replaced_record_of_the_same_urn() -> None:
    resources = ResourceIndex([_record(A, delete=True), _record(A), _record(B, A)])
    _, going = plan_deletions(GeneratorState(), resources, None)
    failed = [step.old for step in going if step.urn == B]

    left = without_needed_records(resources, failed, going)

    assert [(s.urn, s.old.record.delete) for s in left] == [(A, True), (B, False)]


def test_ten_thousand_records_of_one_component_are_ordered_quickly() -> None:
    names = [f"{A}{number}" for number in range(10_000)]
    box = _record(A, custom=False, type="a:b:C")

    order = _order(box, *(_record(name, parent=A) for name in names))

    assert [len(layer) for layer in order] == [10_000, 1]


def test_a_deletion_is_a_delete_step() -> None:
    _, going = plan_deletions(GeneratorState(), ResourceIndex([_record(A)]), None)

    assert isinstance(going[0], DeleteStep)
