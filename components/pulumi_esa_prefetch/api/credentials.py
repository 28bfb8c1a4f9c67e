"""Fetches access keys when they are first needed, and again when ESA refuses them; stores none on disk."""

import logging
import threading
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from pulumi_esa_prefetch.api import alibaba_credentials, key_reasons
from pulumi_esa_prefetch.api.call_limits import run_within
from pulumi_esa_prefetch.api.errors import KeysNotFetched, NoCredentials
from pulumi_esa_prefetch.api.key_requests import plain_http
from pulumi_esa_prefetch.settings.credential_sources import (
    Credentials,
    KeySource,
    UnusableKeySource,
)

DEFAULT_TIMEOUT = 60.0
"""Seconds until a source must answer, if the caller has no deadline."""

T = TypeVar("T")

_log = logging.getLogger("pulumi_esa_prefetch.api")


class CredentialsProvider(Protocol):
    """Provides access keys; safe to share between threads."""

    def get(self, seconds: float = DEFAULT_TIMEOUT) -> Credentials:
        """The keys to sign with now; raises NoCredentials, at the latest after this number of seconds."""
        ...

    def renew(self, refused: Credentials, seconds: float = DEFAULT_TIMEOUT) -> bool:
        """Fetch keys again after ESA refused these; True if `get` now returns other keys.

        Raises NoCredentials, at the latest after this number of seconds.
        """
        ...


class StaticCredentials:
    """Keys from the settings, which cannot be renewed."""

    def __init__(self, credentials: Credentials) -> None:
        self._credentials = credentials

    def get(self, seconds: float = DEFAULT_TIMEOUT) -> Credentials:  # noqa: ARG002 -- the protocol's
        """The keys."""
        return self._credentials

    def renew(self, refused: Credentials, seconds: float = DEFAULT_TIMEOUT) -> bool:  # noqa: ARG002
        """Return False: there are no other keys."""
        return False


class LibraryCredentials:
    """Keys fetched by Alibaba's credentials library, which refreshes temporary keys by itself.

    One thread fetches at a time. The library's timeouts are for each read, or do not exist. So a caller stops
    waiting when its own time is over, and the thread that fetches goes on alone.
    """

    def __init__(self, source: KeySource, *, allow_http: bool = False) -> None:
        self._source = source
        self._allow_http = allow_http
        self._provider: Any = None
        self._failure: NoCredentials | None = None
        self._last: Credentials | None = None
        self._lock = threading.Lock()  # held during a fetch
        # the most seconds that a caller waited in vain for the fetch that now holds the lock
        self._longest_wait = 0.0

    def get(self, seconds: float = DEFAULT_TIMEOUT) -> Credentials:
        """The current keys; a source that has none is asked once, not for each call."""
        last = self._last
        if last is not None and self._left(seconds) <= 0:
            # The source does not answer: ESA decides whether the last keys are still valid.
            return last
        return self._fetch_within(seconds, self._get)

    def renew(self, refused: Credentials, seconds: float = DEFAULT_TIMEOUT) -> bool:
        """Open the source again: it reads its files again, and assumes its role again."""
        return self._fetch_within(seconds, lambda: self._renew(refused))

    def _get(self) -> Credentials:
        if self._failure:
            raise self._failure
        return self._fetch()

    def _renew(self, refused: Credentials) -> bool:
        if self._provider is not None and self._fetch() != refused:
            return True  # another thread was faster
        self._provider, self._failure = None, None
        return self._fetch() != refused

    def _fetch_within(self, seconds: float, ask: Callable[[], T]) -> T:
        left = self._left(seconds)

        def late() -> KeysNotFetched:
            self._longest_wait = max(self._longest_wait, seconds)
            return self._timeout_error(seconds)

        def locked() -> T:
            # With this timeout, threads whose callers have stopped waiting end.
            if not self._lock.acquire(timeout=max(0.0, left)):
                raise late()
            try:
                self._longest_wait = 0.0
                return ask()
            finally:
                self._lock.release()

        if left <= 0:
            raise late()
        return run_within(left, locked, late)

    def _left(self, seconds: float) -> float:
        """The seconds to wait: all calls together wait for a silent source as long as one call."""
        return seconds - self._longest_wait if self._lock.locked() else seconds

    def _timeout_error(self, seconds: float) -> KeysNotFetched:
        source = key_reasons.describe(self._source)
        return KeysNotFetched(
            f"no access key from {source} within {seconds:.3g} s; check that it answers, "
            "allow more time by esa-prefetch:deadline, or set "
            "ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET"
        )

    def _fetch(self) -> Credentials:
        try:
            self._provider = self._provider or alibaba_credentials.open_provider(
                self._source
            )
            with plain_http(allowed=self._allow_http):
                keys = alibaba_credentials.read_keys(self._provider)
            self._last = alibaba_credentials.trimmed(keys, self._source)
        except Exception as error:  # noqa: BLE001 -- the library raises errors of any class
            source = key_reasons.describe(self._source)
            why = key_reasons.reason(error)
            _log.debug("no access key from %s: %s", source, why)
            if self._last is not None:
                # A short failure of the source: ESA decides whether the last keys are still valid.
                return self._last
            is_silent = isinstance(error, KeysNotFetched)
            self._failure = (KeysNotFetched if is_silent else NoCredentials)(
                f"no access key from {source} ({why}); set ALIBABA_CLOUD_ACCESS_KEY_ID "
                "and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or name a profile by "
                "esa-prefetch:profile"
            )
            raise self._failure from None
        return self._last


def provider_for(source: KeySource, *, allow_http: bool = False) -> CredentialsProvider:
    """The object that fetches keys from the source that the settings chose.

    Raises NoCredentials if the settings of access keys are incomplete or wrong.
    """
    if isinstance(source, UnusableKeySource):
        raise NoCredentials(source.problem)
    if isinstance(source, Credentials):
        return StaticCredentials(source)
    return LibraryCredentials(source, allow_http=allow_http)


__all__ = [
    "Credentials",
    "CredentialsProvider",
    "LibraryCredentials",
    "StaticCredentials",
    "provider_for",
]
