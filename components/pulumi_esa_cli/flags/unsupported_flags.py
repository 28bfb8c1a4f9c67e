"""Errors for commands, flags and variables of the `pulumi` CLI that this command does not have; runs nothing."""

import difflib
from collections.abc import Collection
from typing import Final

from pulumi_embedded_engine.errors import EngineError

SUBCOMMANDS: Final = {
    "": """
        about ai api console convert deployment do env import insights install
        login logout logs neo new org package plugin policy project query schema state template
        watch whoami
    """,
    "config": "cp copy delete-all env refresh remove-all rm-all set-all",
    "stack": "change-secrets-provider drift graph migrate rename schedule tag webhook",
}
FLAGS: Final = """
    --attach-debugger --client --copy-config-from --disable-integrity-checking --event-log
    --exclude --exclude-dependents --ignore-protect --import-file --import-pending-creates
    --json --memprofilerate --organization --otel-traces --output --override-env --plan
    --policy-pack --policy-pack-config --profiling --remote --run-program --save-plan
    --secrets-provider --strict --tag --teams --tracing
"""
SHORT_FLAGS: Final = {"-j": "--json", "-x": "--exclude"}

USE_PULUMI: Final = "the pulumi CLI works on the same project, configuration and state"


def unsupported_flag(
    spelling: str, command: str, known: Collection[str]
) -> EngineError:
    """The error for a flag that a command does not have; `known` are those that it has, for a suggestion."""
    full = SHORT_FLAGS.get(spelling, spelling)
    where = f"esa-prefetch {command}".strip()
    if full in FLAGS.split():
        return EngineError(
            f"{where} has no {full}: use `pulumi {command}` for it; {USE_PULUMI}"
        )
    # without the dashes, which all of them have
    names = [name.lstrip("-") for name in known]
    for near in difflib.get_close_matches(spelling.lstrip("-"), names, n=1):
        return EngineError(f"unknown flag: {spelling}; did you mean --{near}?")
    kind = "flag:" if spelling.startswith("--") else "shorthand flag"
    return EngineError(
        f"unknown {kind} {spelling}; `{where} --help` lists what there is"
    )


def unsupported_variable(name: str, command: str) -> EngineError:
    """The error for an environment variable that asks for a feature which a command does not have."""
    return EngineError(
        f"{name} is set, and esa-prefetch cannot do that: use `pulumi {command}`, or unset it; {USE_PULUMI}"
    )


def unsupported_command(words: str, known: Collection[str]) -> EngineError:
    """The error for an unknown command; `known` are the commands of its group, for a suggestion."""
    *group, word = words.split(" ")
    if word in SUBCOMMANDS.get(" ".join(group), "").split():
        kind = "" if group else "command "
        return EngineError(
            f"esa-prefetch has no {kind}`{words}`: use `pulumi {words}`; {USE_PULUMI}"
        )
    where = " ".join(["esa-prefetch", *group])
    for near in difflib.get_close_matches(word, known, n=1):
        return EngineError(f"unknown command `{words}`; did you mean `{where} {near}`?")
    return EngineError(
        f"unknown command `{words}`; `{where} --help` lists what there is"
    )
