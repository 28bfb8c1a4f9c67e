"""All that can go wrong with a call to ESA, as one tree; makes no decision about repeating.

EsaError                  `ambiguous`: the call may have had its effect; `under_way`: or may have it yet
├── ApiError              ESA refused: action, code, status, message, request_id
│   ├── NotFound          the job or plan does not exist (never for a bare HTTP 404)
│   ├── Throttled         too many calls; this one had no effect
│   ├── Busy              locked or busy for a moment; this call had no effect
│   ├── Conflict          not possible in the state the job or plan is in
│   ├── Invalid           a parameter is missing or wrong
│   ├── Denied            the key lacks a RAM permission, or the id is another account's
│   ├── BadCredentials    wrong key or signature
│   │   ├── ExpiredToken  the STS token is over, or not this key's
│   │   └── WrongClock    this machine's clock is off
│   ├── CutOff            a 4xx whose JSON did not arrive whole; this call had no effect
│   └── ServerFault       5xx: ambiguous; under way if a gateway gave up waiting (504)
├── NoAnswer              sent, and no whole answer came back: ambiguous
│   ├── TimedOut          none in time: under way
│   ├── Unreachable       no connection: never sent
│   ├── Untrusted         no TLS connection that can be trusted: never sent
│   └── OutOfTime         the deadline came before it was sent
├── BadAnswer             a 2xx whose content cannot be understood: ambiguous
│   └── AnotherId         one that is about another object than the call
├── PartialFailure        a 200 that says that a part was refused
│   ├── PlansRefused      `created`: what became of each plan
│   └── UrlsRefused       `job`: the job, which exists
└── NoCredentials         no key could be had: never sent
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from pulumi_esa_prefetch.api.one_line import one_line

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.models import CreatedPlans, Job

LONGEST_SENTENCE = 2000


class EsaError(Exception):
    """A call to ESA failed; its text is one sentence for a person."""

    def __init__(
        self,
        sentence: str,
        *,
        ambiguous: bool = False,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(one_line(sentence, LONGEST_SENTENCE))
        self.ambiguous = ambiguous
        self.retry_after = retry_after

    @property
    def under_way(self) -> bool:
        """Whether ESA may carry the call out later, even after what is sent next."""
        return False


class ApiError(EsaError):
    """ESA (or something before it) refused a call."""

    def __init__(
        self,
        action: str,
        code: str,
        status: int,
        message: str,
        request_id: str | None = None,
        *,
        advice: str = "",
        ambiguous: bool = False,
        retry_after: float | None = None,
    ) -> None:
        facts = [code, f"HTTP {status}", request_id and f"request {request_id}"]
        known = ", ".join(fact for fact in facts if fact)
        sentence = f"{action}: {message.rstrip('. ')} ({known})"
        super().__init__(
            f"{sentence}; {advice}" if advice else sentence,
            ambiguous=ambiguous,
            retry_after=retry_after,
        )
        self.action = action
        self.code = code
        self.status = status
        self.message = message
        self.request_id = request_id


class NotFound(ApiError):
    """The job or plan does not exist: only ESA's own codes for it, never a bare 404."""


class Throttled(ApiError):
    """Too many calls: this one had no effect and may be repeated."""


class Busy(ApiError):
    """The object is locked or busy for a moment."""


class Conflict(ApiError):
    """What is asked for is not possible in the state the job or plan is in."""


class Invalid(ApiError):
    """A parameter is missing or wrong."""


class Denied(ApiError):
    """The key lacks the permission, or the id belongs to another account."""


class BadCredentials(ApiError):
    """The key, its signature or its token is not accepted."""


class ExpiredToken(BadCredentials):
    """The STS token has expired or is not one of this key."""


class WrongClock(BadCredentials):
    """The request's time is too far from ESA's: this machine's clock is off."""


class CutOff(ApiError):
    """A 4xx whose JSON did not arrive whole: no effect, and only another call can tell why."""


class ServerFault(ApiError):
    """ESA, or a proxy before it, failed (5xx): the call may have had its effect."""

    @property
    def under_way(self) -> bool:
        """Whether a gateway gave up waiting for ESA."""
        return self.status == HTTPStatus.GATEWAY_TIMEOUT


class NoAnswer(EsaError):
    """The request went out and no whole answer came back: it may have had its effect."""

    _sent: ClassVar[bool] = True

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, ambiguous=self._sent)


class TimedOut(NoAnswer):
    """The request went out and nobody answered in time: ESA may carry it out yet."""

    @property
    def under_way(self) -> bool:
        """It is."""
        return True


class Unreachable(NoAnswer):
    """No connection to the endpoint: the request was never sent."""

    _sent = False


class Untrusted(NoAnswer):
    """No TLS connection that can be trusted: the request was never sent."""

    _sent = False


class OutOfTime(NoAnswer):
    """The deadline of the operation came before this request could be sent."""

    _sent = False


class BadAnswer(EsaError):
    """A 2xx answer in JSON whose content cannot be understood."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, ambiguous=True)


class AnotherId(BadAnswer):
    """ESA accepted the call, and its answer is about another job or plan."""


class PartialFailure(EsaError):
    """ESA answered 200 and says inside that a part was refused."""


class PlansRefused(PartialFailure):
    """Not all plans were created; `created` has those that were, and ESA's messages."""

    def __init__(self, asked: int, created: "CreatedPlans") -> None:
        made = ", ".join(plan.id for plan in created.plans[:5])
        if len(created.plans) > 5:  # noqa: PLR2004 -- as many as one can take in
            made += f" and {len(created.plans) - 5} more"
        why = "; ".join(created.failed_messages) or "ESA gives no reason"
        request = f", request {created.request_id}" if created.request_id else ""
        super().__init__(
            f"CreateScheduledPreloadExecutions created {len(created.plans)} of {asked} "
            f"plans{f' ({made})' if made else ''}: {why} (HTTP 200{request}); correct "
            "the refused plans and create only those again"
        )
        self.created = created


class UrlsRefused(PartialFailure):
    """The job was created and some or all of its URLs were refused; `job` is that job.

    The job exists and counts against the site's limit: keep its id, or delete it.
    """

    def __init__(self, job: "Job") -> None:
        where = f", listed in {job.failed_file_oss}" if job.failed_file_oss else ""
        request = f", request {job.request_id}" if job.request_id else ""
        super().__init__(
            f"CreateScheduledPreloadJob created job {job.id}, and ESA refused URLs of it: "
            f"{job.error_info or 'it gives no reason'}{where} (HTTP 200{request}); correct the URLs and replace "
            "the job, or delete it"
        )
        self.job = job


class NoCredentials(EsaError):
    """No key could be had from any place: nothing was sent."""
