"""Which API actions the key may call: each is called with an id that no job or plan has, so that nothing happens.

RAM is asked before the id is looked up. So "not found" or "invalid id" means that the action is allowed, and a
refusal by RAM that it is denied; any other answer leaves it unknown. The two Create actions and PurgeCaches cannot
be asked so: they have no id that makes them harmless.

What changes something is called only after two reads have proved that no job has the id, from the least harmful to
the worst, and never after an answer that does not rule out that the call before it has done something.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadAnswer,
    BadCredentials,
    Conflict,
    Denied,
    EsaError,
    Invalid,
    NoAnswer,
    NoCredentials,
    NotFound,
    ServerFault,
    Throttled,
    WrongClock,
)
from pulumi_esa_prefetch.doctor.findings import Finding, Status, with_advice

NOBODY = "0" * 24
"""An id of the right form that no job or plan has: it would be from 1970."""
NO_SITE = 1
PRELOAD = "preload"
_LATER = "run the doctor again later"
NO_JOB: Final = ("GetScheduledPreloadJob", "ListScheduledPreloadExecutions")
"""The reads that prove that no job has the id; without both proofs nothing that changes something is called."""
NO_PLAN: Final = ("StopScheduledPreloadExecution", "StartScheduledPreloadExecution")
"""No call reads a plan by its id. Without a proof by one of these no plan is deleted."""
NOT_ASKED = (
    "CreateScheduledPreloadJob",
    "CreateScheduledPreloadExecutions",
    "PurgeCaches",
)
"""The actions of the policies that are not called: a call that is allowed may create something."""

MOST_SILENT = 2
"""After so many calls that took all their time the others are not made: one may be bad luck."""

Verdict = Literal["allowed", "denied", "unknown"]
Call = Callable[[EsaClient], object]


@dataclass(frozen=True, slots=True)
class Right:
    """An action, the policy file of `docs/ram` that allows it, what needs it, and the harmless call."""

    action: str
    policy: str
    needed_by: str
    call: Call
    is_required: bool = False
    """Whether this package can do nothing without it."""

    @property
    def reads(self) -> bool:
        """Whether the action only reads: then a 200 means no more than that it is allowed."""
        return _reads(self.action)


def rights(site_id: str | None, now: datetime) -> tuple[Right, ...]:
    """All actions of the policy files but those of `NOT_ASKED`: those that read, then from harmless to worst.

    With a site, its jobs of the future are listed. An Update of no property changes nothing.
    """
    site = site_id or NO_SITE
    return (
        Right(
            "GetScheduledPreloadJob",
            "preview",
            "reading a job",
            lambda c: c.get_scheduled_preload_job(job_id=NOBODY),
            is_required=True,
        ),
        Right(
            "ListScheduledPreloadExecutions",
            "preview",
            "reading a plan",
            lambda c: c.list_scheduled_preload_executions(job_id=NOBODY),
            is_required=True,
        ),
        Right(
            "ListScheduledPreloadJobs",
            "preview",
            "listing the jobs of a site",
            lambda c: c.list_scheduled_preload_jobs(site_id=site, start_time=now),
        ),
        Right(
            "ListInstanceQuotas",
            "preview",
            "reading the prefetch allowance",
            lambda c: c.list_instance_quotas(quota_names=[PRELOAD], site_id=site),
        ),
        Right(
            "DescribePurgeTasks",
            "apply-site",
            'purge="before"',
            lambda c: c.describe_purge_tasks(site_id=site),
        ),
        Right(
            "UpdateScheduledPreloadExecution",
            "apply-site",
            "SitePrefetch",
            lambda c: c.update_scheduled_preload_execution(plan_id=NOBODY),
        ),
        Right(
            "StopScheduledPreloadExecution",
            "apply",
            "stopping a plan",
            lambda c: c.stop_scheduled_preload_execution(plan_id=NOBODY),
        ),
        Right(
            "ResetScheduledPreloadJob",
            "apply",
            "running a plan again",
            lambda c: c.reset_scheduled_preload_job(job_id=NOBODY),
        ),
        Right(
            "StartScheduledPreloadExecution",
            "apply",
            "starting a plan",
            lambda c: c.start_scheduled_preload_execution(plan_id=NOBODY),
        ),
        Right(
            "DeleteScheduledPreloadExecution",
            "apply-delete",
            'on_destroy="delete"',
            lambda c: c.delete_scheduled_preload_execution(plan_id=NOBODY),
        ),
        Right(
            "DeleteScheduledPreloadJob",
            "apply-site",
            "SitePrefetch",
            lambda c: c.delete_scheduled_preload_job(job_id=NOBODY),
        ),
    )


def check_rights(
    client: EsaClient, wanted: tuple[Right, ...], tell: Callable[[str], None]
) -> Iterator[Finding]:
    """A line for each right; ends early if ESA refuses the key, or has no answer to two calls."""
    answers: dict[str, EsaError | None] = {}
    silent = 0
    for number, right in enumerate(wanted, 1):
        tell(f"the rights ({number} of {len(wanted)}, {right.action})")
        why = why_not_asked(right, answers)
        if why:
            yield _not_asked(right, why)
            continue
        error = answers[right.action] = _asked(client, right)
        if isinstance(error, BadCredentials | NoCredentials):
            check = "clock" if isinstance(error, WrongClock) else "keys"
            yield with_advice(check, "failed", str(error), "use other keys")
            return
        yield right_finding(right, error)
        silent += isinstance(error, NoAnswer | ServerFault | Throttled)
        if silent == MOST_SILENT:
            return
    yield Finding(
        "rights",
        "ok",
        "both Create actions and PurgeCaches: not asked, they would create or purge something",
        facts={"right": "notAsked", "actions": list(NOT_ASKED)},
    )


def why_not_asked(right: Right, answers: Mapping[str, EsaError | None]) -> str | None:
    """Why the call could do something, by the answers so far; None if it may be made."""
    if right.reads:
        return None
    for action in NO_JOB:
        if not _proves_nothing_there(answers, action):
            return f"{action} did not prove that no job has the id {NOBODY}"
    for action, error in answers.items():
        if not _reads(action) and _may_have_acted(error):
            return f"{action} may have found something with the id {NOBODY}"
    deletes_plan = right.action == "DeleteScheduledPreloadExecution"
    if deletes_plan and not any(_proves_nothing_there(answers, a) for a in NO_PLAN):
        return f"no call proved that no plan has the id {NOBODY}"
    return None


def _proves_nothing_there(answers: Mapping[str, EsaError | None], action: str) -> bool:
    return action in answers and _is_unknown_object(answers[action])


def _may_have_acted(error: EsaError | None) -> bool:
    """Whether the call may have found something; an answer that got lost does not say."""
    uncertain = NoAnswer | ServerFault | BadAnswer | Conflict
    return error is None or isinstance(error, uncertain)


def verdict_of(right: Right, error: EsaError | None) -> Verdict:
    """What the answer to the harmless call says about the right."""
    if error is None:
        return "allowed" if right.reads else "unknown"
    if _is_unknown_object(error):
        return "allowed"
    # This code is also ESA's answer to an id of another account, which says nothing about RAM.
    is_ram = isinstance(error, Denied) and error.code != "InvalidUid.PermissionDenied"
    return "denied" if is_ram else "unknown"


def right_finding(right: Right, error: EsaError | None) -> Finding:
    """The line on a right."""
    verdict = verdict_of(right, error)
    facts = _facts(right, verdict)
    if verdict == "allowed":
        return Finding("rights", "ok", f"{right.action}: allowed", facts=facts)
    if verdict == "denied":
        status: Status = "failed" if right.is_required else "warning"
        return Finding(
            "rights",
            status,
            f"{right.action}: denied",
            f"if {right.needed_by} is this key's work, attach docs/ram/{right.policy}.json",
            facts,
        )
    if error is None:
        return Finding(
            "rights",
            "failed",
            f"{right.action}: ESA carried it out, because something has the id {NOBODY}",
            "see what has become of it in the console of ESA",
            facts,
        )
    found = with_advice("rights", "warning", str(error), _LATER)
    text = f"{right.action}: unknown ({found.text})"
    return Finding("rights", "warning", text, found.what_to_do, facts)


def _not_asked(right: Right, why: str) -> Finding:
    """The line on a right whose call could do something."""
    text = f"{right.action}: unknown (not asked: {why})"
    advice = f"see in RAM whether docs/ram/{right.policy}.json is attached"
    return Finding("rights", "warning", text, advice, _facts(right, "unknown"))


def _facts(right: Right, verdict: Verdict) -> dict[str, str]:
    return {
        "action": f"esa:{right.action}",
        "right": verdict,
        "policy": f"ram/{right.policy}.json",
    }


def _reads(action: str) -> bool:
    return action.startswith(("Get", "List", "Describe"))


def _asked(client: EsaClient, right: Right) -> EsaError | None:
    try:
        right.call(client)
    except EsaError as error:
        return error
    return None


def _is_unknown_object(error: EsaError | None) -> bool:
    """Whether ESA says that the id or site is not valid or not there, which it finds out after RAM.

    A parameter that is missing proves nothing: the gateway sees that before RAM is asked.
    """
    if isinstance(error, NotFound):
        return True
    if not isinstance(error, ApiError):
        return False
    if isinstance(error, Invalid):
        return error.code.startswith("InvalidParameter")
    is_api = error.code.startswith(("InvalidAction", "InvalidApi"))
    return error.status == 404 and not is_api and error.code.endswith(_NO_OBJECT)  # noqa: PLR2004


_NO_OBJECT = ("NotFound", "NotExist", "NotExists")
