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

# A host that is not there, or speaks in riddles, will hardly change within seconds: a
# person who mistyped the endpoint should not wait out the whole deadline.
_MOST_ATTEMPTS: dict[type[EsaError], int] = {
    Unreachable: 4,
    BadAnswer: 3,
    CutOff: 4,
}


def may_repeat(error: EsaError, attempt: int, *, safe_to_repeat: bool) -> bool:
    """Whether attempt number `attempt` (from 1), which failed so, may be followed by another.

    What may have had its effect is repeated only where a second effect does no harm.
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
    """Seconds to wait after attempt number `attempt` (from 1), which failed so.

    Full jitter on an exponential; a server's hint is waited out first, up to a cap.
    """
    ceiling = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(attempt - 1, 10))
    hint = error.retry_after if isinstance(error, EsaError) else None
    if not hint:
        return rng.uniform(0.0, ceiling)
    return min(hint, LONGEST_HINT) + rng.uniform(0.0, FIRST_PAUSE)
