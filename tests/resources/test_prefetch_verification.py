"""PrefetchVerification in whole programs, on each engine: what is asked, when, and how a gate fails."""

from collections.abc import Iterator
from typing import Any

import pytest
from pulumi import RunError
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch import (
    PrefetchCompletion,
    PrefetchVerification,
    PrefetchVerificationArgs,
    SitePrefetch,
)
from pulumi_esa_prefetch.provider.verification.properties import Figures
from pulumi_esa_prefetch.resources.url_source import UrlSource
from pulumi_esa_prefetch.warmth.measurement import PARALLEL
from stacks.prefetch.demo.locks import until
from tests.lifecycle.conftest import Stacks
from tests.lifecycle.test_interruption import start
from tests.support.engines import ESA_PREFETCH
from tests.support.faces import DYNAMIC, FACES, NATIVE
from tests.support.held_answers import held_answers
from tests.support.local_edge import LocalEdge, local_edge
from tests.support.local_esa import job, job_id, plan, plan_id, seed
from tests.support.processes import killed
from tests.support.throwaway_stack import Stack

URLS = [f"http://www.example.com/{n}.js" for n in range(25)]
PROGRAM = f"""
import pulumi
from pulumi_esa_prefetch import PrefetchCompletion, PrefetchVerification, ScheduledPrefetch

config = pulumi.Config("test")
launch = ScheduledPrefetch(
    "launch", plan_id="{job_id(1)}:{plan_id(1)}", triggers={{"v": config.get("start") or ""}}
)
done = PrefetchCompletion("done", plan=launch, timeout=60.0)
warm = PrefetchVerification(
    "warm",
    completion=done,
    urls={URLS!r},
    sample=10,
    minimum=config.get_float("minimum") or 0.9,
    triggers={{"v": config.get("measure") or ""}},
)
ScheduledPrefetch(
    "after",
    plan_id="{job_id(2)}:{plan_id(2)}",
    opts=pulumi.ResourceOptions(depends_on=[warm]),
)
pulumi.export("ratio", warm.warm_ratio)
"""
NATIVE_BASE = f"""
import pulumi

config = pulumi.Config("test")
urls = {URLS!r}
minimum = config.get_float("minimum") or 0.9
triggers = {{"v": config.get("measure") or ""}}


class Thing(pulumi.CustomResource):
    def __init__(self, kind, name, outputs, opts=None, **props):
        props = dict.fromkeys(outputs) | props
        alias = pulumi.Alias(type_=f"pulumi-python:dynamic/esa:{{kind}}")
        opts = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(aliases=[alias]))
        super().__init__(f"esa-prefetch:index:{{kind}}", name, props, opts)


class Component(pulumi.ComponentResource):
    def __init__(self, kind, name, outputs, **props):
        props = dict.fromkeys(outputs) | props
        super().__init__(f"esa-prefetch:index:{{kind}}", name, props, remote=True)


def plan(name, job, number, **more):
    outputs = ["jobId", "status", "starts"]
    return Thing("ScheduledPrefetch", name, outputs, planId=f"{{job}}:{{number}}", **more)


launch = plan("launch", "{job_id(1)}", "{plan_id(1)}", triggers={{"v": config.get("start") or ""}})
"""
AFTER = f"""
plan("after", "{job_id(2)}", "{plan_id(2)}", opts=pulumi.ResourceOptions(depends_on=[warm]))
pulumi.export("ratio", warm.warmRatio)
"""
COMPONENTS = f"""{NATIVE_BASE}
done = Component("PrefetchCompletion", "done", ["status", "starts"], plan=launch, timeout=60)
warm = Component(
    *("PrefetchVerification", "warm", ["warmRatio"]),
    **dict(completion=done, urls=urls, sample=10, minimum=minimum, triggers=triggers),
)
{AFTER}"""
FIGURES = [to_camel(name) for name in Figures.model_fields]
# The embedded engine has no components of a plugin; here are the parts of one.
PARTS = f"""{NATIVE_BASE}
id_ = pulumi.Output.concat(launch.jobId, ":", launch.planId)
record = Thing(
    *("PrefetchWarmthRecord", "warm", {FIGURES!r}),
    **dict(plan=id_, starts=launch.starts, urls=urls, sample=10, seed=0, triggers=triggers),
)
seen = {{name: getattr(record, name) for name in ["plan", "starts", *{FIGURES!r}]}}
warm = Thing("PrefetchWarmthGate", "warm", [], minimum=minimum, **seen)
{AFTER}"""


@pytest.fixture
def edge() -> Iterator[LocalEdge]:
    finished = plan(1, "finished") | {"Interval": 1, "SliceLen": 100}
    first = job(1, [finished]) | {"UrlList": URLS}
    with local_edge(seed(first, job(2, [plan(2, "stopped")]))) as running:
        yield running


@pytest.fixture
def project(edge: LocalEdge, stack: Stacks, face: str) -> Stack:
    made = stack(edge)
    native = PARTS if made.program == ESA_PREFETCH else COMPONENTS
    made.write_program(native if face == NATIVE.name else PROGRAM)
    made.configure(resolve=edge.resolve(URLS[0]))
    return made


def set_config(stack: Stack, **values: Any) -> None:
    stack.config |= {f"test:{name}": value for name, value in values.items()}
    stack.configure()


def asked(edge: LocalEdge) -> int:
    """How many URLs were asked, each once."""
    counts = edge.counts()
    assert set(counts.values()) <= {1}
    return len(counts)


