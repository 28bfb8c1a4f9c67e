"""The lifecycle's engines and emulators, for what only a whole program can show."""

from tests.lifecycle.conftest import emulator, engine, stack

__all__ = ["emulator", "engine", "stack"]
