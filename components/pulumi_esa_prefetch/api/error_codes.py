"""The error class and the advice for each error code of ESA."""

from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadCredentials,
    Busy,
    Conflict,
    Denied,
    ExpiredToken,
    Invalid,
    NotFound,
    ServerFault,
    Throttled,
    WrongClock,
)

# From the error table that these actions share (page of StartScheduledPreloadExecution), the
# general codes of the gateway, and codes seen from other ESA actions. A 404 with another code
# does not prove that a plan is gone.
CLASSES: dict[str, type[ApiError]] = {
    "InvalidJob.NotFound": NotFound,
    "InvalidExecution.NotFound": NotFound,
    "InvalidScheduledPreloadJob.NotFound": NotFound,
    "InvalidScheduledPreloadExecution.NotFound": NotFound,
    "LogNotFound": ApiError,
    "InvalidApi.NotFound": ApiError,
    "InvalidEndTime.Mismatch": Invalid,
    "InvalidParameter.ObjectId": Invalid,
    "MissingOssUrl": Invalid,
    "MissingUrlList": Invalid,
    "InvalidJob.JobCountOfSiteFull": Conflict,
    "TooManyRequests": Throttled,
    "Rejected.Throttling": Throttled,
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

_SERVER = 500
"""From this HTTP status on the server failed: even a code for "not found" then proves nothing."""

# Each request has a new nonce. If ESA has seen it before, a device on the network path sent
# the request twice, and the first copy may have had its effect.
_AMBIGUOUS_CODES = {"SignatureNonceUsed"}

_RUN_UP = (
    "refresh and destroy use the stack config of the last `up`, so after changing a key "
    "in it run `up` once"
)
_CLASS_ADVICE: dict[type[ApiError], str] = {
    NotFound: "check the id, and that it was made in this account and at this endpoint",
    Throttled: "try again later, or set esa-prefetch:maxQps lower",
    Busy: "try again in a minute",
    Denied: "allow the key the RAM action esa:{action}",
    BadCredentials: f"check access key and secret; {_RUN_UP}",
    ExpiredToken: f"use a fresh temporary key or a profile; {_RUN_UP}",
    ServerFault: "try again later",
}
_CODE_ADVICE = {
    "InvalidUid.PermissionDenied": "check that the id is of this account, and allow the "
    "key the RAM action esa:{action}",
    "InvalidApi.NotFound": "check that the endpoint is one of ESA",
    "InvalidParameter.ObjectId": "an id has 24 hexadecimal digits",
}


def error_class(code: str, status: int, *, hinted: bool = False) -> type[ApiError]:
    """The error class for a code, otherwise for the code's prefix, otherwise for the HTTP status.

    `hinted`: whether the answer has a time after which to retry.
    """
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


def advice(code: str, found: type[ApiError], action: str) -> str:
    """What a user can do about the error; empty if ESA's message already says it."""
    text = _CODE_ADVICE.get(code) or _CLASS_ADVICE.get(found, "")
    return text.format(action=action)
