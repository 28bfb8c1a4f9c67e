"""Copying configuration from one stack to another, each secret sealed anew; changes nothing in the first."""

from typing import Any

from pulumi_esa_prefetch.engine import config_values
from pulumi_esa_prefetch.engine.config_values import Secure
from pulumi_esa_prefetch.engine.secrets import Cipher
from pulumi_esa_prefetch.engine.stack import Stack


def copy(source: Stack, target: Stack, only: str = "") -> None:
    """Copy all values, or the one of this full key; raises EngineError if a secret of the source cannot be opened."""
    values = source.file().values
    taken = {key: values[key] for key in values if only in ("", key)}
    if any(config_values.is_secret(value) for value in taken.values()):
        old, new = source.sealing(), target.sealing()
        taken = {key: resealed(value, old, new) for key, value in taken.items()}
    file = target.file()
    file.save(file.values | taken)


def resealed(value: Any, old: Cipher, new: Cipher) -> Any:
    """A value with each secret in it sealed by another cipher."""
    if isinstance(value, Secure):
        return Secure(new.encrypt(old.decrypt(value.ciphertext)))
    if isinstance(value, dict):
        return {key: resealed(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [resealed(item, old, new) for item in value]
    return value
