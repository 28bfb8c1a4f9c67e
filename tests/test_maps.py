"""The maps in the docstrings of emulator and engine name modules that are there."""

import re
from importlib.util import find_spec
from types import ModuleType

import pytest

import pulumi_embedded_engine as engine
import pulumi_esa_emulator as emulator

NO_MODULES = {"/_emulator", "cli", "import", "pulumi"}


@pytest.mark.parametrize("room", [emulator, engine], ids=lambda room: room.__name__)
def test_every_module_on_the_map_is_there(room: ModuleType) -> None:
    named = set(re.findall(r"`([^`]+)`", room.__doc__ or "")) - NO_MODULES

    assert len(named) > 5
    assert [n for n in sorted(named) if not find_spec(f"{room.__name__}.{n}")] == []
