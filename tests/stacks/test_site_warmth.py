"""A site's prefetch, and then `warm` on the stack: what the plan has submitted is in the cache of the edge."""

import json
import subprocess
from collections.abc import Iterator

import pytest

from tests.stacks.conftest import Sites
from tests.support.engines import ESA_PREFETCH
from tests.support.local_edge import LocalEdge, local_edge
from tests.support.local_esa import seed

URLS = [f"https://www.example.com/{number}.jpg" for number in range(10)]
PAGE = "https://www.example.com/list.html"


@pytest.fixture
def edge() -> Iterator[LocalEdge]:
    with local_edge(seed()) as edge:
        yield edge


@pytest.mark.slow
def test_the_urls_of_a_deployed_site_are_measured_from_its_state(
    edge: LocalEdge, site: Sites
) -> None:
    stack = site(edge)
    (stack.root / "project/catalogue.txt").write_text("\n".join([*URLS, PAGE]))
    window = {"interval": 600, "sliceLen": 100}
    stack.prefetch(launch={"urlFile": "catalogue.txt", "windows": {"now": window}})
    up = stack.up()

    done = subprocess.run(
        [ESA_PREFETCH, "warm", "--json", "--resolve", edge.resolve(PAGE)],
        cwd=stack.root / "project",
        env={**stack.environment(), "SSL_CERT_FILE": edge.ca_file},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert "1 URL has an extension that ESA does not cache by default (.html)" in (
        " ".join(up.output.split())
    )
    assert (done.returncode, done.stderr) == (0, "")
    shown = json.loads(done.stdout)
    assert (shown["byStatus"], shown["ratio"]) == ({"HIT": 10, "DYNAMIC": 1}, 1.0)
    assert edge.counts() == dict.fromkeys([*URLS, PAGE], 1)
