"""Copying configuration from one stack to another, each secret sealed anew; changes nothing in the first."""

from typing import Any

from pulumi_esa_prefetch.engine import config_values
from pulumi_esa_prefetch.engine.config_keys import Place
from pulumi_esa_prefetch.engine.config_values import Secure
from pulumi_esa_prefetch.engine.secrets import Cipher
from pulumi_esa_prefetch.engine.stack import Stack


def copy(source: Stack, target: Stack) -> None:
    """Copy all values; raises EngineError if a secret of the source cannot be opened."""
    taken = _taken(source, target, dict(source.file().values))
    file = target.file()
    file.save(file.values | taken)


def copy_place(source: Stack, target: Stack, place: Place) -> bool:
    """Copy what stands at a place, if anything does; raises EngineError as `copy`, and if it does not fit there."""
    value, there = place.look_up(source.file().values)
    if there:
        taken = _taken(source, target, value)
        file = target.file()
        file.save(place.put(file.values, taken))
    return there


def _taken(source: Stack, target: Stack, value: Any) -> Any:
    """A value of one stack as it is kept in another."""
    if not config_values.is_secret(value):
        return value
    return resealed(value, source.sealing(), target.sealing())


def resealed(value: Any, old: Cipher, new: Cipher) -> Any:
    """A value with each secret in it sealed by another cipher."""
    if isinstance(value, Secure):
        return Secure(new.encrypt(old.decrypt(value.ciphertext)))
    if isinstance(value, dict):
        return {key: resealed(item, old, new) for key, item in value.items()}
    if isinstance(value, list):
        return [resealed(item, old, new) for item in value]
    return value
