"""URLs and triggers of stacks/site that are encrypted in its config: plain text nowhere, and no job made anew."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_emulator.state.data_file import DataFile
from stacks.prefetch.demo.settings import ROOT
from tests.lifecycle.conftest import Emulators
from tests.stacks.conftest import Sites
from tests.stacks.site import PROJECT, SiteStack
from tests.support import secret_leaks as leaks
from tests.support.local_esa import Document, Esa, seed
from tests.support.observed_run import Watched

SIGNED = "geheim-Signed-1"
LISTED = "geheim-Listed-2"
TRIGGER = "geheim-Trigger-3"
OBJECT = "https://bucket.oss-cn-hangzhou.aliyuncs.com/list.txt"
OSS_URL = f"{OBJECT}?Expires=1893456000&Signature={SIGNED}"
LISTED_URL = f"https://www.example.com/b?auth_key={LISTED}"
SEED = seed() | {"oss": {OSS_URL: ["https://www.example.com/x"]}}
NOW: Document = {"now": {"interval": 600, "sliceLen": 1}}
PROGRAM = (ROOT / "stacks/site/__main__.py").read_text()

# What the program came to before secrets were looked for in its config.
EARLIER = PROGRAM.replace(
    "config = pulumi.Config()",
    "from pulumi_esa_prefetch.resources import site_config\n"
    "site_config.secrecy = lambda setting: lambda value: False\n"
    "config = pulumi.Config()",
)


HIDDEN = [SIGNED, LISTED, TRIGGER]


@pytest.fixture
def esa(tmp_path: Path) -> Iterator[Esa]:
    """An emulator that keeps what happened in a file."""
    with closing(DataFile(tmp_path / "esa.json")) as file:
        app = create_app(seed=SEED, storage=file, lines=file.read())
        with running(app) as endpoint, closing(Esa(endpoint)) as one:
            yield one


def declare(stack: SiteStack) -> None:
    """A signed URL of a list, a URL in a list, and a trigger, encrypted each."""
    urls = ["https://www.example.com/a"]
    stack.prefetch(signed={"windows": NOW}, listed={"urls": urls, "windows": NOW})
    at = f"{PROJECT}:prefetches"
    for place, value in {
        f"{at}.signed.ossUrl": OSS_URL,
        f"{at}.listed.urls[1]": LISTED_URL,
        f"{at}.listed.triggers.token": TRIGGER,
    }.items():
        stack.check("config", "set", "--path", "--secret", place, value)


@pytest.mark.thorough
def test_encrypted_urls_and_triggers_are_shown_and_left_nowhere(
    esa: Esa, site: Sites, tmp_path: Path
) -> None:
    stack = site(esa)
    watched = Watched(stack)
    declare(stack)

    watched.run("preview", "--diff")
    watched.run("up", "--yes", "--skip-preview", "--diff")
    watched.run("preview", "--json", "--show-sames")
    watched.run("refresh", "--yes", "--skip-preview")
    watched.run("stack", "export")

    assert [result.code for result in watched.results] == [0] * 5
    texts = [result.output for result in watched.results]
    told = [*texts, *watched.journals, *watched.command_lines]
    assert [text for text in told if leaks.in_text(text, HIDDEN)] == []
    assert leaks.in_files(stack.root, HIDDEN) == []
    kept = f"{esa.history()} {esa.state()} {(tmp_path / 'esa.json').read_text()}"
    assert not leaks.in_text(kept, [SIGNED, TRIGGER])
    assert kept.count(OBJECT) == 3  # twice in the history, once in the job: unsigned
    assert LISTED in kept  # the list itself is ESA's


@pytest.mark.slow
@pytest.mark.parametrize(
    "alicloud",
    ["stand-in", "stand-in with plain diffs"],
    indirect=True,
)
def test_urls_that_become_secrets_make_no_job_anew_and_start_nothing(
    esa: Esa, site: Sites
) -> None:
    stack = site(esa)
    stack.write_program(EARLIER)
    declare(stack)
    stack.up()
    before = esa.changes()
    assert leaks.in_text(stack.checkpoint().read_text(), [SIGNED])

    stack.write_program(PROGRAM)
    stack.up("--expect-no-changes")

    assert esa.changes() == before
    # An output whose whole input is a secret is sealed by any `up`.
    assert not leaks.in_text(stack.checkpoint().read_text(), [SIGNED, LISTED])


@pytest.mark.thorough
def test_what_is_wrong_with_a_secret_url_is_said_of_its_prefetch_without_the_url(
    emulator: Emulators, site: Sites
) -> None:
    stack = site(emulator(seed()))
    stack.prefetch(a={"windows": NOW})
    place = f"{PROJECT}:prefetches.a.ossUrl"
    stack.check("config", "set", "--path", "--secret", place, f"oss://{SIGNED}")

    refused = stack.run("preview")

    assert refused.code != 0
    said = "error: SitePrefetch 'a' (__main__.py:15): oss_url is no http or https URL"
    assert said in refused.output
    assert "Traceback" not in refused.output
    assert not leaks.in_text(refused.output, HIDDEN)
