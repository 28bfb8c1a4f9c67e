"""Replace, update or leave: the decision from a diff, as pure functions; asks nobody."""

from typing import Any, Literal

from pulumi_esa_prefetch.engine.diff import Diff
from pulumi_esa_prefetch.engine.goals import Goal
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.values import Secret, equal, has_unknown, reveal

Decision = Literal["same", "update", "replace"]


def trigger_changed(new: Any, old: Any) -> bool:
    """Whether the option replacementTrigger asks for a replacement: both are there and differ, or cannot be known."""
    if has_unknown(new) or has_unknown(old):
        return True
    # the CLI 3.260 takes a secret one of the state for none: it looks before it decrypts
    if new is None or old is None or isinstance(old, Secret):
        return False
    return not equal(reveal(new), reveal(old))


def decide(diff: Diff, old: Resource, *, triggered: bool) -> Decision:
    """What a diff, already narrowed by the resource's options, leads to."""
    if diff.changes == "some" or old.pending_replacement:
        replacing = diff.replacing or triggered or old.pending_replacement
        return "replace" if replacing else "update"
    # An object that did not become ready is updated until it does.
    return "update" if old.init_errors else "same"


def delete_first(goal: Goal, diff: Diff) -> bool:
    """Whether a replacement deletes before it creates: the program's word over the provider's."""
    if goal.delete_before_replace is not None:
        return goal.delete_before_replace
    return diff.delete_before_replace
