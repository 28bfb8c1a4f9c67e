"""The product alone: which packages it imports, and what is said where the command is not installed."""

import subprocess
import sys
from collections.abc import Collection
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "components/pulumi_esa_prefetch"
# each needs an extra of its own: alicloud, policy, plot
EXTRAS = {"resources.site_resources", "report.policy_pack", "report.render.plot"}
OWN = {"pulumi_esa_cli", "pulumi_esa_emulator", "pulumi_embedded_engine"}
COMMAND = {
    *("typer", "click", "rich", "ruamel", "werkzeug", "waitress"),
    *OWN,
}
# the client and what only it needs: most runs of the provider's host make no call
CLIENT = {
    *("httpx", "tenacity", "configparser"),
    "pulumi_esa_prefetch.api.client",
    # spans are recorded only if an exporter is set
    *("opentelemetry.exporter", "pulumi_esa_prefetch.tracing.exporter"),
}
POSIX = {"fcntl", "pwd", "grp", "termios", "resource"}

# Refuses imports as Python does where a package is not installed.
BLOCKED = """
import sys
class Refusing:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {names!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Refusing())
"""


def without(names: Collection[str], program: str) -> subprocess.CompletedProcess[str]:
    """Run a program that cannot import some packages."""
    blocked = BLOCKED.format(names=set(names))
    return subprocess.run(
        [sys.executable, "-c", blocked + program],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def modules() -> list[str]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(part for part in parts if part != "__init__")
        if name not in EXTRAS:
            found.append(f"{PACKAGE.name}.{name}".rstrip("."))
    return found


@pytest.mark.parametrize("names", [COMMAND, POSIX], ids=["command", "posix"])
def test_every_module_of_the_product_is_imported_without(names: set[str]) -> None:
    program = f"""
from importlib import import_module
for name in {modules()!r}:
    import_module(name)
"""

    done = without(names, program)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    "program",
    [
        "import pulumi_esa_prefetch.provider.hooks, pulumi_esa_prefetch.provider.completion",
        "from pulumi_esa_prefetch import PrefetchCompletion, ScheduledPrefetch",
    ],
    ids=["host", "program"],
)
def test_what_only_a_call_needs_is_not_imported_before_the_first_call(
    program: str,
) -> None:
    done = without((), f"{program}\nprint(*sorted({CLIENT!r} & sys.modules.keys()))")

    assert done.returncode == 0, done.stderr
    assert done.stdout == "\n"


@pytest.mark.parametrize(
    ("missing", "words", "named"),
    [
        (COMMAND, ["up"], "typer"),
        ({"ruamel"}, ["config"], "ruamel"),
        ({"werkzeug"}, ["emulator"], "werkzeug"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_esa_prefetch_says_what_to_install_where_packages_of_the_command_are_missing(
    missing: set[str], words: list[str], named: str
) -> None:
    program = f"""
sys.argv[1:] = {words!r}
from pulumi_esa_cli.__main__ import main
sys.exit(main())
"""

    done = without(missing - OWN, program)

    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr == (
        f"error: esa-prefetch needs the package {named}, which is not installed: "
        "pip install 'pulumi-esa-prefetch[cli]'\n"
    )
