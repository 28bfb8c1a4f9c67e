"""One line for a log."""

from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.analysis.summary_building import compose
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.pulumi_documents import Preview
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from pulumi_esa_prefetch.report.render.summary_line import summary_line
from tests.support.previews import NOW, alicloud_job, create, preview, same, update


def told(given: Preview) -> str:
    return summary_line(
        compose(given, ResourceGraph.of(given), EsaSnapshot(), Limits(), NOW)
    )


def test_nothing_to_do_is_reported() -> None:
    assert told(preview(same("a", 1))) == "proj/dev: everything is as declared."


def test_each_difference_is_named_with_its_reason_and_remedy() -> None:
    given = preview(
        update("a", 1, "stopped"), alicloud_job("job", ["http://a.example/1"], "create")
    )

    assert told(given) == (
        "proj/dev: a will be started again: this stack started it, and it was found "
        "stopped; create job."
    )


def test_many_differences_are_counted() -> None:
    given = preview(*[update(f"p{n}", n, "stopped") for n in range(9)])

    assert told(given).endswith("; and 4 more.")


def test_a_long_reason_loses_its_middle() -> None:
    said = [{"severity": "error", "message": "error: ESA: " + "x" * 9000 + "; do that"}]

    text = told(preview(same("a", 1), diagnostics=said))

    assert text.startswith("proj/dev: cannot tell, the preview failed (ESA: xxx")
    assert text.endswith("xxx; do that).")
    assert len(text) < 1100


def test_a_failed_preview_is_no_difference() -> None:
    said = [{"severity": "error", "message": "error: no right\nmore"}]
    given = preview(create("a", 1), diagnostics=said)

    assert told(given) == ("proj/dev: cannot tell, the preview failed (no right).")
