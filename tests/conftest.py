"""What every test stands on: no variable of the caller's reaches one, and chance repeats."""

import os
import signal
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from pulumi_esa_prefetch.api.call_limits import _CallThread
from stacks.prefetch.demo.settings import foreign_variables
from tests.lifecycle.tally import runs_of, tally

for name in foreign_variables(os.environ):
    del os.environ[name]

# It says that nobody can be asked, which is for each test to say.
os.environ.pop("CI", None)

# A shell that starts the tests in its background lets all their processes ignore Ctrl-C, and `nohup` a hang-up.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN:
    signal.signal(signal.SIGHUP, signal.SIG_DFL)

# Servers of tests are on this machine, whatever proxy leads out of it.
for name in ("NO_PROXY", "no_proxy"):
    os.environ[name] = "127.0.0.1,localhost"

# Whose tests measure the coverage, as `source_pkgs` in pyproject.toml: others would only take twice as long.
MEASURED = ("api", "provider", "load", "resources", "warmth")

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.load_profile("repeatable")


def pytest_collection_modifyitems(items: Iterable[pytest.Item]) -> None:
    places = [Path(__file__).parent / name for name in MEASURED]
    for item in items:
        if not any(item.path.is_relative_to(place) for place in places):
            item.add_marker("no_cover")


@pytest.fixture(autouse=True)
def _own_call_threads() -> Iterator[None]:
    """Give each test threads of its own for its calls: those of a test without coverage are not traced."""
    yield
    _CallThread.forget_all()


# Here, for where other processes run the tests, this one does not look into their directories.
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if runs := runs_of(terminalreporter):
        terminalreporter.write_line(tally(runs))
