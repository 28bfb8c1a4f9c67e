"""Access keys: their account, policy and expiry. Signatures are checked elsewhere."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pulumi_esa_emulator.identity.ram_policies import RamPolicy

DEFAULT_UID = "1568586500114622"


@dataclass(frozen=True, slots=True)
class AccessKey:
    """An access key; one with a token is temporary (STS). Its repr shows no secret."""

    id: str
    secret: str = field(repr=False)
    ali_uid: str = DEFAULT_UID
    token: str | None = field(default=None, repr=False)
    expires: datetime | None = None
    policy: RamPolicy | None = None


DEMO_KEY = AccessKey("emulator-key", "emulator-secret")


class KeyRing:
    """The known access keys; thread-safe."""

    def __init__(self, keys: Iterable[AccessKey]) -> None:
        self._keys = {key.id: key for key in keys}
        self._lock = threading.Lock()

    def get(self, key_id: str) -> AccessKey | None:
        """The key, or None."""
        with self._lock:
            return self._keys.get(key_id)

    def set(self, keys: Iterable[AccessKey]) -> None:
        """Replace all keys by these."""
        with self._lock:
            self._keys = {key.id: key for key in keys}

    def put(self, key: AccessKey) -> None:
        """Add a key, or replace the one with the same id."""
        with self._lock:
            self._keys[key.id] = key

    def remove(self, key_id: str) -> bool:
        """Remove a key; True if it existed."""
        with self._lock:
            return self._keys.pop(key_id, None) is not None

    def all(self) -> tuple[AccessKey, ...]:
        """All keys."""
        with self._lock:
            return tuple(self._keys.values())
