"""Draws the picture of docs/tracing.md from the spans of a real `up` on the embedded engine.

`python -m tests.support.trace_picture docs/images/trace.svg`
"""

import sys
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from xml.sax.saxutils import escape

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from tests.support.engines import ESA_PREFETCH
from tests.support.local_esa import Esa, job, job_id, plan, plan_id, seed
from tests.support.throwaway_stack import Stack
from tests.support.trace_receiver import ReceivedSpan, trace_receiver

PROGRAM: Final = f"""
from pulumi_esa_prefetch import PrefetchCompletion, ScheduledPrefetch

launch = ScheduledPrefetch("launch", plan_id="{plan_id(1)}", job_id="{job_id(1)}")
PrefetchCompletion("warm", plan=launch, until="running", timeout=60)
"""
THROTTLE: Final = {
    "kind": "throttle",
    "actions": ["StartScheduledPreloadExecution"],
    "times": 1,
    "retry_after_ms": 100,
}
WIDTH, LABELS, ROW, TOP = 1000, 360, 24, 34
COLOURS: Final = {"rpc": "#4878a8", "api": "#d98032", "http": "#8a8f98", "": "#4f9d69"}
FAILED: Final = "#c0392b"


def recorded_run(root: Path) -> list[ReceivedSpan]:
    """The spans of one `up`: a plan that is started by a second request, and a wait for it."""
    app = create_app(seed=seed(job(1, [plan(1, "stopped")])), faults=THROTTLE)
    with (
        running(app) as url,
        closing(Esa(url)) as esa,
        trace_receiver() as receiver,
    ):
        stack = Stack(root / "stack", ESA_PREFETCH, esa.endpoint)
        stack.write_program(PROGRAM)
        stack.variables["OTEL_EXPORTER_OTLP_ENDPOINT"] = receiver.address
        stack.up()
        return receiver.spans


def in_order(
    spans: Sequence[ReceivedSpan], parent: str = "", depth: int = 0
) -> Iterator[tuple[int, ReceivedSpan]]:
    """Each span before its children, with its depth."""
    inside = (span for span in spans if span.parent == parent)
    for span in sorted(inside, key=lambda one: one.begin):
        yield depth, span
        yield from in_order(spans, span.id, depth + 1)


def label(span: ReceivedSpan) -> str:
    """What a row says of its span."""
    facts = span.attributes
    if "http.request.method" in facts:
        parts = [span.name, facts["http.response.status_code"], facts.get("esa.code")]
        return " ".join(str(part) for part in parts if part)
    if "pulumi.urn" in facts:
        _, _, name = str(facts["pulumi.urn"]).rpartition("::")
        return f"{facts['rpc.method']} {name}"
    return span.name


def kind(span: ReceivedSpan) -> str:
    """Which colour it has."""
    if "http.request.method" in span.attributes:
        return "http"
    system = span.attributes.get("rpc.system", "")
    return {"grpc": "rpc", "": ""}.get(str(system), "api")


def picture(spans: Sequence[ReceivedSpan]) -> str:
    """The spans as SVG: a row for each, a bar from its begin to its end."""
    rows = list(in_order(spans))
    first, last = min(s.begin for s in spans), max(s.end for s in spans)
    scale = (WIDTH - LABELS - 90) / (last - first)
    lines = []
    for n, (depth, span) in enumerate(rows):
        y, x = TOP + n * ROW, LABELS + (span.begin - first) * scale
        width = max(2.0, (span.end - span.begin) * scale)
        colour = FAILED if span.failed else COLOURS[kind(span)]
        took = f"{(span.end - span.begin) * 1000:.0f} ms"
        lines += [
            f'<text x="{12 + 16 * depth}" y="{y + 12}">{escape(label(span))}</text>',
            f'<rect x="{x:.1f}" y="{y}" width="{width:.1f}" height="14" rx="2" fill="{colour}"/>',
            f'<text x="{x + width + 6:.1f}" y="{y + 12}" fill="#666">{took}</text>',
        ]
    height = TOP + len(rows) * ROW + 8
    title = f"one trace: {len(rows)} spans, {last - first:.1f} s"
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" '
        'font-family="sans-serif" font-size="12" fill="#222">'
    )
    page = f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>'
    bold = f'<text x="12" y="20" font-weight="bold">{title}</text>'
    return "\n".join([head, page, bold, *lines, "</svg>", ""])


if __name__ == "__main__":
    with TemporaryDirectory() as folder:
        Path(sys.argv[1]).write_text(picture(recorded_run(Path(folder))))
