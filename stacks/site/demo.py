"""What `make site-up` and its siblings run: the stack `demo` of stacks/site against an ESA on this machine."""

import os
import sys
from dataclasses import replace

from stacks.prefetch.demo.commands import exit_with, run
from stacks.prefetch.demo.settings import ROOT, Settings, read_settings
from stacks.site.plugin import installed, served

SITE = ROOT / "stacks/site"


def main(arguments: list[str]) -> int:
    """Run one command beside whoever serves `alicloud`; raise DemoError."""
    settings = replace(
        read_settings(os.environ, default_port=8867),
        port_option="make site-up SITE_EMULATOR_PORT=8868",
        local=ROOT / ".local/site",
        project=SITE,
        seed=SITE / "seed.json",
    )
    plugin = installed(os.environ)
    return run(arguments, settings, _endpoint, lambda seen: served(seen, plugin))


def _endpoint(settings: Settings) -> dict[str, str]:
    """As the plugin of alicloud takes it: `alicloud:protocol` says the rest."""
    return {"ESA_ENDPOINT": f"127.0.0.1:{settings.port}"}


if __name__ == "__main__":
    exit_with(lambda: main(sys.argv[1:]))
