"""Who plays `alicloud` for stacks/site: the stand-in, and the real plugin where it is installed."""

import os
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Protocol

import pytest

from stacks.site.plugin import installed, stand_in
from tests.lifecycle.conftest import emulator, engine
from tests.stacks.site import KEYS, SiteStack
from tests.support.local_esa import Esa

__all__ = ["emulator", "engine"]


class Sites(Protocol):
    """Makes a stack of stacks/site against an emulator."""

    def __call__(self, esa: Esa) -> SiteStack: ...


@pytest.fixture
def alicloud(request: pytest.FixtureRequest) -> Iterator[Mapping[str, str]]:
    """The variables by which an engine finds `alicloud`: the stand-in, unless parametrized otherwise."""
    who = getattr(request, "param", "stand-in")
    environment = {**os.environ, **KEYS}
    if who == "plugin":
        plugin = installed(os.environ)
        if plugin is None:
            pytest.skip(
                "the plugin of alicloud (pulumi-resource-alicloud) is not installed"
            )
        yield {"PATH": f"{plugin}{os.pathsep}{os.environ['PATH']}"}
        return
    options = ["--plain-diff"] if who == "stand-in with plain diffs" else []
    with stand_in(environment, *options) as port:
        yield {"PULUMI_DEBUG_PROVIDERS": f"alicloud:{port}"}


@pytest.fixture
def site(tmp_path: Path, engine: str, alicloud: Mapping[str, str]) -> Sites:
    """Make stacks of stacks/site, each in a folder of its own."""

    def make(esa: Esa) -> SiteStack:
        return SiteStack(tmp_path / "site", engine, esa, alicloud)

    return make
