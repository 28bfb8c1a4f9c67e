"""What a preview's summary says, against what the emulator then does."""

import json
import subprocess
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import pytest

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.server import running
from tests.lifecycle.conftest import Stacks
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import SITE, Document, Esa, job_id, plan_id, seed
from tests.support.throwaway_stack import Stack

JOBS, PLANS_OF_A_JOB, URLS = 20, 10, 190


@pytest.fixture
def world() -> Iterator[tuple[Emulator, Esa]]:
    """Serve an emulator with two hundred plans and a clock that stands."""
    clock = ManualClock(datetime.now(UTC).replace(microsecond=0))
    app = create_app(seed=two_hundred_plans(), clock=clock)
    with running(app) as endpoint, closing(Esa(endpoint)) as esa:
        yield app, esa


def two_hundred_plans() -> Document:
    return seed(*[job(number) for number in range(JOBS)])


def job(number: int) -> Document:
    """Make a job whose plans take turns; some are stopped, the first of them runs."""
    urls = [f"https://cdn-{number % 4}.example.com/{number}/{i}" for i in range(URLS)]
    plans = [plan(number, place) for place in range(PLANS_OF_A_JOB)]
    name = f"job-{number}"
    return {
        "Id": job_id(number),
        "SiteId": SITE,
        "Name": name,
        "UrlList": urls,
        "plans": plans,
    }


def plan(job_number: int, place: int) -> Document:
    return {
        "Id": plan_id(PLANS_OF_A_JOB * job_number + place),
        "StartTime": f"+{place + 1}h",
        "EndTime": f"+{place + 1}h10m",
        "Interval": 60,
        "SliceLen": 1 + place % 3,
        "Status": ("stopped", "waiting")[place % 2],
    }


def declaration(number: int, **others: object) -> Document:
    job_number = number // PLANS_OF_A_JOB
    return {"planId": plan_id(number), "jobId": job_id(job_number), **others}


def declared(numbers: range) -> dict[str, Document]:
    return {f"plan-{number:03}": declaration(number) for number in numbers}


def summary_of(stack: Stack, preview: str, esa_now: datetime, *options: str) -> str:
    done = subprocess.run(
        [ESA_PREFETCH, "summary", "-", "--at", esa_now.isoformat(), *options],
        input=preview,
        env=stack.environment(),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def change(stack: Stack) -> None:
    """Three creates, two updates, one replace, one delete among two hundred plans."""
    plans = declared(range(200))
    del plans["plan-050"]
    plans["plan-110"] = declaration(110, triggers={"release": "2"})
    plans["plan-121"] = declaration(121, triggers={"release": "2"})
    plans["plan-130"] = declaration(50)
    stack.declare(plans)


@pytest.mark.slow
def test_its_figures_agree_with_what_the_emulator_then_does_to_the_batch(
    world: tuple[Emulator, Esa], stack: Stacks
) -> None:
    app, esa = world
    stack_ = stack(esa)
    before = declared(range(197))
    stack_.declare(before)
    stack_.up()
    change(stack_)
    starts, now = esa.starts(), app.clock.now()

    preview = stack_.check("preview", "--json", "--show-sames").output
    document = preview[preview.index("{") :]
    comment = summary_of(stack_, document, now)
    told = json.loads(summary_of(stack_, document, now, "--output", "json"))

    assert esa.starts() == starts
    assert told["counts"] == {
        "create": 3,
        "update": 2,
        "replace": 1,
        "delete": 1,
        "same": 193,
    }
    assert len(comment.encode()) < 10 * 1024
    stack_.up()
    esa.advance(24 * 3600)
    assert said(told["plans"]) == done(app, told["plans"])
    assert esa.starts() - starts == sum(plan["starts"] for plan in told["plans"])


def said(plans: list[dict[str, Any]]) -> dict[str, tuple[int, int, str | None]]:
    return {
        plan["planId"]: (plan["batches"] or 0, plan["urls"] or 0, plan["last"])
        for plan in plans
    }


def done(
    app: Emulator, plans: list[dict[str, Any]]
) -> dict[str, tuple[int, int, str | None]]:
    with app.state.locked():
        batches = list(app.state.batches)
    count, urls, last = Counter[str](), Counter[str](), {}
    for batch in batches:
        count[batch.plan_id] += 1
        urls[batch.plan_id] += batch.count
        last[batch.plan_id] = batch.at.isoformat().replace("+00:00", "Z")
    ids = [plan["planId"] for plan in plans]
    return {plan: (count[plan], urls[plan], last.get(plan)) for plan in ids}
