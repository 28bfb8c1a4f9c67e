"""The error class and the advice for each error code of ESA."""

import re

from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadCredentials,
    Busy,
    Conflict,
    Denied,
    ExpiredToken,
    Invalid,
    NotFound,
    NotFromEsa,
    ServerFault,
    Throttled,
    WrongClock,
)
from pulumi_esa_prefetch.settings.credential_sources import Credentials

# From the error table that these actions share (page of StartScheduledPreloadExecution), the
# general codes of the gateway, codes seen from other ESA actions, and those of purges in CDN and
# DCDN, for ESA documents none. A 404 with another code does not prove that a plan is gone.
CLASSES: dict[str, type[ApiError]] = {
    "InvalidJob.NotFound": NotFound,
    "InvalidExecution.NotFound": NotFound,
    "InvalidScheduledPreloadJob.NotFound": NotFound,
    "InvalidScheduledPreloadExecution.NotFound": NotFound,
    "LogNotFound": ApiError,
    "InvalidAction.NotFound": ApiError,
    "InvalidApi.NotFound": ApiError,  # the older name of the same
    "InvalidEndTime.Mismatch": Invalid,
    "InvalidParameter.ObjectId": Invalid,
    "MissingOssUrl": Invalid,
    "MissingUrlList": Invalid,
    "InvalidJob.JobCountOfSiteFull": Conflict,
    "TooManyRequests": Throttled,
    "Rejected.Throttling": Throttled,
    "QuotaPerMinuteExceeded.Refresh": Throttled,
    "TooMany.Refresh": Throttled,
    "SingleRequest.OverLimit": Invalid,
    "Site.ServiceBusy": Busy,
    "LockFailed": Busy,
    "SignatureNonceUsed": Busy,
    "InvalidUid.PermissionDenied": Denied,
    "NoPermission": Denied,
    "Forbidden": Denied,
    "Forbidden.RAM": Denied,
    "SignatureDoesNotMatch": BadCredentials,
    "IncompleteSignature": BadCredentials,
    "InvalidAccessKeyId.NotFound": BadCredentials,
    "InvalidAccessKeyId.Inactive": BadCredentials,
    "MissingAccessKeyId": BadCredentials,
    "MissingSecurityToken": BadCredentials,
    "InvalidSecurityToken.Expired": ExpiredToken,
    "InvalidSecurityToken.MismatchWithAccessKey": ExpiredToken,
    "InvalidTimeStamp.Expired": WrongClock,
    "InvalidTimeStamp.Format": WrongClock,
    "ServiceUnavailable": ServerFault,
    "InternalError": ServerFault,
    "InternalException": ServerFault,
}
_FAMILIES: tuple[tuple[str, type[ApiError]], ...] = (
    ("Throttling", Throttled),
    ("InvalidAccessKeyId", BadCredentials),
    ("InvalidSecurityToken", BadCredentials),
    ("Signature", BadCredentials),
    ("Forbidden", Denied),
    ("NoPermission", Denied),
    ("QuotaExceeded", Conflict),
    ("IncorrectStatus", Conflict),
    ("InvalidStatus", Conflict),
    ("InvalidParameter", Invalid),
    ("Missing", Invalid),
)
_STATUSES: dict[int, type[ApiError]] = {
    401: BadCredentials,
    403: Denied,
    408: ServerFault,
    409: Conflict,
    429: Throttled,
}
_FOREIGN_STATUSES: dict[int, type[ApiError]] = {408: ServerFault, 429: Throttled}
"""The statuses that mean the same, whoever sends them."""

_SERVER = 500
"""From this HTTP status on the server failed: even a code for "not found" then proves nothing."""

# Each request has a new nonce. If ESA has seen it before, a device on the network path sent
# the request twice, and the first copy may have had its effect.
_AMBIGUOUS_CODES = {"SignatureNonceUsed"}

