"""How one call ended: done, refused, lost (the effect is unknown) or unusable (no effect, and nothing learned)."""

from dataclasses import dataclass, field
from typing import Any, Final, Generic, Literal, TypeVar

from pulumi_esa_prefetch.api.errors import (
    ApiError,
    Conflict,
    EsaError,
    Invalid,
    NotFound,
    PartialFailure,
)

T = TypeVar("T")
Kind = Literal["done", "refused", "lost", "unusable"]

_REFUSALS: Final = (ApiError, Conflict, Invalid, NotFound)
"""The classes of a refusal that is about the job or plan; subclasses are about keys, rights, load or the network."""
_OTHER_REASONS: Final = (
    "InvalidAction",
    "InvalidApi",
    "InvalidParameter",
    "InvalidVersion",
    "Missing",
    "UnsupportedHTTPMethod",
)
"""Codes that say that the call itself is wrong, which tells nothing about the state of a plan."""
_CLIENT_ERRORS: Final = range(400, 500)


class NotSettled(Exception):
    """A question has no answer; the text says why, without an id, a key or a name.

    `error`: the error behind it, for a person; its text may have all of them.
    """

    def __init__(self, reason: str, error: EsaError | None = None) -> None:
        super().__init__(reason)
        self.error = error


@dataclass(frozen=True)
class Outcome(Generic[T]):
    """How one call ended; `seen` says it without an id: HTTP status and code, or the kind of failure."""

    kind: Kind
    seen: str = ""
    value: T | None = None
    error: EsaError | None = field(default=None, compare=False, repr=False)

    @property
    def status(self) -> str | None:
        """The plan's status in the answer, if the call is done and the answer has one."""
        return getattr(self.value, "status", None)


def done(value: T) -> Outcome[T]:
    """The outcome of a call that ESA accepted."""
    return Outcome("done", "HTTP 200", value)


def outcome_of(error: EsaError) -> Outcome[Any]:
    """The outcome of a call that ended with this error."""
    return Outcome(_kind(error), _seen(error), error=error)


def _kind(error: EsaError) -> Kind:
    if error.ambiguous:
        return "lost"
    is_partial = isinstance(error, PartialFailure)
    return "refused" if is_partial or _is_refusal(error) else "unusable"


def _is_refusal(error: EsaError) -> bool:
    return (
        type(error) in _REFUSALS
        and isinstance(error, ApiError)
        and error.status in _CLIENT_ERRORS
        and not error.code.startswith(_OTHER_REASONS)
    )


def _seen(error: EsaError) -> str:
    if isinstance(error, PartialFailure):
        return "HTTP 200 that refuses a part"
    if isinstance(error, ApiError):
        return f"HTTP {error.status} {error.code}".rstrip()
    return f"no usable answer ({type(error).__name__})"
