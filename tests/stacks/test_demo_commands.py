"""What both demos make of a command that is none; the commands themselves are run on the whole path."""

import os

import pytest

from stacks.prefetch.demo.settings import ROOT
from tests.support.demo_commands import run_module


@pytest.mark.parametrize("module", ["stacks.prefetch.demo", "stacks.site.demo"])
@pytest.mark.parametrize("command", ["sideways", ""])
def test_a_command_that_is_none_is_refused_in_a_sentence(
    module: str, command: str
) -> None:
    result = run_module(module, command, ROOT, os.environ)

    assert (result.code, result.output) == (
        1,
        "error: Say one of up, preview, refresh, down, clean, env.\n",
    )
