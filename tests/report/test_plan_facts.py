"""What is known of a plan and its job: ids in any case, and URLs that are secret."""

from urllib.parse import urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.api.models import Job, Plan
from pulumi_esa_prefetch.report.analysis.plan_facts import (
    KnownJobs,
    host_of,
    job_ids,
    plan_facts,
)
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot, JobSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from tests.support.previews import (
    JOB_ID,
    Document,
    alicloud_job,
    old,
    plan_id,
    preview,
    same,
    state,
)


@pytest.mark.parametrize("urls", [[SECRET], [SECRET, SECRET]])
def test_a_hidden_url_list_is_no_list_of_hosts(urls: list[str]) -> None:
    graph = ResourceGraph.of(preview(same("a", 1), alicloud_job("job", urls)))
    (prefetch,) = graph.prefetches()
    plan = plan_facts(prefetch, graph, EsaSnapshot())

    job = KnownJobs(graph, EsaSnapshot()).of(prefetch, plan)

    assert (job.urls, job.hosts) == (None, ())
    assert "no host" not in job.origins(1)


def loud(name: str, number: int) -> Document:
    """A resource in the state whose ids are in upper case."""
    upper = {"job_id": JOB_ID.upper(), "plan_id": plan_id(number).upper()}
    record = old(name, number, **upper)
    return record | {"id": record["id"].upper()}


def test_ids_in_upper_case_in_the_state_are_looked_up_and_found() -> None:
    graph = ResourceGraph.of_state(state(loud("launch", 171)))
    plan = Plan(id=plan_id(171), job_id=JOB_ID, status="finished")
    snapshot = EsaSnapshot({JOB_ID: JobSnapshot(Job(id=JOB_ID), {plan.id: plan})})

    facts = plan_facts(graph.prefetches()[0], graph, snapshot)

    assert job_ids(graph) == {JOB_ID}
    assert (facts.job_id, facts.plan_id) == (JOB_ID, plan_id(171))
    assert (facts.status, facts.source) == ("finished", "esa")


def test_only_ids_are_sent_to_esa() -> None:
    record = old("launch", 1, job_id="a:b:c")
    graph = ResourceGraph.of_state(state(record | {"id": f"a:b:c:{plan_id(1)}"}))

    assert job_ids(graph) == set()
    assert plan_facts(graph.prefetches()[0], graph, EsaSnapshot()).status == "waiting"


@given(st.text("htps:/?#[]@.aA1\\\t \u2100"))
def test_the_host_of_a_url_is_that_of_its_beginning(url: str) -> None:
    try:
        host = urlsplit(url).hostname or "no host"
    except ValueError:
        host = "no host"

    assert host_of(url) == host
