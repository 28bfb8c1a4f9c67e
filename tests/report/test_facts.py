"""What is taken for known of a job, and what is not."""

import pytest

from pulumi_esa_prefetch.report.documents import SECRET
from pulumi_esa_prefetch.report.facts import job_facts, plan_facts
from pulumi_esa_prefetch.report.graph import Graph
from pulumi_esa_prefetch.report.lookup import Looked
from tests.report.previews import alicloud_job, preview, same


@pytest.mark.parametrize("urls", [[SECRET], [SECRET, SECRET]])
def test_a_hidden_url_list_is_no_list_of_hosts(urls: list[str]) -> None:
    graph = Graph.of(preview(same("a", 1), alicloud_job("job", urls)))
    (prefetch,) = graph.prefetches()
    plan = plan_facts(prefetch, graph, Looked())

    job = job_facts(prefetch, plan, graph, Looked())

    assert (job.urls, job.hosts) == (None, ())
    assert "no host" not in job.origins(1)
