"""SitePrefetch in programs of other shapes: options, an explicit provider, values that come later, races."""

import re

import pytest

from tests.lifecycle.conftest import Emulators
from tests.stacks.conftest import Sites
from tests.support.local_esa import SITE, Esa, seed

# The site's id and a URL are outputs of a resource: unknown in the first preview.
PROGRAM = f"""
import json
import pulumi
import pulumi_alicloud as alicloud
from pulumi import Alias, ResourceOptions
from pulumi.dynamic import CreateResult, Resource, ResourceProvider
from pulumi_esa_prefetch import PrefetchWindow, SitePrefetch, SitePrefetchArgs


class Making(ResourceProvider):
    def create(self, props):
        return CreateResult("{SITE}", dict(props, made=True))


class Made(Resource):
    url: pulumi.Output[str]

    def __init__(self):
        super().__init__(Making(), "site", {{"url": "https://www.example.com/later"}})


config = pulumi.Config("test")
provider = alicloud.Provider(
    "local", endpoints=[{{"esa": config.require("esa")}}], protocol="HTTP", region="cn-hangzhou"
)
site = Made()
launch = SitePrefetch(
    config.get("name") or "launch",
    SitePrefetchArgs(
        site=site,
        urls=["https://www.example.com/a", site.url],
        windows={{"now": PrefetchWindow(interval=600, slice_len=1, end_time=config.get("end"))}},
        triggers={{"release": config.get("release") or "1"}},
    ),
    ResourceOptions(
        providers=[provider],
        aliases=[Alias(name="launch")],
        protect=config.get_bool("protect") or False,
    ),
)
pulumi.export("job_id", launch.job_id)
pulumi.export("window", launch.window)
"""


@pytest.mark.slow
def test_options_and_values_reach_everything_that_it_makes(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    stack.write_program(PROGRAM)
    stack.variables["ESA_ENDPOINT"] = esa.endpoint
    stack.config = {"test:esa": address(esa), "test:end": "2031-01-01T00:00:00+08:00"}
    stack.configure()

    stack.check("preview")
    assert esa.changes() == 0
    stack.up()
    (job,) = esa.state()["jobs"]
    assert job["UrlList"] == [
        "https://www.example.com/a",
        "https://www.example.com/later",
    ]
    assert stack.printed_outputs() == {
        "job_id": job["Id"],
        "window": {"start": "", "end": "2030-12-31T16:00:00Z"},
    }

    stack.config |= {"test:name": "renamed", "test:protect": "true"}
    stack.configure()
    stack.up()
    assert esa.starts() == 1
    assert set(stack.records()) == {"renamed-now"}
    made = [r for r in stack.deployment()["resources"] if "renamed" in r["urn"]]
    assert [r["type"].rpartition(":")[2] for r in made if not r.get("protect")] == []
    assert esa.state()["jobs"][0]["Id"] == job["Id"]

    stack.config |= {"test:release": "2"}
    stack.configure()
    stack.up()
    assert esa.effective_starts() == 2
    assert stack.is_settled()


@pytest.mark.slow
def test_a_time_that_is_none_is_said_in_one_sentence(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    stack.write_program(PROGRAM)
    stack.config = {"test:esa": address(esa), "test:end": "tomorrow"}
    stack.configure()

    result = stack.run("up", "--yes", "--skip-preview")

    assert result.code != 0
    assert "Traceback" not in result.output
    owner = r"error: SitePrefetch 'launch' \(__main__\.py:\d+\): "
    assert re.search(f"{owner}windows.now: 'tomorrow' is not an instant", result.output)
    assert esa.changes() == 0


@pytest.mark.thorough
def test_without_pulumi_alicloud_the_stack_names_the_extra(
    emulator: Emulators, site: Sites
) -> None:
    stack = site(emulator(seed()))
    stack.write_program(
        'import sys\nsys.modules["pulumi_alicloud"] = None\n'
        "from pulumi_esa_prefetch import SitePrefetch, SitePrefetchArgs\n"
        'SitePrefetch("a", SitePrefetchArgs(site="1", urls=["https://x/"], windows={}))\n'
    )

    result = stack.run("up", "--yes", "--skip-preview")

    assert result.code != 0
    assert "Traceback" not in result.output
    assert "pip install 'pulumi-esa-prefetch[alicloud]'" in result.output


@pytest.mark.slow
def test_windows_that_are_over_are_moved_in_one_run(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(
        seed(),
        dialects=["start-late-accepted", "window-over-failed"],
        faults={
            "faults": [
                {
                    "kind": "stall",
                    "when": "before",
                    "seconds": 3,
                    "actions": ["UpdateScheduledPreloadExecution"],
                    "calls": [1],
                }
            ]
        },
    )
    stack = site(esa)
    stack.prefetch(launch=launch("2021-01-01", "2021-01-02"))
    stack.up()

    stack.prefetch(launch=launch("2031-01-01", "2031-01-02"))
    stack.up()

    assert [plan["Status"] for plan in esa.plans().values()] == ["waiting", "waiting"]
    assert stack.is_settled()


@pytest.mark.slow  # short of alicloud's part, test_limits shows the same
def test_a_window_that_is_moved_into_a_freeze_is_refused_in_the_run_that_moves_it(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    frozen = {"freeze": ["2031-01-04T00:00Z/P1D"], "enforce": {"freeze": "deny"}}
    stack.configure(limits=frozen)
    stack.prefetch(launch=moved("2031-01-10", "2031-01-02"))
    stack.up()
    (plan,) = [p["Id"] for p in esa.plans().values() if "01-02T" in p["StartTime"]]

    stack.prefetch(launch=moved("2031-01-11", "2031-01-04"))
    refused = stack.refused()
    starts = esa.starts(plan)
    stack.prefetch(launch=moved("2031-01-11", "2031-01-05"))
    stack.up()

    assert "in the freeze window" in refused.output
    assert (starts, esa.starts(plan)) == (1, 2)
    assert stack.is_settled()


def moved(*days: str) -> dict[str, object]:
    pace = {"interval": 60, "sliceLen": 1}
    windows = {
        f"w{n}": {"startTime": f"{day}T01:00:00Z", **pace} for n, day in enumerate(days)
    }
    return {"urls": ["https://www.example.com/a"], "windows": windows}


def launch(*days: str) -> dict[str, object]:
    return {
        "urls": ["https://www.example.com/a"],
        "windows": {
            day[-2:]: {
                "startTime": f"{day}T00:00:00Z",
                "endTime": f"{day}T06:00:00Z",
                "interval": 60,
                "sliceLen": 1,
            }
            for day in days
        },
    }


def address(esa: Esa) -> str:
    return esa.endpoint.removeprefix("http://")
