"""Which API actions the key may call: each is called with an id that no job or plan has, so that nothing happens.

RAM is asked before the id is looked up. So "not found" or "invalid id" means that the action is allowed, and a
refusal by RAM that it is denied; any other answer leaves it unknown. The two Create actions cannot be asked so:
they have no id that makes them harmless. If a job has the id all the same, nothing that changes anything is called.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadCredentials,
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
NOT_ASKED = ("CreateScheduledPreloadJob", "CreateScheduledPreloadExecutions")
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
        return self.action.startswith(("Get", "List"))


def rights(site_id: str | None, now: datetime) -> tuple[Right, ...]:
    """All actions of the policy files but the two that create; with a site, its jobs of the future are listed."""
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
            "StartScheduledPreloadExecution",
            "apply",
            "starting a plan",
            lambda c: c.start_scheduled_preload_execution(plan_id=NOBODY),
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
            "DeleteScheduledPreloadExecution",
            "apply-delete",
            'on_destroy="delete"',
            lambda c: c.delete_scheduled_preload_execution(plan_id=NOBODY),
        ),
        Right(
            "UpdateScheduledPreloadExecution",
            "apply-site",
            "SitePrefetch",
            lambda c: c.update_scheduled_preload_execution(plan_id=NOBODY),
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
    is_taken, silent = False, 0
    for number, right in enumerate(wanted, 1):
        tell(f"the rights ({number} of {len(wanted)}, {right.action})")
        if is_taken and not right.reads:
            yield right_finding(right, None)
            continue
        error = _asked(client, right)
        is_taken |= error is None and right.action == "GetScheduledPreloadJob"
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
        "both Create actions: not asked, they would create something",
        facts={"right": "notAsked", "actions": list(NOT_ASKED)},
    )


def verdict_of(right: Right, error: EsaError | None) -> Verdict:
    """What the answer to the harmless call says about the right."""
    if error is None:
        return "allowed" if right.reads else "unknown"
    if isinstance(error, NotFound) or _is_unknown_object(error):
        return "allowed"
    # This code is also ESA's answer to an id of another account, which says nothing about RAM.
    is_ram = isinstance(error, Denied) and error.code != "InvalidUid.PermissionDenied"
    return "denied" if is_ram else "unknown"


def right_finding(right: Right, error: EsaError | None) -> Finding:
    """The line on a right."""
    verdict = verdict_of(right, error)
    facts = {
        "action": f"esa:{right.action}",
        "right": verdict,
        "policy": f"ram/{right.policy}.json",
    }
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
    why = str(error) if error else f"ESA has something with the id {NOBODY}"
    found = with_advice("rights", "warning", why, _LATER)
    text = f"{right.action}: unknown ({found.text})"
    return Finding("rights", "warning", text, found.what_to_do, facts)


def _asked(client: EsaClient, right: Right) -> EsaError | None:
    try:
        right.call(client)
    except EsaError as error:
        return error
    return None


def _is_unknown_object(error: EsaError) -> bool:
    """Whether ESA says that the id or site is not valid or not there, which it finds out after RAM.

    A parameter that is missing proves nothing: the gateway sees that before RAM is asked.
    """
    if not isinstance(error, ApiError):
        return False
    if isinstance(error, Invalid):
        return error.code.startswith("InvalidParameter")
    is_api = error.code.startswith(("InvalidAction", "InvalidApi"))
    return error.status == 404 and not is_api and error.code.endswith(_NO_OBJECT)  # noqa: PLR2004


_NO_OBJECT = ("NotFound", "NotExist", "NotExists")
