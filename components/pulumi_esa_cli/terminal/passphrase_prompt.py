"""Asks the user for the passphrase of secrets, once per call; decrypts nothing itself."""

from typing import Final

import typer

from pulumi_embedded_engine.state.passphrase_secrets import (
    PassphraseSecrets,
    WrongPassphrase,
)
from pulumi_esa_cli.terminal.printing import echo

UNLOCK_PROMPT: Final = (
    "Enter your passphrase to unlock config/secrets\n"
    "    (set PULUMI_CONFIG_PASSPHRASE or PULUMI_CONFIG_PASSPHRASE_FILE to remember)"
)


class PassphrasePrompt:
    """Gives the passphrase of a salt; the last typed one is tried before the user is asked again."""

    def __init__(self) -> None:
        self._last_typed: str | None = None

    def __call__(self, salt: str) -> str:
        """The passphrase that belongs to a salt, or a new one for an empty salt."""
        if not salt:
            self._last_typed = self._choose()
            return self._last_typed
        while self._last_typed is None or not _fits(salt, self._last_typed):
            if self._last_typed is not None:
                echo("error: incorrect passphrase", err=True)
            self._last_typed = _prompt_hidden(UNLOCK_PROMPT)
        return self._last_typed

    def _choose(self) -> str:
        while True:
            typed = _prompt_hidden("Enter your passphrase to protect config/secrets")
            if typed == _prompt_hidden("Re-enter your passphrase to confirm"):
                return typed
            echo("error: passphrases do not match", err=True)


def _prompt_hidden(prompt: str) -> str:
    return str(
        typer.prompt(prompt, default="", show_default=False, hide_input=True, err=True)
    )


def _fits(salt: str, typed: str) -> bool:
    secrets = PassphraseSecrets(salt, lambda: typed)
    try:
        secrets.check_passphrase()
    except WrongPassphrase:
        return False
    return True
