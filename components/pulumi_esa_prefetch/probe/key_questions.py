"""The two questions about access keys: what ESA answers to an unknown one, and to one that RAM denies the action."""

import secrets
from collections.abc import Callable
from typing import Final

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import Credentials
from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadCredentials,
    Denied,
    EsaError,
    ExpiredToken,
    WrongClock,
)
from pulumi_esa_prefetch.probe import judgements
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.outcomes import NotSettled

NEEDS_PROFILE: Final = "it needs a key without the right esa:ListScheduledPreloadJobs: --denied-key-profile"
_OF_ANOTHER_ACCOUNT: Final = "InvalidUid"
_TRIES: Final = 8


def invented_key() -> Credentials:
    """An access key that nobody has."""
    return Credentials(f"LTAI{secrets.token_hex(10)}", secrets.token_hex(15))


def unknown_key(esa: EsaClient, site_id: str) -> Verdict:
    """The HTTP status of the refusal of an invented key; raises NotSettled."""

    def status(error: EsaError) -> str | None:
        wrong = isinstance(error, BadCredentials) and not isinstance(
            error, (ExpiredToken, WrongClock)
        )
        return str(error.status) if isinstance(error, ApiError) and wrong else None

    return _agreed(esa, site_id, status, 1, "the invented key was not refused as one")


def denied(esa: EsaClient | None, site_id: str) -> Verdict:
    """The code of the refusal of a key without rights; raises NotSettled."""
    if esa is None:
        raise NotSettled(NEEDS_PROFILE)

    def code(error: EsaError) -> str | None:
        ours = isinstance(error, Denied) and not error.code.startswith(
            _OF_ANOTHER_ACCOUNT
        )
        return error.code if isinstance(error, ApiError) and ours else None

    return _agreed(esa, site_id, code, 3, NEEDS_PROFILE)


def _agreed(
    esa: EsaClient,
    site_id: str,
    fact: Callable[[EsaError], str | None],
    wanted: int,
    otherwise: str,
) -> Verdict:
    found: list[str] = []
    for _ in range(_TRIES):
        try:
            esa.list_scheduled_preload_jobs(site_id=site_id)
        except EsaError as error:
            seen = fact(error)
            found += [seen] if seen else []
        else:
            break  # the key is good for this call
        if len(found) == wanted:
            break
    verdict = judgements.same_code(found, wanted)
    if verdict is None:
        raise NotSettled(otherwise)
    return verdict
