"""Sources of access keys, fetched when first needed and renewed when refused; stores none on disk."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from pulumi_esa_prefetch.api import alibaba_credentials as official_keys
from pulumi_esa_prefetch.api.call_limits import run_within
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.api.key_requests import plain_http
from pulumi_esa_prefetch.settings.credential_sources import Credentials, KeyPlace

DEFAULT_TIMEOUT = 60.0
"""Seconds for a place to answer in, where the caller has no deadline of its own."""

T = TypeVar("T")

_log = logging.getLogger("pulumi_esa_prefetch.api")


class CredentialsSource(Protocol):
    """Gives access keys; safe to share between threads."""

    def get(self, seconds: float = DEFAULT_TIMEOUT) -> Credentials:
        """The keys to sign with now; raises NoCredentials, after so many seconds at the latest."""
        ...

    def renew(self, refused: Credentials, seconds: float = DEFAULT_TIMEOUT) -> bool:
        """Fetch anew after these were refused; True if `get` now gives other keys."""
        ...


class StaticCredentials:
    """Keys as they were written down: they cannot be renewed."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def get(self, seconds: float = DEFAULT_TIMEOUT) -> Credentials:  # noqa: ARG002 -- the protocol's
        """The keys."""
        return self._credentials

    def renew(self, refused: Credentials, seconds: float = DEFAULT_TIMEOUT) -> bool:  # noqa: ARG002
        """Never: there is nowhere to fetch others from."""
        return False


class OfficialCredentials:
    """Keys fetched by the official library, which refreshes temporary ones by itself.

    One thread fetches at a time. The library's timeouts are per read, if it has any: who
    waits goes away when its own time is over, and the fetching thread is left behind.
    """

    def __init__(self, place: KeyPlace, *, allow_http: bool = False) -> None:
        self._place = place
        self._allow_http = allow_http
        self._provider: Any = None
        self._failure: str | None = None
        self._last: Credentials | None = None
        self._lock = threading.Lock()  # held while the place is asked
        self._in_vain = 0.0  # the longest that anyone has waited for who holds it

    def get(self, seconds: float = DEFAULT_TIMEOUT) -> Credentials:
        """The keys of the moment; a place that has none is asked once, not per call."""
        last = self._last
        if last is not None and self._left(seconds) <= 0:
            # The place is silent: ESA says whether the last keys still hold.
            return last
        return self._in_time(seconds, self._get)

    def renew(self, refused: Credentials, seconds: float = DEFAULT_TIMEOUT) -> bool:
        """Open the place anew: files are read again, roles are taken on again."""
        return self._in_time(seconds, lambda: self._renew(refused))

    def _get(self) -> Credentials:
        if self._failure:
            raise NoCredentials(self._failure)
        return self._fetch()

    def _renew(self, refused: Credentials) -> bool:
        if self._provider is not None and self._fetch() != refused:
            return True  # another thread was faster
        self._provider, self._failure = None, None
        return self._fetch() != refused

    def _in_time(self, seconds: float, ask: Callable[[], T]) -> T:
        left = self._left(seconds)

        def late() -> NoCredentials:
            self._in_vain = max(self._in_vain, seconds)
            return self._silent(seconds)

        def alone() -> T:
            # The timeout ends the threads that were left behind here.
            if not self._lock.acquire(timeout=max(0.0, left)):
                raise late()
            try:
                self._in_vain = 0.0
                return ask()
            finally:
                self._lock.release()

        if left <= 0:
            raise late()
        return run_within(left, alone, late)

    def _left(self, seconds: float) -> float:
        """How long to wait: a silent place is given the time of one call, not of each anew."""
        return seconds - self._in_vain if self._lock.locked() else seconds

    def _silent(self, seconds: float) -> NoCredentials:
        place = official_keys.describe(self._place)
        return NoCredentials(
            f"no access key from {place} within {seconds:.3g} s; check that it answers, "
            "allow more time by esa-prefetch:deadline, or set "
            "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
        )

    def _fetch(self) -> Credentials:
        try:
            self._provider = self._provider or official_keys.open_provider(self._place)
            with plain_http(allowed=self._allow_http):
                keys = official_keys.read_keys(self._provider)
            self._last = official_keys.trimmed(keys, self._place)
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


def source_of(place: KeyPlace, *, allow_http: bool = False) -> CredentialsSource:
    """The source for the place that the settings chose."""
    if isinstance(place, Credentials):
        return StaticCredentials(place)
    return OfficialCredentials(place, allow_http=allow_http)


__all__ = [
    "Credentials",
    "CredentialsSource",
    "OfficialCredentials",
    "StaticCredentials",
    "source_of",
]
