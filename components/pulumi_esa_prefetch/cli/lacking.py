"""What the `pulumi` CLI has and this command has not, in words; holds nothing that runs."""

import difflib
from collections.abc import Collection
from typing import Final

from pulumi_esa_prefetch.engine.errors import EngineError

COMMANDS: Final = frozenset(
    """
    about ai api console convert deployment do env gen-completion import insights install
    login logout logs neo new org package plugin policy project query schema state template
    watch whoami
    """.split()  # noqa: SIM905 - a list of words reads better as words
)

FLAGS: Final = frozenset(
    """
    --attach-debugger --client
    --disable-integrity-checking --ignore-protect --import-file --import-pending-creates
    --memprofilerate --organization --otel-traces --override-env --plan
    --policy-pack --policy-pack-config --profiling --remote --save-plan
    --secrets-provider --strict --tag --teams --tracing
    """.split()  # noqa: SIM905 - same
)

CONTROL: Final = "the pulumi CLI works on the same project, configuration and state"


def flag(spelling: str, command: str) -> EngineError:
    """The error for a flag that a command does not have."""
    if spelling in FLAGS:
        return EngineError(
            f"esa-prefetch has no {spelling}: use `pulumi {command}` for it; {CONTROL}"
        )
    where = f"esa-prefetch {command}".strip()
    if not spelling.startswith("--"):
        return EngineError(
            f"unknown shorthand flag {spelling}; `{where} --help` lists what there is"
        )
    return EngineError(
        f"unknown flag: {spelling}; `{where} --help` lists what there is"
    )


def command(words: str, known: Collection[str]) -> EngineError:
    """The error for a command that there is not; `known` are those of its group, to guess at what was meant."""
    *group, word = words.split(" ")
    if not group and word in COMMANDS:
        return EngineError(
            f"esa-prefetch has no command `{word}`: use `pulumi {word}`; {CONTROL}"
        )
    near = difflib.get_close_matches(word, known, n=1)
    where = " ".join(["esa-prefetch", *group])
    if near:
        return EngineError(
            f"unknown command `{words}`; did you mean `{where} {near[0]}`?"
        )
    return EngineError(
        f"unknown command `{words}`; `{where} --help` lists what there is"
    )
