"""Prefetches of sites read from a stack's config: the arguments, and the error for each mistake."""

import pytest
from pulumi import RunError

from pulumi_esa_prefetch import SitePrefetchArgs
from pulumi_esa_prefetch.resources.site_config import read_prefetches

WINDOW = {"interval": 60, "sliceLen": 10, "startTime": "2030-01-01T00:00:00Z"}


def test_every_field_reaches_the_arguments_under_its_own_name() -> None:
    prefetches = read_prefetches(
        {
            "launch": {"urls": ["https://x"], "windows": {"first": WINDOW}},
            "other": {
                "site": "2",
                "ossUrl": "https://y",
                "jobName": "n",
                "windows": {},
            },
            "third": {"sitemap": "https://z", "purge": "before", "windows": {}},
        },
        "1",
    )

    assert prefetches == {
        "launch": SitePrefetchArgs(
            site="1",
            urls=["https://x"],
            windows={
                "first": {
                    "interval": 60,
                    "slice_len": 10,
                    "start_time": "2030-01-01T00:00:00Z",
                }
            },
        ),
        "other": SitePrefetchArgs(
            site="2", oss_url="https://y", job_name="n", windows={}
        ),
        "third": SitePrefetchArgs(
            site="1", sitemap="https://z", purge="before", windows={}
        ),
    }


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ([], "prefetches must be a mapping"),
        ({"a": "https://x"}, "prefetches: a must be a mapping"),
        ({"a": {"urls": []}}, "prefetches: a.windows must be a mapping"),
        ({"a": {"windows": {"w": 1}}}, "prefetches: a.windows.w must be a mapping"),
        (
            {"a": {"windows": {}, "url": ""}},
            "prefetches: a.url is not one of site, windows",
        ),
        (
            {"a": {"windows": {"w": {"slice_len": 1}}}, "b": 2},
            "a.windows.w.slice_len is not one of interval, sliceLen, startTime, endTime; b must",
        ),
        (
            {"a": {"windows": {}, "triggers": {"n": 2**53 + 1}}},
            "prefetches: a.triggers.n is a number beyond 2**53, which Pulumi would round: pass it as a string",
        ),
    ],
    ids=[
        "a list",
        "a text",
        "no windows",
        "a number",
        "a field",
        "several",
        "triggers",
    ],
)
def test_what_is_wrong_is_named(config: object, said: str) -> None:
    with pytest.raises(RunError) as refused:
        read_prefetches(config, "1")

    assert said in str(refused.value)
