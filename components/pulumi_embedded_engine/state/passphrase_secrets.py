"""Secrets of the passphrase provider: AES-256-GCM with a key derived from a passphrase; knows no other provider.

A salt text is `v1:<salt>:v1:<nonce>:<ciphertext>`. The part after the second colon is the word `pulumi`, encrypted:
it shows whether a passphrase is the right one.
"""

import base64
import binascii
import os
from collections.abc import Callable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC

from pulumi_embedded_engine.errors import EngineError

ITERATIONS: Final = 1_000_000
_PROBE: Final = "pulumi"
_NONCE_BYTES: Final = 12
_KEY_BYTES: Final = 32


class WrongPassphrase(EngineError):
    """The passphrase does not belong to the salt."""


def find_passphrase(
    environ: Mapping[str, str], ask: Callable[[], str] | None = None
) -> str:
    """The passphrase from the environment, or else from the user (`ask`).

    Raises EngineError if there is none, or its file cannot be read.
    """
    if "PULUMI_CONFIG_PASSPHRASE" in environ:
        return environ["PULUMI_CONFIG_PASSPHRASE"]
    name = environ.get("PULUMI_CONFIG_PASSPHRASE_FILE")
    if not name and ask is not None:
        return ask()
    if not name:
        raise EngineError(
            "passphrase must be set with PULUMI_CONFIG_PASSPHRASE or "
            "PULUMI_CONFIG_PASSPHRASE_FILE environment variables"
        )
    try:
        return Path(name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise EngineError(
            f"PULUMI_CONFIG_PASSPHRASE_FILE ({name}) cannot be read: {why}"
        ) from None


@lru_cache(maxsize=16)
def _derived_key(passphrase: str, salt: bytes) -> AESGCM:
    # not from hashlib: the OpenSSL of Python may take twice as long, and every command derives a key
    derivation = PBKDF2HMAC(SHA256(), _KEY_BYTES, salt, ITERATIONS)
    return AESGCM(derivation.derive(passphrase.encode()))


def _encrypt(key: AESGCM, text: str) -> str:
    nonce = os.urandom(_NONCE_BYTES)
    encrypted = key.encrypt(nonce, text.encode(), None)
    return (
        f"v1:{base64.b64encode(nonce).decode()}:{base64.b64encode(encrypted).decode()}"
    )


def _decrypt(key: AESGCM, ciphertext: str) -> str:
    version, nonce, encrypted = ciphertext.split(":")
    if version != "v1":
        raise ValueError(f"version {version}")
    text = key.decrypt(
        base64.b64decode(nonce, validate=True),
        base64.b64decode(encrypted, validate=True),
        None,
    )
    return text.decode()


class PassphraseSecrets:
    """Encrypts and decrypts secrets. It asks for the passphrase and derives the key only when it needs them."""

    def __init__(self, salt: str, ask: Callable[[], str]) -> None:
        self.salt = salt
        self._ask = ask

    @classmethod
    def new(cls, passphrase: str) -> "PassphraseSecrets":
        """Secrets with a new salt."""
        salt = os.urandom(8)
        probe = _encrypt(_derived_key(passphrase, salt), _PROBE)
        text = f"v1:{base64.b64encode(salt).decode()}:{probe}"
        return cls(text, lambda: passphrase)

    def check_passphrase(self) -> None:
        """Raise EngineError if the passphrase is missing or does not belong to the salt."""
        self._key()

    def encrypt(self, text: str) -> str:
        """The ciphertext of a text, with a new nonce."""
        return _encrypt(self._key(), text)

    def decrypt(self, ciphertext: str) -> str:
        """The text of a ciphertext; raises EngineError if it cannot be decrypted."""
        key = self._key()
        try:
            return _decrypt(key, ciphertext)
        except (ValueError, InvalidTag):
            raise EngineError(
                "a secret cannot be decrypted: it is damaged, or was encrypted with "
                "another passphrase"
            ) from None

    def _key(self) -> AESGCM:
        if not self.salt:
            raise EngineError(
                "there are secrets in a state that names no secrets provider and no salt"
            )
        version, _, rest = self.salt.partition(":")
        salt, _, probe = rest.partition(":")
        try:
            raw = base64.b64decode(salt, validate=True)
        except binascii.Error:
            raw = b""
        if version != "v1" or not raw:
            raise EngineError(f"the encryption salt {self.salt!r} cannot be read")
        return _verified_key(self._ask(), raw, probe)


@lru_cache(maxsize=16)
def _verified_key(passphrase: str, salt: bytes, probe: str) -> AESGCM:
    key = _derived_key(passphrase, salt)
    try:
        fits = _decrypt(key, probe) == _PROBE
    except (ValueError, InvalidTag):
        fits = False
    if not fits:
        raise WrongPassphrase("incorrect passphrase")
    return key
