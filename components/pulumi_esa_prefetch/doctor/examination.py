"""All checks in their order, each finding as soon as it is there; one that cannot be made is said so."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from pulumi_esa_prefetch.doctor.findings import Finding


@dataclass(frozen=True, slots=True)
class Patient:
    """What is examined: the stack config and the environment.

    `config_file` names the file that the config is from; None without a stack. `secrets` are the names of config
    values that are secret. `about_stack`: which stack it is, or why there is none.
    """

    config: Mapping[str, str]
    environ: Mapping[str, str] = field(repr=False)
    about_stack: Finding
    config_file: str | None = None
    secrets: frozenset[str] = frozenset()


def examine(patient: Patient, tell: Callable[[str], None]) -> Iterator[Finding]:
    """Make all checks; `tell` gets what is asked next, for a display of progress."""
    tell("the settings")
    yield patient.about_stack
