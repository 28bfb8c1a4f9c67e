"""Which plans are declared under two names, in a config or in the program that runs now; declares none itself."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from weakref import WeakKeyDictionary

from pulumi import Resource, RunError
from pulumi.runtime import get_root_resource
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_esa_prefetch.provider.plan_properties import read_declaration, split_id

# Each run of a program has a root of its own, also where the Automation API runs several in one process.
_names: WeakKeyDictionary[Resource, dict[str, str]] = WeakKeyDictionary()


def note_declaration(resource_name: str, plan_id: object) -> None:
    """Remember by which name a plan is declared. Raises RunError if it is declared already.

    What is no plan's id, such as an Output, is passed over.
    """
    root = get_root_resource()
    # The unit tests of a program share one root, which is that of no run.
    if root is None or isinstance(get_monitor(), MockMonitor):
        return
    if not isinstance(plan_id, str):
        return
    if read_declaration({"plan_id": plan_id}).failures:
        return
    plan = bare_id(plan_id)
    names = _names.setdefault(root, {})
    if plan in names:
        raise RunError(
            f"ScheduledPrefetch {resource_name!r}: plan {plan} is declared by {names[plan]!r} already"
        )
    names[plan] = resource_name


def bare_id(plan_id: str) -> str:
    """The plan's own id in one spelling, of a bare or a composite id."""
    return str(split_id(plan_id)[1]).lower()


def duplicate_names(plan_ids: Mapping[str, object]) -> Iterator[str]:
    """Say which names stand for one plan, by its id, bare or composite.

    An id that is no text, such as an Output, is passed over.
    """
    names: defaultdict[str, list[str]] = defaultdict(list)
    for name, plan_id in plan_ids.items():
        if isinstance(plan_id, str):
            names[bare_id(plan_id)].append(name)
    for same in names.values():
        if len(same) > 1:
            yield f"{' and '.join(same)} are one plan"
