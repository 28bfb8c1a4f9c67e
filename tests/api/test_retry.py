"""Whether and when a failed call is repeated, as tables of errors."""

import random
import statistics

import pytest

from pulumi_esa_prefetch.api.errors import (
    AnotherId,
    ApiError,
    BadAnswer,
    BadCredentials,
    Busy,
    Conflict,
    CutOff,
    Denied,
    EsaError,
    Invalid,
    NoAnswer,
    NoCredentials,
    NotFound,
    OutOfTime,
    ServerFault,
    Throttled,
    Unreachable,
    Untrusted,
)
from pulumi_esa_prefetch.api.rate_limiter import LONGEST_HINT
from pulumi_esa_prefetch.api.retry import FIRST_PAUSE, delay, may_repeat


def refused(
    kind: type[ApiError], *, ambiguous: bool = False, retry_after: float | None = None
) -> ApiError:
    return kind(
        "Start", "Code", 400, "No", ambiguous=ambiguous, retry_after=retry_after
    )


@pytest.mark.parametrize(
    ("error", "if_safe", "if_not"),
    [
        (refused(Throttled), True, True),
        (refused(Busy), True, True),
        (refused(Busy, ambiguous=True), True, False),
        (refused(CutOff), True, True),
        (refused(ServerFault, ambiguous=True), True, False),
        (NoAnswer("lost"), True, False),
        (Unreachable("refused"), True, True),
        (BadAnswer("odd"), True, False),
        (AnotherId("another"), True, False),
        (Untrusted("certificate"), False, False),
        (OutOfTime("late"), False, False),
        (refused(NotFound), False, False),
        (refused(Denied), False, False),
        (refused(Invalid), False, False),
        (refused(Conflict), False, False),
        (refused(BadCredentials), False, False),
        (refused(ApiError), False, False),
        (NoCredentials("none"), False, False),
    ],
    ids=lambda value: value if isinstance(value, bool) else type(value).__name__,
)
def test_only_transient_errors_of_calls_that_are_safe_to_repeat_are_retried(
    error: EsaError, if_safe: bool, if_not: bool
) -> None:
    assert may_repeat(error, 1, safe_to_repeat=True) is if_safe
    assert may_repeat(error, 1, safe_to_repeat=False) is if_not


@pytest.mark.parametrize(
    ("error", "tries"),
    [(Unreachable("x"), 4), (BadAnswer("x"), 3), (refused(CutOff), 4)],
)
def test_errors_that_rarely_pass_get_few_attempts(error: EsaError, tries: int) -> None:
    assert may_repeat(error, tries - 1, safe_to_repeat=True)
    assert not may_repeat(error, tries, safe_to_repeat=True)


def test_throttling_is_retried_until_the_deadline() -> None:
    assert may_repeat(refused(Throttled), 1_000_000, safe_to_repeat=False)


@pytest.mark.parametrize(
    ("attempt", "ceiling"),
    [(1, 0.5), (2, 1.0), (3, 2.0), (5, 8.0), (6, 10.0), (5000, 10.0)],
)
def test_a_pause_has_full_jitter_on_an_exponential_backoff(
    attempt: int, ceiling: float
) -> None:
    rng = random.Random(1)

    pauses = [delay(NoAnswer("lost"), attempt, rng) for _ in range(2000)]

    assert 0 <= min(pauses) < 0.05 * ceiling
    assert 0.95 * ceiling < max(pauses) <= ceiling
    assert statistics.mean(pauses) == pytest.approx(ceiling / 2, rel=0.1)


@pytest.mark.parametrize(("hint", "waited"), [(2.0, 2.0), (3600.0, LONGEST_HINT)])
def test_a_hint_is_waited_for_up_to_a_limit_with_a_little_jitter(
    hint: float, waited: float
) -> None:
    rng = random.Random(1)

    pauses = [delay(refused(Throttled, retry_after=hint), 1, rng) for _ in range(100)]

    assert min(pauses) >= waited
    assert max(pauses) <= waited + FIRST_PAUSE
    assert len(set(pauses)) > 90


def test_the_same_random_seed_gives_the_same_pauses() -> None:
    first = [delay(NoAnswer("x"), n, random.Random(7)) for n in range(1, 5)]

    assert first == [delay(NoAnswer("x"), n, random.Random(7)) for n in range(1, 5)]


@pytest.mark.parametrize(
    ("error", "attempts"),
    [
        (Unreachable("refused"), 4),
        (BadAnswer("odd"), 3),
        (AnotherId("another"), 3),
        (refused(CutOff), 4),
    ],
    ids=lambda value: type(value).__name__,
)
def test_an_error_that_rarely_passes_ends_after_a_few_attempts(
    error: EsaError, attempts: int
) -> None:
    tried = next(
        n for n in range(1, 99) if not may_repeat(error, n, safe_to_repeat=True)
    )

    assert tried == attempts
