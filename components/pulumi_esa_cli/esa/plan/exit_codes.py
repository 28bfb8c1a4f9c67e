"""The exit codes of `plan ...` that no command of the pulumi CLI has."""

from typing import Final

TIMED_OUT: Final = 124  # as of timeout(1)
INTERRUPTED: Final = 130
