"""The exit codes of `warm` that no command of the pulumi CLI has."""

from typing import Final

NOT_WARM: Final = 10
INTERRUPTED: Final = 130
