"""Previews as the CLI prints them, in small; holds no expectation."""

import json
from datetime import UTC, datetime
from typing import Any

from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    UNKNOWN,
    Preview,
    ResourceEntry,
    read_preview,
    read_state,
)
from pulumi_esa_prefetch.report.inputs.resource_graph import DYNAMIC_PREFETCH, JOB, PLAN

Document = dict[str, Any]

NOW = datetime(2026, 11, 11, tzinfo=UTC)
JOB_ID = "a" * 24


def plan_id(number: int) -> str:
    return f"{number:024x}"


def urn(name: str, kind: str = DYNAMIC_PREFETCH) -> str:
    return f"urn:pulumi:dev::proj::{kind}::{name}"


def inputs(number: int, **others: Any) -> Document:
    """What the provider's check makes of a declaration with all defaults."""
    return {
        "__provider": "gASV",
        "plan_id": plan_id(number),
        "job_id": JOB_ID,
        "desired_state": "running",
        "triggers": {},
        "rerun": "from_start",
        "on_destroy": "stop",
        "restart_failed": True,
        "restart_finished": False,
        **others,
    }


def outputs(number: int, status: str, **others: Any) -> Document:
    """What the provider records: ten URLs every thirty seconds, for an hour."""
    return {
        **inputs(number),
        "status": status,
        "start_time": "2026-11-11T01:00:00Z",
        "end_time": "2026-11-11T02:00:00Z",
        "interval": 30,
        "slice_len": 10,
        "ali_uid": "1",
        "request_id": "r",
        "starts": 1,
        **others,
    }


def resource(
    name: str,
    kind: str = DYNAMIC_PREFETCH,
    dependencies: Document | None = None,
    **sides: Any,
) -> Document:
    return {
        "urn": urn(name, kind),
        "custom": True,
        "type": kind,
        "propertyDependencies": dependencies or {},
        **sides,
    }


def old(name: str, number: int, status: str = "waiting", **others: Any) -> Document:
    """A ScheduledPrefetch as a state has it."""
    recorded = outputs(number, status, **others)
    declared = {key: recorded[key] for key in inputs(number)}
    identity = f"{JOB_ID}:{plan_id(number)}"
    return resource(name, id=identity, inputs=declared, outputs=recorded)


def new(name: str, number: int, **others: Any) -> Document:
    """A ScheduledPrefetch as a program declares it."""
    return resource(name, inputs=inputs(number, **others))


def step(op: str, before: Document | None, after: Document | None) -> Document:
    either = after or before
    assert either is not None
    sides = {"oldState": before, "newState": after}
    known = {key: side for key, side in sides.items() if side is not None}
    return {"op": op, "urn": either["urn"], **known, "detailedDiff": None}


def create(name: str, number: int, **others: Any) -> Document:
    return step("create", None, new(name, number, **others))


def same(name: str, number: int, status: str = "waiting", **others: Any) -> Document:
    before = old(name, number, status, **others)
    return step("same", before, {k: v for k, v in before.items() if k != "outputs"})


def update(name: str, number: int, status: str, **changed: Any) -> Document:
    return step("update", old(name, number, status), new(name, number, **changed))


def delete(name: str, number: int, status: str, **others: Any) -> Document:
    return step("delete", old(name, number, status, **others), None)


def alicloud_job(name: str, urls: list[str] | None, op: str = "same") -> Document:
    declared = {"siteId": "1", "insertWay": "textBox", "urlList": "\n".join(urls or [])}
    identity: Document = {"id": f"1:{JOB_ID}"} if op == "same" else {}
    there = resource(name, JOB, inputs=declared, outputs=declared, **identity)
    return step(op, there if op == "same" else None, there)


def alicloud_plan(name: str, number: int, job: str, op: str, **window: Any) -> Document:
    declared = {
        "scheduledPreloadJobId": UNKNOWN if op == "create" else JOB_ID,
        "interval": 60,
        "sliceLen": 5,
        **window,
    }
    links = {"scheduledPreloadJobId": [urn(job, JOB)]}
    identity: Document = {} if op == "create" else {"id": f"{JOB_ID}:{plan_id(number)}"}
    after = resource(name, PLAN, links, inputs=declared, **identity)
    before = None if op == "create" else {**after, "outputs": declared}
    return step(op, before, after)


def text(*steps: Document, **others: Any) -> str:
    return json.dumps({"steps": list(steps), "duration": 1, **others})


def preview(*steps: Document, **others: Any) -> Preview:
    return read_preview(text(*steps, **others))


def state(*resources: Document) -> tuple[ResourceEntry, ...]:
    return read_state(
        json.dumps({"version": 3, "deployment": {"resources": resources}})
    )
