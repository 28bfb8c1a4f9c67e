"""The JSON for machines, and its published schema."""

import json

from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.compose import compose
from pulumi_esa_prefetch.report.graph import Graph
from pulumi_esa_prefetch.report.lookup import Looked
from pulumi_esa_prefetch.report.summary import SCHEMA_FILE, Summary, schema_text
from tests.report.previews import NOW, create, delete, preview, update


def test_the_published_schema_is_that_of_the_model() -> None:
    assert SCHEMA_FILE.read_text(encoding="utf-8") == schema_text(), (
        "write it anew: esa-prefetch summary --schema > "
        "components/pulumi_esa_prefetch/report/summary.schema.json"
    )


def test_what_is_written_can_be_read_again() -> None:
    given = preview(
        create("a", 1), update("b", 2, "stopped"), delete("c", 3, "running")
    )
    summary = compose(given, Graph.of(given), Looked(), Limits(), NOW)

    assert Summary.model_validate_json(summary.to_json()) == summary


def test_every_key_of_the_json_is_in_the_schema_and_required() -> None:
    given = preview(create("a", 1))
    summary = compose(given, Graph.of(given), Looked(), Limits(), NOW)
    written = json.loads(summary.to_json())
    published = json.loads(SCHEMA_FILE.read_text(encoding="utf-8"))

    plan = published["$defs"]["PlanChange"]

    assert set(written) == set(published["required"]) == set(published["properties"])
    assert set(written["plans"][0]) == set(plan["required"])
    assert plan["additionalProperties"] is False