@pytest.mark.parametrize(
    "face", [DYNAMIC.name, pytest.param(NATIVE.name, marks=pytest.mark.slow)]
)
@pytest.mark.thorough
def test_a_cold_edge_fails_again_without_being_asked_until_others_are_measured(
    edge: LocalEdge, project: Stack
) -> None:
    project.check("preview")
    in_preview = asked(edge)
    first = project.refused()
    after_first = asked(edge)
    again = project.refused()
    after_again = asked(edge)
    edge.warm(URLS)
    set_config(project, measure="2")
    project.up()

    assert (in_preview, after_first, after_again) == (0, 10, 10)
    sentence = f"plan {job_id(1)}:{plan_id(1)} is not verified as warm: 0 of 10 URLs are warm: 0 %"
    assert sentence in first.output
    assert sentence in again.output
    assert edge.starts(plan_id(2)) == 1
    assert asked(edge) == 20
    assert project.printed_outputs() == {"ratio": 1}


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
def test_a_measurement_is_made_once_for_each_start_and_never_of_the_same_urls(
    edge: LocalEdge, project: Stack
) -> None:
    edge.warm(URLS)
    project.up()
    set_config(project, minimum=1)
    project.up()
    settled = project.is_settled()
    once = asked(edge)
    set_config(project, start="2")
    project.up()
    twice = asked(edge)
    set_config(project, measure="2")
    project.up()
    rest = asked(edge)
    set_config(project, measure="3")
    refused = project.refused()
    project.check("destroy", "--yes")

    assert settled
    assert (once, twice, rest, asked(edge)) == (10, 20, 25, 25)
    assert "nothing was measured, for each URL of the list was asked before" in (
        refused.output
    )


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
def test_a_record_that_is_replaced_or_made_again_after_a_destroy_asks_other_urls(
    edge: LocalEdge, project: Stack
) -> None:
    edge.warm(URLS)
    project.up()
    (urn,) = (
        each["urn"]
        for each in project.deployment()["resources"]
        if each["type"].endswith("PrefetchWarmthRecord")
    )
    project.up("--replace", urn)
    replaced = asked(edge)
    project.check("refresh", "--yes")
    project.check("destroy", "--yes")
    destroyed = asked(edge)
    project.up()

    assert (replaced, destroyed, asked(edge)) == (20, 20, 25)


@pytest.mark.slow
@pytest.mark.parametrize("face", FACES)
def test_after_a_kill_in_the_middle_of_a_measurement_no_url_is_asked_twice(
    edge: LocalEdge, project: Stack
) -> None:
    with held_answers(edge.port) as way:
        project.configure(resolve=f"www.example.com:80:127.0.0.1:{way.port}")
        process = start(project)
        assert until(lambda: asked(edge) >= PARALLEL, 60)
        with killed(process):
            way.let_go.set()
            edge.warm(URLS)
            project.check("cancel", "--yes", "test")
            project.up()

    assert asked(edge) == PARALLEL + 10
    assert project.is_settled()
    assert asked(edge) == PARALLEL + 10


@pytest.mark.slow
def test_a_stack_moves_to_the_native_provider_and_nothing_is_asked(
    edge: LocalEdge, project: Stack
) -> None:
    if project.program == ESA_PREFETCH:
        pytest.skip("the embedded engine has no components of a plugin")
    edge.warm(URLS)
    project.up()
    once = asked(edge)

    project.use(NATIVE)
    project.write_program(COMPONENTS)
    project.up()

    assert (once, asked(edge)) == (10, 10)
    assert project.is_settled()


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"sample": 0}, "sample must be a whole number from 1 to 10000"),
        ({"sample": 1.5}, "sample must be a whole number from 1 to 10000"),
        ({"minimum": 90}, "minimum must be a number from 0 to 1"),
        ({"sample": True}, "sample must be a whole number from 1 to 10000"),
        ({"minimum": "0.9"}, "minimum must be a number from 0 to 1"),
        ({"seed": "7"}, "seed must be a whole number of 15 digits at most"),
        ({"seed": 10**15}, "seed must be a whole number of 15 digits at most"),
        ({"triggers": {"at": {1}}}, "triggers.at is of type set: pass a sorted list"),
        ({"urls": "x"}, "urls is one string: give a list of URLs"),
        ({"urls": []}, "urls holds no URL"),
        ({"urls": None}, "urls is missing"),
        ({"urls": ["a.example.com/x"]}, "urls: line 1 is no http or https URL"),
        ({"completion": "x"}, "completion is of type str, not PrefetchCompletion"),
        ({"completion": None, "sample": 0}, "completion is missing; sample must be"),
    ],
    ids=str,
)
def test_what_cannot_be_verified_is_refused_in_a_sentence(
    wrong: dict[str, Any], reason: str
) -> None:
    declared: dict[str, Any] = {"completion": waits("finished"), "urls": URLS, **wrong}

    said = refused(declared)

    assert said.startswith("PrefetchVerification 'warm' (")
    assert reason in said


def test_a_completion_that_waits_until_the_plan_runs_is_refused() -> None:
    said = refused({"completion": waits("running"), "urls": URLS})

    assert "completion waits only until the plan runs" in said


def test_a_site_prefetch_whose_list_is_in_oss_is_refused() -> None:
    site = SitePrefetch.__new__(SitePrefetch)
    site.url_source = UrlSource("oss", "https://bucket.example.com/list", "")

    said = refused({"completion": waits("finished"), "urls": site})

    assert "urls is a SitePrefetch with oss_url, whose list ESA alone reads" in said


def waits(until: str) -> PrefetchCompletion:
    made = PrefetchCompletion.__new__(PrefetchCompletion)
    vars(made)["until"] = until
    return made


def refused(declared: dict[str, Any]) -> str:
    with pytest.raises(RunError) as caught:
        PrefetchVerification("warm", PrefetchVerificationArgs(**declared))
    return str(caught.value)