_RUN_UP = (
    "; refresh and destroy use the stack config of the last `up`, so after changing a key "
    "in it run `up` once"
)
_CLASS_ADVICE: dict[type[ApiError], str] = {
    NotFound: "check the id, and that it was made in this account and at this endpoint",
    Throttled: "try again later, or set esa-prefetch:maxQps lower",
    Busy: "try again in a minute",
    Denied: "allow the key the RAM action esa:{action}",
    BadCredentials: "check access key and secret{origin}",
    ExpiredToken: "use a fresh temporary key or a profile{origin}",
    NotFromEsa: "this is no answer of ESA: a firewall or a proxy on the way, or another server at the endpoint, "
    "sent it: check the endpoint, and what the network lets pass",
    ServerFault: "try again later",
}
_CODE_ADVICE = {
    "InvalidUid.PermissionDenied": "check that the id is of this account, and allow the "
    "key the RAM action esa:{action}",
    "InvalidAccessKeyId.Inactive": "enable the key in the RAM console, or use another{origin}",
    "QuotaPerMinuteExceeded.Refresh": _CLASS_ADVICE[Throttled],
    "InvalidAction.NotFound": "check that the endpoint is one of ESA",
    "InvalidApi.NotFound": "check that the endpoint is one of ESA",
    "InvalidParameter.ObjectId": "an id has 24 hexadecimal digits",
    "InvalidSecurityToken.MismatchWithAccessKey": "use key, secret and token that were issued together{origin}",
}
# ESA documents no codes for these; other services of Alibaba Cloud spell them in several ways.
_CODE_PATTERNS = (
    (
        re.compile(r"(?i)not\.?(yet)?(open|activated|enabled|subscribed)"),
        "it is not activated for this account: activate it in the ESA console",
    ),
    (
        re.compile(r"(?i)quota.*(exceed|full|limit)|exceed.*quota"),
        "the quota is used up: ask for less, raise it, or wait until it is renewed (that of purges daily)",
    ),
    (
        re.compile(r"(?i)overdue|arrear|indebt|insufficient\.?balance"),
        "pay what the account owes, in the console",
    ),
)
_RAM_CODES = re.compile(r"(?i)forbidden|permission|access\.?denied|authori[sz]ed")
"""Codes of a 403 that RAM may lift; any other has its reason in ESA's message."""


def error_class(
    code: str, status: int, *, hinted: bool = False, is_from_esa: bool = True
) -> type[ApiError]:
    """The error class for a code, otherwise for the code's prefix, otherwise for the HTTP status.

    `hinted`: whether the answer has a time after which to retry. `is_from_esa`: whether it has an error of ESA.
    """
    if not is_from_esa and status < _SERVER:
        return _FOREIGN_STATUSES.get(status) or (Throttled if hinted else NotFromEsa)
    known = CLASSES.get(code) or next(
        (found for start, found in _FAMILIES if code.startswith(start)), None
    )
    if known and not (known is NotFound and status >= _SERVER):
        return known
    if "Throttling" in code:
        return Throttled
    if status >= _SERVER:
        return ServerFault
    # Alibaba's SDK also reads a refusal with x-acs-retry-after as throttling.
    return _STATUSES.get(status) or (Throttled if hinted else ApiError)


def is_ambiguous(code: str, found: type[ApiError]) -> bool:
    """Whether the refused call may still have had its effect."""
    return found is ServerFault or code in _AMBIGUOUS_CODES


def advice(code: str, found: type[ApiError], action: str, *, keys: Credentials) -> str:
    """What a user can do about the error; empty if ESA's message already says it."""
    patterns = (text for pattern, text in _CODE_PATTERNS if pattern.search(code))
    text = _CODE_ADVICE.get(code) or next(patterns, None)
    if text is None:
        is_unclear = found is Denied and code and not _RAM_CODES.search(code)
        text = "" if is_unclear else _CLASS_ADVICE.get(found, "")
    return text.format(action=action, origin=_origin_text(keys))


def _origin_text(keys: Credentials) -> str:
    """Where the refused keys came from, if that is known."""
    place = f"; the key came from {keys.origin}" if keys.origin else ""
    return f"{place}{_RUN_UP if keys.is_in_stack_config else ''}"
