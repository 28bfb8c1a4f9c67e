"""What a process imports when it makes its first client, in processes of their own."""

import subprocess
import sys

import pytest

MAKE = """
import sys
from pulumi_esa_prefetch.api.client_factory import make_client
from pulumi_esa_prefetch.settings.settings import read_settings
assert "httpx" not in sys.modules
make_client(read_settings({}.get, {"ALIBABA_CLOUD_ACCESS_KEY_ID": "k", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "s"})).close()
assert "httpx" in sys.modules
"""


@pytest.mark.parametrize(
    "program",
    [
        MAKE + "assert 'rich' not in sys.modules",
        MAKE + "import httpx._main",
        "import httpx\n" + MAKE.replace("not in", "in") + "httpx._main",
    ],
    ids=["without-it", "later", "before"],
)
def test_a_client_needs_no_command_line_of_httpx_and_leaves_it_to_others(
    program: str,
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )

    assert done.returncode == 0, done.stderr
