"""Sources of access keys, fetched when first needed and renewed when refused; stores none on disk."""

import logging
import threading
from typing import Any, Protocol

from pulumi_esa_prefetch.api import official_keys
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.keys import Credentials, KeyPlace

_log = logging.getLogger("pulumi_esa_prefetch.api")


class CredentialsSource(Protocol):
    """Gives access keys; safe to share between threads."""

    def get(self) -> Credentials:
        """The keys to sign with now; raises NoCredentials."""
        ...

    def renew(self, refused: Credentials) -> bool:
        """Fetch anew after these were refused; True if `get` now gives other keys."""
        ...


class StaticCredentials:
    """Keys as they were written down: they cannot be renewed."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def get(self) -> Credentials:
        """The keys."""
        return self._credentials

    def renew(self, refused: Credentials) -> bool:  # noqa: ARG002 -- the protocol's
        """Never: there is nowhere to fetch others from."""
        return False


class OfficialCredentials:
    """Keys fetched by the official library, which refreshes temporary ones by itself."""

    def __init__(self, place: KeyPlace) -> None:
        self._place = place
        self._provider: Any = None
        self._failure: str | None = None
        self._last: Credentials | None = None
        self._lock = threading.Lock()

    def get(self) -> Credentials:
        """The keys of the moment; a place that has none is asked once, not per call."""
        with self._lock:
            if self._failure:
                raise NoCredentials(self._failure)
            return self._fetch()

    def renew(self, refused: Credentials) -> bool:
        """Open the place anew: files are read again, roles are taken on again."""
        with self._lock:
            if self._provider is not None and self._fetch() != refused:
                return True  # another thread was faster
            self._provider, self._failure = None, None
            return self._fetch() != refused

    def _fetch(self) -> Credentials:
        try:
            self._provider = self._provider or official_keys.open_provider(self._place)
            self._last = official_keys.read(self._provider)
        except Exception as error:  # noqa: BLE001 -- the library raises whatever it meets
            place = official_keys.describe(self._place)
            why = official_keys.reason(error)
            _log.debug("no access key from %s: %s", place, why)
            if self._last is not None:
                # A hiccup of the place in a long run: ESA says whether the last keys still hold.
                return self._last
            self._failure = (
                f"no access key from {place} ({why}); set ALIBABA_CLOUD_ACCESS_KEY_ID "
                "and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or name a profile by "
                "esa-prefetch:profile"
            )
            raise NoCredentials(self._failure) from None
        return self._last


def source_of(place: KeyPlace) -> CredentialsSource:
    """The source for the place that the settings chose."""
    if isinstance(place, Credentials):
        return StaticCredentials(place)
    return OfficialCredentials(place)


__all__ = [
    "Credentials",
    "CredentialsSource",
    "OfficialCredentials",
    "StaticCredentials",
    "source_of",
]
