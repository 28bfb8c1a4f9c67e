"""Who serves `alicloud` to an engine: its plugin where installed, else the tests' stand-in; configures neither."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from stacks.prefetch.demo.settings import ROOT, DemoError

PROGRAM = "pulumi-resource-alicloud"


def installed(environ: Mapping[str, str]) -> Path | None:
    """The folder of the real plugin, if the caller has one: on PATH, or where the CLI keeps them."""
    if found := shutil.which(PROGRAM, path=environ.get("PATH", os.defpath)):
        return Path(found).parent
    home = Path(environ.get("HOME", "/"))
    plugins = Path(environ.get("PULUMI_HOME") or home / ".pulumi") / "plugins"
    folders = [each.parent for each in plugins.glob(f"resource-alicloud-v*/{PROGRAM}")]
    return max(folders, key=_version, default=None)


@contextmanager
def served(
    environment: Mapping[str, str], plugin: Path | None
) -> Iterator[dict[str, str]]:
    """The engine's environment and what makes it find `alicloud`, as long as it is served."""
    if plugin:
        path = f"{environment['PATH']}{os.pathsep}{plugin}"
        yield {**environment, "PATH": path}
        return
    with stand_in(environment) as port:
        yield {**environment, "PULUMI_DEBUG_PROVIDERS": f"alicloud:{port}"}


@contextmanager
def stand_in(environment: Mapping[str, str], *options: str) -> Iterator[int]:
    """Run the stand-in of tests/standin, and yield its port; it ends with its stdin, however this ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.standin", *options],
        cwd=ROOT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        # A terminal's Ctrl-C is the engine's: it finishes what runs, and needs its provider for that.
        start_new_session=True,
    )
    with process:
        port = process.stdout.readline() if process.stdout else ""
        if not port:
            raise DemoError("The stand-in for the plugin of alicloud did not start.")
        yield int(port)


def _version(folder: Path) -> list[int]:
    return [int(number) for number in re.findall(r"\d+", folder.name)]
