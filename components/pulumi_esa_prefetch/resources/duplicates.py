"""Finds plans that are declared under two names, in a config or in the running program."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from pulumi import Resource, RunError
from pulumi.runtime import get_root_resource
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.provider.plan_properties import split_id

# Each run of a program has its own root, even if the Automation API runs several in one process.
_names: WeakKeyDictionary[Resource, dict[str, str]] = WeakKeyDictionary()


def note_declaration(resource_name: str, plan_id: object) -> None:
    """Remember the name under which a plan is declared. Raises RunError if it has one already.

    A value that is not a plan's id, such as an Output, is ignored.
    """
    root = get_root_resource()
    # Under Pulumi's mocks all unit tests of a program share one root: it belongs to no single run.
    if root is None or isinstance(get_monitor(), MockMonitor):
        return
    plan = object_id(split_id(plan_id)[1])
    if plan is None:
        return
    names = _names.setdefault(root, {})
    if plan in names:
        raise RunError(f"plan {plan} is declared by {names[plan]!r} already")
    names[plan] = resource_name


def bare_id(plan_id: str) -> str:
    """The plan's own id in lower case, from a bare or a composite id."""
    return str(split_id(plan_id)[1]).lower()


def duplicate_names(plan_ids: Mapping[str, object]) -> Iterator[str]:
    """Report names that have the same plan; ids may be bare or composite.

    An id that is not a string, such as an Output, is ignored.
    """
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, plan_id in plan_ids.items():
        if isinstance(plan_id, str):
            names[bare_id(plan_id)].append(name)
    for same in names.values():
        if len(same) > 1:
            yield f"{' and '.join(same)} are one plan"
