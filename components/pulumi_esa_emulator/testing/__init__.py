"""A local ESA in tests: what the fixture `esa` gives, and the seeds that it takes.

The fixture stands in `pulumi_esa_emulator.pytest_plugin`, which pytest finds by itself. How to use it: docs/testing.md.
"""

from pulumi_esa_emulator.state.records import JobRecord, PlanRecord
from pulumi_esa_emulator.state.request_history import HistoryEntry
from pulumi_esa_emulator.testing.local_esa import Answer, LocalEsa
from pulumi_esa_emulator.testing.seeds import SITE, job, plan

__all__ = [
    "SITE",
    "Answer",
    "HistoryEntry",
    "JobRecord",
    "LocalEsa",
    "PlanRecord",
    "job",
    "plan",
]
