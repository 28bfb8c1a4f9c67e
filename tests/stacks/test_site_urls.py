"""URLs that ESA would refuse: encoded, with a warning, or refused with their lines before anything is made."""

import json
from pathlib import Path

import pytest

from tests.lifecycle.conftest import Emulators
from tests.stacks.conftest import Sites
from tests.stacks.site import SiteStack
from tests.support.local_esa import seed

FILE = {
    "urlFile": "catalogue.txt",
    "windows": {"now": {"interval": 600, "sliceLen": 1}},
}
ENCODED = [
    "https://www.example.com/%E5%9B%BE%E7%89%87.jpg",
    "https://www.example.com/ok.css",
]


def catalogue(stack: SiteStack) -> Path:
    return stack.root / "project/catalogue.txt"


@pytest.mark.slow
def test_a_list_that_is_not_ascii_is_sent_encoded_and_the_preview_says_so(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    catalogue(stack).write_text(
        "https://www.example.com/图片.jpg\nhttps://www.example.com/ok.css\n", "utf-8"
    )
    stack.prefetch(launch=FILE)

    preview = json.loads(stack.check("preview", "--json").output)
    stack.up()

    (warning,) = [d for d in preview["diagnostics"] if d["severity"] == "warning"]
    assert warning["urn"].endswith("::esa-prefetch:index:SitePrefetch::launch")
    assert (
        "SitePrefetch 'launch': url_file catalogue.txt: 1 URL is percent-encoded, because ESA takes ASCII "
        f"only: the first is line 1, which is sent as {ENCODED[0]}\n"
    ) in warning["message"]
    (job,) = esa.state()["jobs"]
    assert (job["UrlList"], job.get("ErrorInfo")) == (ENCODED, None)

    catalogue(stack).write_text("\n".join(ENCODED))
    assert stack.is_settled()


@pytest.mark.thorough
def test_urls_that_esa_would_refuse_are_named_by_file_and_line_and_nothing_is_made(
    emulator: Emulators, site: Sites
) -> None:
    esa = emulator(seed())
    stack = site(esa)
    catalogue(stack).write_text(
        "https://www.example.com/ok.css\nhttps://www.example.com/a b.jpg\n\nhttps:///a.jpg\n"
    )
    stack.prefetch(launch=FILE)

    result = stack.refused()

    assert (
        "error: SitePrefetch 'launch' (__main__.py:15): url_file catalogue.txt: "
        "line 2 holds a space (write %20), line 4 has no host\n"
    ) in result.output
    assert esa.changes() == 0
