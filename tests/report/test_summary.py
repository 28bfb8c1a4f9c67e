"""The JSON of a summary follows its published schema."""

import json
from pathlib import Path

from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.analysis.summary import PrefetchSummary, schema_text
from pulumi_esa_prefetch.report.analysis.summary_building import compose
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from tests.support.previews import NOW, create, delete, preview, update

RECORDED = Path(__file__).parent.parent / "golden/summary.schema.json"


def test_the_schema_is_the_recorded_one() -> None:
    assert schema_text() == RECORDED.read_text(encoding="utf-8"), (
        "write it anew: esa-prefetch summary --schema > tests/golden/summary.schema.json"
    )


def test_what_is_written_can_be_read_again() -> None:
    given = preview(
        create("a", 1), update("b", 2, "stopped"), delete("c", 3, "running")
    )
    summary = compose(given, ResourceGraph.of(given), EsaSnapshot(), Limits(), NOW)

    assert PrefetchSummary.model_validate_json(summary.to_json()) == summary


def test_every_key_of_the_json_is_in_the_schema_and_required() -> None:
    given = preview(create("a", 1))
    summary = compose(given, ResourceGraph.of(given), EsaSnapshot(), Limits(), NOW)
    written = json.loads(summary.to_json())
    recorded = json.loads(RECORDED.read_text(encoding="utf-8"))

    plan = recorded["$defs"]["PlanChange"]

    assert set(written) == set(recorded["required"]) == set(recorded["properties"])
    assert set(written["plans"][0]) == set(plan["required"])
    assert plan["additionalProperties"] is False
