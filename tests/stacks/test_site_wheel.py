"""SitePrefetch in a project that is not this one: the built wheel, installed by pip, and mypy on its own terms."""

import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest

from stacks.prefetch.demo.settings import ROOT

# A whole stack: a site that pulumi_alicloud makes, two lists, three plans.
PROGRAM = """\
import pulumi
import pulumi_alicloud as alicloud
from pulumi_esa_prefetch import PrefetchWindow, SitePrefetch, SitePrefetchArgs

site = alicloud.esa.Site("shop", site_name="example.com", instance_id="sp-xcdn-1", coverage="global")
night = PrefetchWindow(
    start_time="2030-11-11T00:00:00+08:00",
    end_time="2030-11-11T06:00:00+08:00",
    interval=60,
    slice_len=10,
)
launch = SitePrefetch(
    "launch",
    SitePrefetchArgs(site=site, urls=["https://www.example.com/a"], windows={"night": night}),
    pulumi.ResourceOptions(protect=True),
)
catalogue = SitePrefetch(
    "catalogue",
    SitePrefetchArgs(site=site, oss_url="https://b.oss-cn-hangzhou.aliyuncs.com/1.txt", windows={"night": night}),
)
pulumi.export("statuses", launch.statuses)
pulumi.export("ready", pulumi.Output.all(launch.ready, catalogue.ready).apply(all))
"""


@pytest.fixture(scope="module")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the wheel, and sees this one's other packages."""
    place = tmp_path_factory.mktemp("elsewhere")
    pip = [sys.executable, "-m", "pip", "--quiet", "--disable-pip-version-check"]
    wheel = [*pip, "wheel", "--no-deps", f"--wheel-dir={place}", str(ROOT)]
    subprocess.run(wheel, check=True, timeout=300)
    venv.create(place / "venv", symlinks=True)
    python = place / "venv/bin/python"
    (built,) = place.glob("*.whl")
    install = ["install", "--no-deps", "--no-index", str(built)]
    subprocess.run([*pip, f"--python={python}", *install], check=True, timeout=300)
    (packages,) = (place / "venv/lib").glob("python*/site-packages")
    # Not `import`ed as a .pth line: this environment's own install of the package must stay out.
    (packages / "others.pth").write_text(sysconfig.get_path("purelib") + "\n")
    return python


def test_a_whole_stack_is_under_25_lines() -> None:
    assert len(PROGRAM.splitlines()) < 25


@pytest.mark.slow
def test_the_program_runs_on_the_wheel_and_not_on_this_tree(python: Path) -> None:
    where = "import pulumi_esa_prefetch as p; p.SitePrefetch; print(p.__file__)"

    done = subprocess.run(
        [python, "-I", "-c", where],
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )

    assert done.stdout.startswith(str(python.parent.parent))


@pytest.mark.slow
def test_mypy_strict_is_content_with_it_and_finds_what_is_wrong(
    python: Path, tmp_path: Path
) -> None:
    wrong = PROGRAM.replace("slice_len=10", 'slice_length="ten"')
    (tmp_path / "right.py").write_text(PROGRAM)
    (tmp_path / "wrong.py").write_text(wrong)
    mypy = [sys.executable, "-m", "mypy", "--strict", f"--python-executable={python}"]

    done = subprocess.run(
        [*mypy, "right.py", "wrong.py"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )

    found = [line for line in done.stdout.splitlines() if ": error: " in line]
    assert {line.partition(":")[0] for line in found} == {"wrong.py"}
    assert 'Unexpected keyword argument "slice_length"' in found[0]
