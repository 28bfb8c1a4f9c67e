"""Two names for one plan, which would start and stop it against each other; it declares nothing."""

from collections import defaultdict
from collections.abc import Iterator, Mapping

from pulumi_esa_prefetch.provider.models import split_id


def bare_id(plan_id: str) -> str:
    """The plan's own id in one spelling, of a bare or a composite id."""
    return str(split_id(plan_id)[1]).lower()


def twins(plan_ids: Mapping[str, object]) -> Iterator[str]:
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
