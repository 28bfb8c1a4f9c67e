"""Declarations as text: stack config, Python, TypeScript, YAML; each is a whole file or can be pasted into one.

Names hold letters, digits and `-` only, and begin with a letter; ids are hex digits, which YAML would read as
numbers if they were not quoted.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Final

from pulumi_esa_prefetch.operations.declarations import PlanDeclaration

Declarations = Sequence[PlanDeclaration]

SETTING: Final = "esa-prefetch:plans"
TYPE: Final = "esa-prefetch:index:ScheduledPrefetch"


def config_text(plans: Declarations) -> str:
    """The section of a stack's file."""
    return _text(["config:", f"  {SETTING}:", *_mappings(plans, "    ")])


def python_text(plans: Declarations) -> str:
    """The lines of a program in Python."""
    lines = ["from pulumi_esa_prefetch import ScheduledPrefetch"]
    for plan in plans:
        lines += [
            "",
            f"{plan.identifier} = ScheduledPrefetch(",
            f'    "{plan.name}",',
            f'    plan_id="{plan.plan_id}",',
            f'    job_id="{plan.job_id}",',
            ")",
        ]
    return _text(lines)


def typescript_text(plans: Declarations) -> str:
    """The lines of a program in TypeScript, on the SDK that `pulumi package add` makes."""
    lines = ['import * as esaPrefetch from "pulumi-esa-prefetch";']
    for plan in plans:
        lines += [
            "",
            f'const {plan.identifier} = new esaPrefetch.ScheduledPrefetch("{plan.name}", {{',
            f'    planId: "{plan.plan_id}",',
            f'    jobId: "{plan.job_id}",',
            "});",
        ]
    return _text(lines)


def yaml_text(plans: Declarations) -> str:
    """The resources of a program in YAML."""
    lines = ["resources:"]
    for plan in plans:
        lines += [f"  {plan.name}:", f"    type: {TYPE}", "    properties:"]
        lines += _properties(plan, "      ")
    return _text(lines)


FORMS: Final[Mapping[str, Callable[[Declarations], str]]] = {
    "config": config_text,
    "python": python_text,
    "typescript": typescript_text,
    "yaml": yaml_text,
}


def _mappings(plans: Declarations, indent: str) -> Iterator[str]:
    for plan in plans:
        yield f"{indent}{plan.name}:"
        yield from _properties(plan, f"{indent}  ")


def _properties(plan: PlanDeclaration, indent: str) -> Iterator[str]:
    for name, value in plan.config.items():
        yield f'{indent}{name}: "{value}"'


def _text(lines: Sequence[str]) -> str:
    return "\n".join(lines)
