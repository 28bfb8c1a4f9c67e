"""The ways in which ESA misbehaves in the matrix and the soak, each by name; sets none of them."""

from typing import Any

Fault = dict[str, Any]
START, STOP = "StartScheduledPreloadExecution", "StopScheduledPreloadExecution"
LIST, DELETE = "ListScheduledPreloadExecutions", "DeleteScheduledPreloadExecution"

# Of ESA's answers, what no operation on a plan needs.
NOT_NEEDED = [
    "AliUid",
    "Interval",
    "SliceLen",
    "StartTime",
    "TotalCount",
    "Name",
    "UrlCount",
]

# Those that pass: with enough repeats every operation ends as on a good day.
PASSING: dict[str, list[Fault]] = {
    "throttle": [{"kind": "throttle"}],
    "throttle-429-hint": [{"kind": "throttle", "status": 429, "retry_after_ms": 20}],
    "unavailable-hint": [
        {
            "kind": "throttle",
            "code": "ServiceUnavailable",
            "status": 503,
            "retry_after": 0,
        }
    ],
    "error-before": [{"kind": "server-error"}],
    "error-after": [{"kind": "server-error", "when": "after"}],
    "reset-before": [{"kind": "reset"}],
    "reset-after": [{"kind": "reset", "when": "after"}],
    "html-before": [{"kind": "html"}],
    "html-after": [{"kind": "html", "when": "after"}],
    "truncated": [{"kind": "truncated"}],
    "truncated-framed": [{"kind": "truncated", "framed": True, "keep": 0.7}],
    "stall": [{"kind": "stall", "seconds": 0.3}],
    "stall-before": [{"kind": "stall", "seconds": 0.3, "when": "before"}],
    "slow-bytes": [{"kind": "slow-bytes", "chunk": 64, "pause": 0.01}],
    "content-type": [{"kind": "content-type", "value": "text/html"}],
    "extra-keys": [{"kind": "extra-keys"}],
    "missing-keys": [{"kind": "missing-keys", "keys": NOT_NEEDED}],
    "times": [{"kind": "times"}],
    "shuffled": [{"kind": "shuffled"}],
    "stale": [{"kind": "stale", "seconds": 1}],
}
# A quota passes too, but goes by the second, not by chance.
ALL = PASSING | {"quota": [{"kind": "quota", "per_second": 10}]}

# What ESA publishes, one for each action.
PUBLISHED: list[Fault] = [
    {"kind": "quota", "name": f"quota of {one}", "actions": [one], "per_second": 30}
    for one in (LIST, START, STOP, DELETE)
]

# What the matrix sets: several that do not hide each other, or one.
TOGETHER = (
    "throttle+throttle-429-hint+unavailable-hint",
    "error-before+error-after+html-before+html-after",
    "reset-before+truncated+truncated-framed",
    "reset-after+stale",
    "stall+stall-before+slow-bytes",
    "content-type+extra-keys+missing-keys+times+shuffled+quota",
)
MATRIX = (
    *TOGETHER,
    *(name for name in ALL if name not in "+".join(TOGETHER).split("+")),
)

# Those after which a client cannot know whether there was an effect.
LOSING = {
    "unavailable-hint",
    "error-before",
    "error-after",
    "reset-before",
    "reset-after",
    "html-before",
    "html-after",
    "truncated",
    "truncated-framed",
    "stale",
}


def hitting(faults: list[Fault], probability: float, seed: int) -> dict[str, Any]:
    """A fault document in which each hits that share of the calls; a quota has its own."""
    share = {"probability": probability}
    chosen = [one if one["kind"] == "quota" else one | share for one in faults]
    return {"seed": seed, "faults": chosen}
