"""The error that ends an engine command: one sentence for a person, and the exit code that the CLI would give."""

from typing import Final

from pulumi_embedded_engine.printable import printable

FAILED: Final = 1
BAD_USAGE: Final = 2  # `up`/`destroy` without --yes where nobody can be asked
NO_LOGIN: Final = 3  # no backend is named, or one that needs a login
NO_STACK: Final = 6
CHANGES_FOUND: Final = 7  # there are changes in spite of --expect-no-changes
DECLINED: Final = 8  # cancelled at a prompt
STOPPED: Final = 8  # ended at once, by a second Ctrl-C
INTERNAL: Final = 255


class EngineError(Exception):
    """One sentence for a person; `exit_code` is the exit code of the command (see the constants above).

    The sentence may quote a file, so control characters are taken out of it.
    """

    def __init__(self, message: str, exit_code: int = FAILED) -> None:
        super().__init__(printable(message))
        self.exit_code = exit_code
