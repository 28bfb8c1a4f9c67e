"""For tests that run on both engines: the embedded one always, the `pulumi` command where it is on PATH."""

import shutil
from collections.abc import Sequence

import pytest

from tests.support.cli_recordings import CLI, EMBEDDED


@pytest.fixture(params=["embedded", "pulumi"])
def engine(request: pytest.FixtureRequest) -> Sequence[str]:
    """The command of one engine."""
    if request.param == "embedded":
        return EMBEDDED
    if shutil.which("pulumi") is None:
        pytest.skip("the pulumi command is not on PATH")
    return CLI
