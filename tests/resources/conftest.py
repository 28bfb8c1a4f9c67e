"""Fixtures of whole programs: engines, emulators, and the stand-in of alicloud."""

from tests.lifecycle.conftest import emulator, engine, face, stack
from tests.stacks.conftest import alicloud

__all__ = ["alicloud", "emulator", "engine", "face", "stack"]
