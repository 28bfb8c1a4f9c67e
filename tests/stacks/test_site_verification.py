"""The list of a SitePrefetch, verified: what is asked after its URLs have changed, and the job with them."""

import pytest

from tests.stacks.conftest import Sites
from tests.support.local_edge import local_edge
from tests.support.local_esa import SITE, seed

URLS = [f"http://www.example.com/{n}.js" for n in range(6)]
PROGRAM = f"""
import pulumi
from pulumi_esa_prefetch import PrefetchCompletion, PrefetchVerification, SitePrefetch

urls = pulumi.Config("test").require_object("urls")
site = SitePrefetch(
    "site", site="{SITE}", urls=urls, windows={{"now": {{"interval": 1, "slice_len": 100}}}}
)
done = PrefetchCompletion("done", plan=site.campaign.plans["now"], timeout=60)
warm = PrefetchVerification("warm", completion=done, urls=site, sample=4)
pulumi.export("checked", warm.checked)
"""


@pytest.mark.slow
def test_a_changed_list_is_verified_without_what_was_asked_before(site: Sites) -> None:
    with local_edge(seed()) as edge:
        stack = site(edge)
        stack.write_program(PROGRAM)
        stack.configure(resolve=edge.resolve(URLS[0]))
        stack.config["test:urls"] = URLS[:4]
        stack.configure()
        stack.up()
        stack.config["test:urls"] = URLS
        stack.configure()
        stack.up()

        assert edge.counts() == dict.fromkeys(URLS, 1)
        assert stack.printed_outputs() == {"checked": 2}
        assert stack.is_settled()
        assert edge.counts() == dict.fromkeys(URLS, 1)
