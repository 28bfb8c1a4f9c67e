"""What observations prove: pure functions; None means that they prove nothing, and the trial has to be repeated."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from pulumi_esa_prefetch.probe.outcomes import Outcome

_NOTATIONS: Final = {
    "+08:00": re.compile(r"\S+T\d\d:\d\d:\d\d\.\d{3}\+08:00"),
    "Z": re.compile(r"\S+T\d\d:\d\d:\d\dZ"),
    "millis-Z": re.compile(r"\S+T\d\d:\d\d:\d\d\.\d{3}Z"),
    "+0800": re.compile(r"\S+T\d\d:\d\d:\d\d\+0800"),
}
_NEAR: Final = timedelta(minutes=2)
_MOST_UNSURE: Final = timedelta(minutes=10)
"""If it is not known more closely than this when a plan was created, no other time can be told from it."""


@dataclass(frozen=True)
class Verdict:
    """An answer, and what was seen of it; neither has an id or a name."""

    answer: str
    seen: str = ""


def handling(before: str, outcome: Outcome[Any], after: str | None) -> Verdict | None:
    """Whether a call on a plan was accepted, ignored or refused; `after`: its status some seconds later.

    Nothing else may change the plan: its window is far away, or its status does not change by itself.
    """
    if after is None:
        return None
    if after != before:
        return (
            None
            if outcome.kind == "refused"
            else Verdict("accepted", f"{before}, then {after}")
        )
    if outcome.kind == "refused":
        return Verdict("refused", outcome.seen)
    if outcome.kind == "done" and outcome.status in {None, before}:
        return Verdict("ignored", f"{outcome.seen}, still {before}")
    return None


def start_running(
    outcome: Outcome[Any], before: int, after: int, slice_len: int = 1
) -> Verdict | None:
    """What Start does to a running plan, by TaskSubmitted before and after it."""
    if outcome.kind == "refused":
        return Verdict("refused", outcome.seen) if after == before else None
    if after == before + slice_len:
        return Verdict("accepted", "the next batch at once")
    if outcome.kind == "done" and after == before:
        return Verdict("ignored", f"{outcome.seen}, no batch")
    return None


def start_shows(outcome: Outcome[Any], *, ran: bool) -> Verdict | None:
    """The status in the answer of a Start after which the plan runs."""
    if outcome.kind == "done" and outcome.status in {"running", "waiting"} and ran:
        return Verdict(str(outcome.status), outcome.seen)
    return None


def bad_plans(outcome: Outcome[Any], *, good: bool, bad: bool) -> Verdict | None:
    """What one bad plan does to a Create, by which of the two plans ESA lists."""
    if bad:
        return Verdict("accepted", f"{outcome.seen}, the bad plan too")
    if good:
        return Verdict("reported", outcome.seen)
    return Verdict("refused", outcome.seen) if outcome.kind == "refused" else None


def equal_window(outcome: Outcome[Any], *, listed: bool) -> Verdict | None:
    """Whether ESA takes a window without length, by whether it lists the plan."""
    if listed:
        return Verdict("accepted", outcome.seen)
    return Verdict("refused", outcome.seen) if outcome.kind == "refused" else None


def no_start(
    readings: Sequence[datetime | None],
    made: tuple[datetime, datetime] | None,
    status: str,
) -> Verdict | None:
    """What a plan without StartTime has, by all readings of it; `status`: minutes later, without a Start.

    `made`: the times at ESA between which the plan was created, None if they are not known.
    An answer may lack a field by a fault: one reading with a time proves it, one without proves nothing.
    """
    found = {moment for moment in readings if moment is not None}
    if len(found) > 1:
        return None
    if found:
        if made is None or made[1] - made[0] > _MOST_UNSURE:
            return None
        near = made[0] - _NEAR < found.pop() < made[1] + _NEAR
        return Verdict("creation" if near else "another-time")
    if len(readings) < 3:  # noqa: PLR2004 -- see above
        return None
    if status != "waiting":
        return Verdict("starts-at-once", f"it is {status} without a Start")
    return Verdict("when-started")


def reset_without_running(
    outcome: Outcome[Any], before: str, after: str, *, rewound: bool
) -> Verdict | None:
    """What Reset does to a plan that has ended, while no plan runs."""
    if outcome.kind != "done" and not rewound:
        return None
    if after == before:
        return Verdict("rewinds", f"a {before} plan stays")
    return Verdict(
        "requeues" if after == "waiting" else f"makes-{after}",
        f"{before}, then {after}",
    )


def reset_while_running(outcome: Outcome[Any], *, rewound: bool) -> bool | None:
    """Whether Reset is accepted while a plan runs."""
    if outcome.kind == "refused":
        return None if rewound else False
    return True if outcome.kind == "done" or rewound else None


def delete_listed(outcome: Outcome[Any]) -> Verdict | None:
    """What Delete does to a running plan that is listed after it."""
    if outcome.kind == "done":
        return Verdict("nothing", f"{outcome.seen}, still listed")
    return Verdict("refused", outcome.seen) if outcome.kind == "refused" else None


def delete_unlisted(*, grew: bool) -> Verdict:
    """What Delete does to a running plan that is not listed after it: its job's count grew later, or not."""
    if grew:
        return Verdict("ignored", "not listed, and one more batch")
    return Verdict("accepted", "not listed, no batch more")


def delete_job(outcome: Outcome[Any], *, listed: bool) -> Verdict | None:
    """What Delete does to a job with a running plan."""
    if not listed:
        return Verdict("accepted", "not listed")
    return Verdict("refused", outcome.seen) if outcome.kind == "refused" else None


def notation_of(text: str) -> str | None:
    """The name of the notation of a time; None if it is none of the documented ones."""
    found = (name for name, form in _NOTATIONS.items() if form.fullmatch(text))
    return next(found, None)


def shape_of(text: str) -> str:
    """A time without its digits, for a notation that nobody has described."""
    return re.sub(r"\d", "0", text)[:40]


def same_code(codes: Collection[str], wanted: int) -> Verdict | None:
    """The code of all these refusals, if there are enough of them and all are the same."""
    if len(codes) < wanted or len(set(codes)) > 1:
        return None
    return Verdict(next(iter(codes)))
