"""Fixtures of whole programs: emulators and stacks."""

from tests.lifecycle.conftest import emulator, stack

__all__ = ["emulator", "stack"]
