"""The lifecycle's engines and emulators, and the stand-in of alicloud, for what only a whole program can show."""

from tests.lifecycle.conftest import emulator, engine, stack
from tests.stacks.conftest import alicloud

__all__ = ["alicloud", "emulator", "engine", "stack"]
