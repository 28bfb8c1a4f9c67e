"""The errors of a call to ESA, as one tree; `retry` decides which calls are repeated.

EsaError                  `ambiguous`: the call may have had its effect; `under_way`: ESA may still carry it out
├── ApiError              ESA refused: action, code, status, message, request_id
│   ├── NotFound          the job or plan does not exist (never for a bare HTTP 404)
│   ├── Throttled         too many calls; this one had no effect
│   ├── Busy              locked or busy for a short time; this call had no effect
│   ├── Conflict          not possible in the current state of the job or plan
│   ├── Invalid           a parameter is missing or wrong
│   ├── Denied            the key lacks a RAM permission, the id is another account's, or ESA is not activated
│   ├── BadCredentials    wrong key or signature
│   │   ├── ExpiredToken  the STS token has expired, or belongs to another key
│   │   └── WrongClock    this machine's clock is wrong
│   ├── CutOff            a 4xx with incomplete JSON; this call had no effect
│   ├── NotFromEsa        a redirect, or a 4xx page of a proxy, a firewall or another server; no effect
│   └── ServerFault       5xx: ambiguous; under way if a gateway timed out (504)
├── NoAnswer              sent, but no complete answer: ambiguous
│   ├── TimedOut          no answer in time: under way
│   ├── Unreachable       no connection: never sent
│   ├── Untrusted         no trusted TLS connection: never sent
│   └── OutOfTime         the deadline passed before it was sent: never sent
│       └── Interrupted   the run was interrupted before it was sent: never sent
├── BadAnswer             a 2xx whose content cannot be understood: ambiguous
│   ├── AnotherId         the answer is about another job or plan
│   └── PlanUnreadable    ESA lists the plan, or may list it, in an entry that cannot be read: it is not "not found"
├── PartialFailure        a 200 in which ESA refuses a part
│   ├── PlansRefused      `created`: the result for each plan
│   └── UrlsRefused       `job`: the job, which exists
└── NoCredentials         no access key was found: never sent
    └── KeysNotFetched    the source of keys did not answer: nothing is known about its keys
"""

from http import HTTPStatus
from typing import TYPE_CHECKING, ClassVar

from pulumi_esa_prefetch.api.safe_text import one_line

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.models import CreatedPlans, Job

LONGEST_SENTENCE = 2000


class EsaError(Exception):
    """A call to ESA failed; the message is one sentence.

    `ambiguous`: whether the call may have had its effect. `retry_after`: the seconds that ESA asks to wait.
    """

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
        """Whether ESA may still carry out the call, even after the next call."""
        return False


class ApiError(EsaError):
    """ESA, or a gateway in front of it, refused the call."""

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
    """The job or plan does not exist: ESA returned one of its codes for this, never a bare HTTP 404."""


class Throttled(ApiError):
    """Too many calls: this one had no effect, and may be repeated."""


class Busy(ApiError):
    """The job or plan is locked or busy for a short time; this call had no effect."""


class Conflict(ApiError):
    """The call is not possible in the current state of the job or plan."""


class Invalid(ApiError):
    """A parameter is missing or wrong."""


class Denied(ApiError):
    """The access key lacks the RAM permission, the id belongs to another account, or ESA is not activated."""


class BadCredentials(ApiError):
    """ESA did not accept the access key, its signature or its token."""


class ExpiredToken(BadCredentials):
    """The STS token has expired, or belongs to another key."""


class WrongClock(BadCredentials):
    """The time of the request differs too much from ESA's time: this machine's clock is wrong."""


class CutOff(ApiError):
    """A 4xx with incomplete JSON: the call had no effect, and only another call can show the reason."""


class NotFromEsa(ApiError):
    """A redirect, or a 4xx without an error of ESA: a proxy, a firewall or another server sent it; no effect."""


class ServerFault(ApiError):
    """ESA, or a gateway in front of it, failed (5xx): the call may have had its effect."""

    @property
    def under_way(self) -> bool:
        """Whether a gateway timed out while it waited for ESA (504)."""
        return self.status == HTTPStatus.GATEWAY_TIMEOUT


class NoAnswer(EsaError):
    """The request was sent, but no complete answer came back: the call may have had its effect."""

    _sent: ClassVar[bool] = True

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, ambiguous=self._sent)


class TimedOut(NoAnswer):
    """The request was sent, but no answer came in time: ESA may still carry out the call."""

    @property
    def under_way(self) -> bool:
        """Always true: the request was sent."""
        return True


class Unreachable(NoAnswer):
    """There is no connection to the endpoint: the request was never sent."""

    _sent = False


class Untrusted(NoAnswer):
    """There is no trusted TLS connection to the endpoint: the request was never sent."""

    _sent = False


class OutOfTime(NoAnswer):
    """The deadline of the operation passed before this request could be sent."""

    _sent = False


class Interrupted(OutOfTime):
    """The run was interrupted before this request could be sent."""


class BadAnswer(EsaError):
    """A 2xx answer in JSON whose content cannot be understood: the call may have had its effect."""

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence, ambiguous=True)


class AnotherId(BadAnswer):
    """ESA accepted the call, but its answer is about another job or plan."""


class PlanUnreadable(BadAnswer):
    """ESA lists the plan, or may list it, in an entry that cannot be read: never the same as "not found"."""


class PartialFailure(EsaError):
    """ESA answered 200, and refused a part of the call in the answer."""


class PlansRefused(PartialFailure):
    """Not all plans were created; `created` has the created plans and ESA's messages."""

    def __init__(self, asked: int, created: "CreatedPlans") -> None:
        made = ", ".join(plan.id for plan in created.plans[:5])
        if len(created.plans) > 5:  # noqa: PLR2004 -- more ids make the sentence unreadable
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
    """The job was created, but ESA refused some or all of its URLs; `job` is that job.

    The job exists and counts against the limit of the site: keep its id, or delete the job.
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
    """No source had an access key: nothing was sent."""


class KeysNotFetched(NoCredentials):
    """The source of the keys did not answer, or not in time: nothing is known about its keys."""
