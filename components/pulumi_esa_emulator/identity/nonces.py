"""Stores used nonces, so that a signature is valid for one request only."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime

# A date may be off by 15 minutes in both directions; one minute more to be safe.
_KEPT_FOR = timedelta(minutes=31)
_MAX_NONCES = 1_000_000


@dataclass(frozen=True, slots=True)
class UsedNonce:
    """A used nonce, and when it was used by the wall clock.

    `digest` is the hash of the key's id and the nonce, because a client's nonce can have
    any length.
    """

    digest: str
    at: AwareDatetime


class UsedNonces:
    """The nonces of the last half hour; thread-safe."""

    def __init__(self, used: Iterable[UsedNonce] = ()) -> None:
        in_order = sorted(used, key=lambda one: one.at)
        self._seen = OrderedDict((one.digest, one.at) for one in in_order)
        self._lock = threading.Lock()

    def take(self, key_id: str, nonce: str, now: datetime) -> UsedNonce | None:
        """Add a nonce; None if the key has used it already."""
        text = f"{len(key_id)} {key_id} {nonce}".encode()
        one = UsedNonce(hashlib.sha256(text).hexdigest()[:32], now)
        with self._lock:
            self._forget(now)
            if one.digest in self._seen:
                return None
            self._seen[one.digest] = now
            return one

    def all(self) -> tuple[UsedNonce, ...]:
        """The stored nonces, oldest first."""
        with self._lock:
            return tuple(UsedNonce(*one) for one in self._seen.items())

    def _forget(self, now: datetime) -> None:
        while self._seen and (
            len(self._seen) >= _MAX_NONCES
            or abs(now - next(iter(self._seen.values()))) > _KEPT_FOR
        ):
            self._seen.popitem(last=False)
