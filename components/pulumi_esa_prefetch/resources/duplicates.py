"""Which plans the program that runs now has declared, and by which names; declares none itself."""

from weakref import WeakKeyDictionary

from pulumi import Resource, RunError
from pulumi.runtime import get_root_resource
from pulumi.runtime.mocks import MockMonitor
from pulumi.runtime.settings import get_monitor

from pulumi_esa_prefetch.provider.models import read_declaration
from pulumi_esa_prefetch.resources.twins import bare_id

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
