"""What is wrong with the arguments of a plan, as far as the program knows them; declares nothing."""

from collections.abc import Iterator, Mapping
from typing import Any

from pulumi_esa_prefetch.provider.plan_properties import read_declaration
from pulumi_esa_prefetch.resources.property_values import is_later, wrong_values


def wrong_plan_arguments(
    declared: Mapping[str, Any], prefix: str = ""
) -> Iterator[str]:
    """Report each wrong value, as a clause that names its argument; outputs are left out."""
    sound = {}
    for name, value in declared.items():
        wrong = list(wrong_values(value, f"{prefix}{name}"))
        yield from wrong
        # A mapping may hold outputs; what else it holds has just been looked at.
        is_read = not (wrong or is_later(value) or isinstance(value, Mapping))
        if value is not None and is_read:
            sound[name] = value
    for name, reason in read_declaration(sound).failures:
        yield f"{prefix}{name} {reason}"
