"""Remembers nonces, so that a signature is good for one request only."""

import threading
from collections import OrderedDict

# Twice the 15 minutes that a date may be off, and one more.
_SECONDS = 31 * 60
_MOST = 1_000_000


class Nonces:
    """The nonces of the last half hour; safe between threads."""

    def __init__(self) -> None:
        self._seen: OrderedDict[tuple[str, str], float] = OrderedDict()
        self._lock = threading.Lock()

    def take(self, key_id: str, nonce: str, at: float) -> bool:
        """Note a nonce; False if the key has used it already."""
        with self._lock:
            self._forget(at - _SECONDS)
            if (key_id, nonce) in self._seen:
                return False
            self._seen[key_id, nonce] = at
            return True

    def _forget(self, before: float) -> None:
        while self._seen and (
            len(self._seen) >= _MOST or next(iter(self._seen.values())) < before
        ):
            self._seen.popitem(last=False)
