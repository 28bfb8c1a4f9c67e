"""SitePurge: the resource that purges the URLs of a SitePrefetch before its plans start; it calls no API itself."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import Resource

from pulumi_esa_prefetch.provider.purge import Purger
from pulumi_esa_prefetch.provider.url_purge import purge_conflicts
from pulumi_esa_prefetch.resources.url_source import UrlSource


class SitePurge(Resource, module="esa", name="SitePurge"):
    """Purges URLs of a site once, and again when they or the triggers change."""

    triggers: Output[Mapping[str, Any]]
    """Those for which the URLs were purged last: the plans take them from here."""
    purged: Output[int]
    """How many URLs were purged last."""
    task_ids: Output[list[str]]
    """The ids of ESA's tasks for them."""

    def __init__(
        self, resource_name: str, opts: ResourceOptions, **props: Input[Any]
    ) -> None:
        outputs = {"purged": None, "task_ids": None}
        super().__init__(Purger(), resource_name, outputs | props, opts)


def wrong_purge(
    purge: object,
    urls: UrlSource | None,
    conditions: Mapping[str, Any],
    now: datetime,
) -> Iterator[str]:
    """Report each argument that ``purge`` cannot be together with; outputs are left out."""
    if purge is None:
        return
    if purge != "before":
        yield 'purge must be "before", or left out'
        return
    if urls is not None and urls.insert_way == "oss":
        yield (
            'purge="before" is not for oss_url, whose URLs the program does not know: give urls, url_file or '
            "sitemap"
        )
    elif urls is not None and not isinstance(urls.content, str):
        yield 'purge="before" needs URLs that the program knows, and urls holds an output, such as a secret'
    yield from purge_conflicts(conditions, now)
