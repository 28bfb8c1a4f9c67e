"""Reports read the resources of both faces of the provider, and say the same of both."""

import json
from typing import Any

from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.native.property_names import in_schema
from pulumi_esa_prefetch.report.analysis.summary import PrefetchSummary
from pulumi_esa_prefetch.report.analysis.summary_building import compose
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import (
    UNKNOWN,
    read_preview,
    read_state,
    settings_of,
)
from pulumi_esa_prefetch.report.inputs.resource_graph import (
    DYNAMIC_PREFETCH,
    NATIVE_PREFETCH,
    ResourceGraph,
)
from pulumi_esa_prefetch.report.render.markdown import markdown
from tests.support.previews import (
    NOW,
    Document,
    alicloud_plan,
    create,
    delete,
    new,
    old,
    plan_id,
    resource,
    same,
    step,
    update,
)

STEPS = [
    create("new", 1),
    create("unknown", 2, plan_id=UNKNOWN),
    create("to-stop", 3, desired_state="stopped"),
    same("kept", 4, "running"),
    same("secret", 5, "running", triggers={"release": "[secret]"}),
    update("again", 6, "running", triggers={"release": "2"}),
    update("recorded", 7, "finished", on_destroy="leave"),
    delete("gone", 8, "running"),
    step("replace", old("other", 9, "running"), new("other", 10)),
]


def native(side: Document) -> Document:
    """A resource of the dynamic face as the native one would record it."""
    if side.get("type") != DYNAMIC_PREFETCH:
        return side
    renamed = {
        name: in_schema({k: v for k, v in side[name].items() if k != "__provider"})
        for name in ("inputs", "outputs", "propertyDependencies")
        if name in side
    }
    urn = side["urn"].replace(DYNAMIC_PREFETCH, NATIVE_PREFETCH)
    return side | renamed | {"type": NATIVE_PREFETCH, "urn": urn}


def native_step(given: Document) -> Document:
    sides = {n: native(given[n]) for n in ("oldState", "newState") if n in given}
    return given | sides | {"urn": next(iter(sides.values()))["urn"]}


def summed(steps: list[Document]) -> PrefetchSummary:
    preview = read_preview(json.dumps({"steps": steps}))
    graph = ResourceGraph.of(preview)
    return compose(preview, graph, EsaSnapshot(), Limits(), NOW)


def test_a_summary_of_native_resources_is_that_of_dynamic_ones() -> None:
    dynamic = markdown(summed(STEPS))

    found = markdown(summed([native_step(one) for one in STEPS]))

    assert found == dynamic
    assert "stopped, reset and started" in found


def test_the_links_to_jobs_and_plans_are_found_for_native_resources() -> None:
    plan = alicloud_plan("window", 1, "links", "create")
    from_there = {"plan_id": [plan["urn"]]}
    linked = resource("one", dependencies=from_there, inputs={"plan_id": UNKNOWN})
    steps = [plan, native_step(step("create", None, linked))]
    graph = ResourceGraph.of(read_preview(json.dumps({"steps": steps})))

    (prefetch,) = graph.prefetches()
    found = graph.plan_of(prefetch)

    assert found is not None
    assert found.urn == plan["urn"]


def test_a_resource_that_the_native_face_takes_over_is_said_to_need_no_call() -> None:
    before, after = old("one", 1, "running"), native(new("one", 1))

    (found,) = summed([step("update", before, after)]).plans

    assert found.what == "will not change"
    assert found.why == "taken over: no call"


def test_the_settings_of_a_state_with_native_resources_alone_are_found() -> None:
    provider: dict[str, Any] = {
        "urn": "urn:pulumi:dev::proj::pulumi:providers:esa-prefetch::default",
        "type": "pulumi:providers:esa-prefetch",
        "inputs": {"endpoint": "http://127.0.0.1:1", "verify": False},
    }
    states = read_state(json.dumps({"deployment": {"resources": [provider]}}))

    assert settings_of(states) == {
        "esa-prefetch:endpoint": "http://127.0.0.1:1",
        "esa-prefetch:verify": "false",
    }


def test_a_state_of_both_faces_is_read_as_a_whole() -> None:
    mixed = [old("one", 1, "running"), native(old("two", 2, "stopped"))]
    graph = ResourceGraph.of_state(
        read_state(json.dumps({"deployment": {"resources": mixed}}))
    )

    assert [node.value("plan_id") for node in graph.prefetches()] == [
        plan_id(1),
        plan_id(2),
    ]
