"""What `make site-up` and its siblings run: the stack `demo` of stacks/site against an ESA on this machine."""

import os
import sys
from dataclasses import replace
from pathlib import Path

from stacks.prefetch.demo.__main__ import COMMANDS
from stacks.prefetch.demo.engine import Engine
from stacks.prefetch.demo.locks import alone
from stacks.prefetch.demo.settings import (
    ROOT,
    DemoError,
    own_variables,
    read_settings,
    shielded,
)
from stacks.site.plugin import installed, served

SITE = ROOT / "stacks/site"


def main(arguments: list[str]) -> int:
    """Run one command; end a failure with one sentence."""
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    settings = replace(
        read_settings(os.environ),
        local=ROOT / ".local/site",
        project=SITE,
        seed=SITE / "seed.json",
    )
    settings.local.mkdir(parents=True, exist_ok=True)
    path = (
        f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', os.defpath)}"
    )
    own = own_variables(settings) | {
        # As the plugin of alicloud takes it: `alicloud:protocol` says the rest.
        "ESA_ENDPOINT": f"127.0.0.1:{settings.port}",
        "HOME": str(settings.local),
        "PATH": path,
    }
    with (
        alone(settings.local / "demo.lock"),
        served(shielded(os.environ, own), installed(os.environ)) as environment,
    ):
        return COMMANDS[arguments[0]](settings, Engine(settings, environment))


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except DemoError as error:
        sys.exit(f"error: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
