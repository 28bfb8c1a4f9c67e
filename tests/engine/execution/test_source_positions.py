"""Where a program declares its resources: the lines that the SDK gives and the state keeps."""

from pathlib import Path

from tests.support.real_runs import EngineProject

PROGRAM = """\
from maker import *
for name in ("a", "b"):
    Thing(name)
Thing("c")
"""


def test_each_resource_is_recorded_with_its_own_line(tmp_path: Path) -> None:
    ran = EngineProject(tmp_path).run(PROGRAM)

    traces = [ran.record(name).stack_trace for name in "abc"]
    places = [[frame.get("sourcePosition", "") for frame in trace] for trace in traces]
    own = [next(each for each in place if "__main__.py" in each) for place in places]
    assert [each.rpartition("#")[2] for each in own] == ["3", "3", "4"]
    assert len({place[0] for place in places}) == 1, "all in the class's constructor"
