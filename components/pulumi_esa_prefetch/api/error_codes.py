"""What ESA's error codes mean to us: a class of error and a piece of advice each; reads no answer."""

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

# From the error table that all operations of the family share (the page of
# StartScheduledPreloadExecution), the gateway's general codes, and codes seen from other
# ESA operations. A 404 that is not one of these is no proof that a plan is gone.
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
"""From here on the server failed, and its word on what exists is worth nothing."""

# A nonce is new for each request: if ESA has seen it, something on the way sent the
# request twice, and the first copy may have had its effect.
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
    """The class for a code, else for its family, else for the HTTP status."""
    known = CLASSES.get(code) or next(
        (found for start, found in _FAMILIES if code.startswith(start)), None
    )
    if known and not (known is NotFound and status >= _SERVER):
        return known
    if "Throttling" in code:
        return Throttled
    if status >= _SERVER:
        return ServerFault
    # ESA's SDK, too, takes a refusal with x-acs-retry-after for throttling.
    return _STATUSES.get(status) or (Throttled if hinted else ApiError)


def is_ambiguous(code: str, found: type[ApiError]) -> bool:
    """Whether the refused call may have had its effect all the same."""
    return found is ServerFault or code in _AMBIGUOUS_CODES


def advice(code: str, found: type[ApiError], action: str) -> str:
    """What a person can do about it; empty where ESA's message says it all."""
    text = _CODE_ADVICE.get(code) or _CLASS_ADVICE.get(found, "")
    return text.format(action=action)
