"""The timeline in the comment, as Mermaid's own parser reads it: each plan is a bar, whatever its name is."""

import hashlib
import json
import random
import shutil
import subprocess
from pathlib import Path

import pytest

from pulumi_esa_prefetch.load import Limits
from pulumi_esa_prefetch.report.analysis.summary_building import compose
from pulumi_esa_prefetch.report.inputs.esa_snapshot import EsaSnapshot
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph
from pulumi_esa_prefetch.report.render.mermaid_gantt import gantt
from tests.support.previews import NOW, delete, preview, update

PACKAGE = Path(__file__).parent / "mermaid"
KEYWORDS = (
    *("gantt", "section", "title", "click", "excludes", "includes", "dateFormat"),
    *("axisFormat", "tickInterval", "todayMarker", "topAxis", "inclusiveEndDates"),
    *("weekday", "weekend", "accTitle", "accDescr", "callback", "call", "href"),
    *("displayMode", "vert", "end", "style", "graph", "done", "crit", "milestone"),
)
NAMES = (
    *KEYWORDS,
    *(keyword.upper() for keyword in KEYWORDS),
    *(f"{keyword}-nightly" for keyword in KEYWORDS),
    *(f"{keyword} friday" for keyword in KEYWORDS),
    *(f"{keyword}: 8" for keyword in KEYWORDS),
    *(
        "",
        " ",
        "-",
        "--",
        "---",
        "_",
        "/",
        "...",
        "()",
        "+",
        ":",
        ";",
        "#",
        "%%",
        "%%{",
    ),
    *(
        "a;b",
        "a#b",
        "a:b",
        "#35;",
        "<b>a</b>",
        "a, b",
        "a\nb",
        "50%",
        "12",
        "图",
        "é" * 99,
    ),
)
SEED = 20261111


def charts(names: list[str]) -> list[str]:
    """A chart for each name: a plan of that name among others, and a freeze window of that name."""
    return ["\n".join(chart(name)) for name in names]


def chart(name: str) -> list[str]:
    given = preview(
        update("first", 1, "stopped"),
        update(name, 2, "stopped"),
        delete(f"{name} ", 3, "running"),
    )
    freeze = [{"name": name, "window": "2026-11-11T01:30:00Z/PT1H"}]
    limits = Limits.model_validate({"freeze": freeze})
    graph = ResourceGraph.of(given)
    return gantt(compose(given, graph, EsaSnapshot(), limits, NOW), 50)


def random_names(count: int) -> list[str]:
    chance = random.Random(SEED)
    letters = "aZ09 -_./()+:;#%{}<>&\"'`,\n\t\u2028图é😀"
    return [
        chance.choice(("", *KEYWORDS))
        + "".join(chance.choices(letters, k=chance.randrange(9)))
        for _ in range(count)
    ]


@pytest.mark.parametrize("name", NAMES)
def test_each_bar_begins_with_a_mark_and_not_with_the_name(name: str) -> None:
    lines = chart(name)

    bars = [line for line in lines[4:] if not line.startswith("    section ")]
    assert sorted(bar.split()[0] for bar in bars) == ["-", "freeze", "~", "~"]
    assert all(bar.count(" :") == 1 for bar in bars)


@pytest.mark.slow
def test_mermaid_reads_each_plan_as_a_bar_whatever_its_name_is(parser: Path) -> None:
    names = [*NAMES, *random_names(200)]

    done = subprocess.run(
        ["node", "parse.mjs"],
        cwd=parser,
        input=json.dumps(charts(names)),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    for name, read in zip(names, json.loads(done.stdout), strict=True):
        sections = sorted(task["section"] for task in read.get("tasks", []))
        assert sections == ["delete", "freeze", "update", "update"], (name, read)


@pytest.fixture
def parser(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """Mermaid's parser: installed once, and again if its versions change."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("node and npm are not on PATH")
    lock = (PACKAGE / "package-lock.json").read_bytes()
    cache = getattr(request.config, "cache", None)
    name = f"mermaid-{hashlib.sha256(lock).hexdigest()[:12]}"
    folder = cache.mkdir(name) if cache else tmp_path
    shutil.copytree(
        PACKAGE, folder, dirs_exist_ok=True, ignore=lambda *_: ["node_modules"]
    )
    if not (folder / "installed").exists():
        _install(folder)
        (folder / "installed").touch()
    return Path(folder)


def _install(folder: Path) -> None:
    done = _npm(folder, "ci", "--ignore-scripts", "--no-audit", "--no-fund")
    if done.returncode and _npm(folder, "ping").returncode:
        pytest.skip("the npm registry does not answer")
    assert done.returncode == 0, done.stderr


def _npm(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["npm", *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
