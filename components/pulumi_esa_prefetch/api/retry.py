"""Whether and when a failed call is repeated, as pure functions."""

import random

from pulumi_esa_prefetch.api.errors import (
    BadAnswer,
    Busy,
    CutOff,
    EsaError,
    NoAnswer,
    OutOfTime,
    ServerFault,
    Throttled,
    Unreachable,
    Untrusted,
)
from pulumi_esa_prefetch.api.rate_limiter import LONGEST_HINT

FIRST_PAUSE = 0.5
LONGEST_PAUSE = 10.0

_TRANSIENT = (Throttled, Busy, CutOff, ServerFault, NoAnswer, BadAnswer)

# A host that does not exist, or that sends unreadable answers, rarely recovers within seconds:
# a user who mistyped the endpoint must not wait until the deadline.
_MOST_ATTEMPTS: dict[type[EsaError], int] = {
    Unreachable: 4,
    BadAnswer: 3,
    CutOff: 4,
}


def may_repeat(error: EsaError, attempt: int, *, safe_to_repeat: bool) -> bool:
    """Whether another attempt may follow attempt number `attempt` (from 1), which failed with this error.

    A call that may have had its effect is repeated only if a second effect does no harm (`safe_to_repeat`).
    """
    if isinstance(error, (OutOfTime, Untrusted)):
        return False
    if not isinstance(error, _TRANSIENT):
        return False
    if error.ambiguous and not safe_to_repeat:
        return False
    limits = (
        limit for kind, limit in _MOST_ATTEMPTS.items() if isinstance(error, kind)
    )
    return attempt < min(limits, default=attempt + 1)


def delay(error: BaseException, attempt: int, rng: random.Random) -> float:
    """The seconds to wait after attempt number `attempt` (from 1), which failed with this error.

    Exponential backoff with full jitter. If the server says how long to wait, that time comes first, up to a limit.
    """
    ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt - 1, 10))
    hint = error.retry_after if isinstance(error, EsaError) else None
    if not hint:
        return rng.uniform(0.0, ceiling)
    return min(hint, LONGEST_HINT) + rng.uniform(0.0, FIRST_PAUSE)
