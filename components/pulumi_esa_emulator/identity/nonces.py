"""Remembers nonces, so that a signature is good for one request only."""

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from pydantic import AwareDatetime

# Twice the 15 minutes that a date may be off, and one more.
_REMEMBERED = timedelta(minutes=31)
_MOST = 1_000_000


@dataclass(frozen=True, slots=True)
class UsedNonce:
    """One that was used, and when by the wall clock.

    `digest` is of the key's id and the nonce, for a client may make it as long as it
    likes.
    """

    digest: str
    at: AwareDatetime


class UsedNonces:
    """The nonces of the last half hour; safe between threads."""

    def __init__(self, used: Iterable[UsedNonce] = ()) -> None:
        in_order = sorted(used, key=lambda one: one.at)
        self._seen = OrderedDict((one.digest, one.at) for one in in_order)
        self._lock = threading.Lock()

    def take(self, key_id: str, nonce: str, now: datetime) -> UsedNonce | None:
        """Note a nonce; None if the key has used it already."""
        text = f"{len(key_id)} {key_id} {nonce}".encode()
        one = UsedNonce(hashlib.sha256(text).hexdigest()[:32], now)
        with self._lock:
            self._forget(now)
            if one.digest in self._seen:
                return None
            self._seen[one.digest] = now
            return one

    def all(self) -> tuple[UsedNonce, ...]:
        """Those that are remembered, oldest first."""
        with self._lock:
            return tuple(UsedNonce(*one) for one in self._seen.items())

    def _forget(self, now: datetime) -> None:
        while self._seen and (
            len(self._seen) >= _MOST
            or abs(now - next(iter(self._seen.values()))) > _REMEMBERED
        ):
            self._seen.popitem(last=False)
