from dataclasses import replace

import pytest

from pulumi_embedded_engine.model.operation_context import OperationRequest
from pulumi_embedded_engine.model.state_records import Resource, Snapshot
from pulumi_embedded_engine.run.resource_index import ResourceIndex
from pulumi_embedded_engine.run.targets import Scope, Targets, protected_urns

A, B, C, D = (f"urn:pulumi:dev::proj::t:m:T::{name}" for name in "abcd")


def _record(urn: str, *needs: str, **fields: object) -> Resource:
    return Resource(urn=urn, custom=True, type="t:m:T", dependencies=needs, **fields)  # type: ignore[arg-type]


def _scope(
    targets: tuple[str, ...] = (), excluded: tuple[str, ...] = (), *, dependents: bool
) -> Scope:
    request = OperationRequest("destroy", dry_run=False, parallel=1, targets=targets)
    return Scope(replace(request, excluded=excluded, target_dependents=dependents))


@pytest.mark.parametrize(
    ("pattern", "meant"),
    [("**::a", True), ("urn:pulumi:dev::proj::*::a", False), ("**", True), (B, False)],
)
def test_a_glob_matches_urns(pattern: str, meant: bool) -> None:
    assert Targets([pattern]).contains(A) is meant


def test_one_star_matches_within_one_part() -> None:
    assert Targets(["urn:pulumi:dev::proj::t:*:T::a"]).contains(A)


def test_without_targets_everything_is_included() -> None:
    assert _scope(dependents=False).includes(_record(A))


def test_dependents_of_an_included_target_are_included() -> None:
    scope = _scope((A,), dependents=True)
    first, second = _record(A), _record(B, A)

    scope.mark_included(first, included=scope.includes(first))

    assert scope.includes(second)
    assert not _scope((A,), dependents=False).includes(second)


def test_a_targeted_deletion_includes_dependents_only() -> None:
    resources = ResourceIndex([_record(A), _record(B, A), _record(C, B), _record(D)])

    assert _scope((A,), dependents=False).deletable(resources) == {A, B, C}


def test_what_protected_records_depend_on_is_kept() -> None:
    records = (_record(A), _record(B, A, protect=True), _record(C, B))

    assert protected_urns(Snapshot(records)) == [A, B]
