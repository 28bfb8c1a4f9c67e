import pytest

from pulumi_embedded_engine.model.diff import NO_DIFF, Diff
from pulumi_embedded_engine.model.goals import Goal
from pulumi_embedded_engine.model.property_values import UNKNOWN, Secret
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.planning.comparison import (
    deletes_before_replace,
    replacement_triggered,
    step_kind,
)

PLAIN = Resource(urn="u", custom=True, type="t")
HALF = PLAIN.with_(init_errors=("not ready",))
WAITING = PLAIN.with_(pending_replacement=True)


@pytest.mark.parametrize(
    ("diff", "old", "triggered", "decision"),
    [
        (NO_DIFF, PLAIN, False, "same"),
        (Diff("none", replaces=["a"]), PLAIN, False, "same"),
        (Diff("some"), PLAIN, False, "update"),
        (Diff("some", replaces=["a"]), PLAIN, False, "replace"),
        (Diff("some"), PLAIN, True, "replace"),
        (NO_DIFF, HALF, False, "update"),
        (NO_DIFF, WAITING, False, "replace"),
    ],
)
def test_a_diff_leads_to_one_kind_of_step(
    diff: Diff, old: Resource, triggered: bool, decision: str
) -> None:
    assert step_kind(diff, old, triggered=triggered) == decision


@pytest.mark.parametrize(
    ("new", "old", "changed"),
    [
        (1, 2, True),
        (1, 1.0, False),
        (None, 1, False),
        (1, None, False),
        (UNKNOWN, 1, True),
        (Secret("a"), "a", False),
        (Secret("b"), "a", True),
        ("b", Secret("a"), False),
        (Secret("b"), Secret("a"), False),
        (UNKNOWN, Secret("a"), True),
    ],
)
def test_a_trigger_counts_if_both_are_there_and_differ(
    new: object, old: object, changed: bool
) -> None:
    assert replacement_triggered(new, old) is changed


@pytest.mark.parametrize(
    ("said", "asked", "first"),
    [(None, True, True), (False, True, False), (True, False, True)],
)
def test_the_programs_option_overrides_the_providers_order(
    said: bool | None, asked: bool, first: bool
) -> None:
    goal = Goal("n", PLAIN, delete_before_replace=said)

    assert (
        deletes_before_replace(goal, Diff("some", delete_before_replace=asked)) is first
    )
