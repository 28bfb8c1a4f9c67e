"""The exit codes of `plan ...` and `warm` that no command of the pulumi CLI has."""

from typing import Final

NOT_WARM: Final = 10
TIMED_OUT: Final = 124  # as of timeout(1)
INTERRUPTED: Final = 130
