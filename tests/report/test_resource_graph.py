"""The links between a plan's resources."""

from pulumi_esa_prefetch.report.inputs.pulumi_documents import UNKNOWN
from pulumi_esa_prefetch.report.inputs.resource_graph import (
    JOB,
    PLAN,
    ResourceGraph,
    ResourceNode,
)
from tests.support.previews import (
    JOB_ID,
    Document,
    alicloud_job,
    alicloud_plan,
    create,
    delete,
    inputs,
    old,
    plan_id,
    preview,
    resource,
    same,
    state,
    step,
    urn,
)


def linked(name: str, to_plan: str, to_job: str) -> Document:
    """Return a ScheduledPrefetch whose ids come from two alicloud resources."""
    links = {"plan_id": [urn(to_plan, PLAN)], "job_id": [urn(to_job, JOB)]}
    declared = inputs(1, plan_id=UNKNOWN, job_id=UNKNOWN)
    return step("create", None, resource(name, dependencies=links, inputs=declared))


def only(graph: ResourceGraph) -> ResourceNode:
    (node,) = graph.prefetches()
    return node


def test_a_plan_and_its_job_are_found_by_property_dependencies() -> None:
    graph = ResourceGraph.of(
        preview(
            linked("warm", "plan", "job"),
            alicloud_plan("plan", 1, "job", "create"),
            alicloud_plan("other plan", 2, "job", "create"),
            alicloud_job("job", ["http://a.example/1"], "create"),
            alicloud_job("other job", [], "create"),
        )
    )

    plan = graph.plan_of(only(graph))

    assert plan is not None
    assert plan.name == "plan"
    job = graph.job_of(only(graph), plan)
    assert job is not None
    assert job.name == "job"


def test_they_are_found_by_their_ids_if_the_program_writes_the_ids() -> None:
    graph = ResourceGraph.of(
        preview(
            create("warm", 1),
            alicloud_plan("other plan", 2, "job", "same"),
            alicloud_plan("plan", 1, "job", "same"),
            alicloud_job("job", []),
        )
    )

    plan = graph.plan_of(only(graph))
    job = graph.job_of(only(graph), plan)

    assert (plan and plan.name, job and job.name) == ("plan", "job")


def test_a_plan_that_the_stack_does_not_have_is_not_found() -> None:
    graph = ResourceGraph.of(preview(create("warm", 1)))

    assert graph.plan_of(only(graph)) is None
    assert graph.job_of(only(graph), None) is None


def test_unchanged_resources_come_from_the_state_and_changed_ones_from_the_preview() -> (
    None
):
    graph = ResourceGraph.of(
        preview(delete("gone", 1, "running")),
        state(old("gone", 1), old("kept", 2), {**old("leftover", 3), "delete": True}),
    )

    assert [(node.name, node.op) for node in graph.prefetches()] == [
        ("gone", "delete"),
        ("kept", "same"),
    ]


def test_a_value_is_the_declared_one_else_the_one_in_the_state() -> None:
    graph = ResourceGraph.of(preview(same("warm", 1, "running")))

    node = only(graph)

    assert node.value("plan_id") == plan_id(1)
    assert node.value("status") == "running"
    assert node.id == f"{JOB_ID}:{plan_id(1)}"


def test_an_unknown_value_is_none() -> None:
    graph = ResourceGraph.of(preview(linked("warm", "plan", "job")))

    assert only(graph).value("plan_id") is None
    assert only(graph).id == ""
