"""What the dynamic host calls for a SitePurge, the resource of ``SitePrefetch(purge="before")``.

The plans depend on it, so that they start when its ``create`` or ``update`` has ended. ``url_purge`` does the work.
The module and name of ``Purger`` are in the state of every stack that purges, and must never change.
"""

from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    UpdateResult,
)

from pulumi_esa_prefetch.clock import SystemClock
from pulumi_esa_prefetch.provider import url_purge
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.hosted_provider import (
    HostedProvider,
    hook_of_the_host,
)

Props = dict[str, Any]


class Purger(HostedProvider):
    """Purges the URLs of a job before its plans start, once for each list of URLs and triggers."""

    @hook_of_the_host
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Refuse plans that do not run at once, and a purge after which a plan would not start; it calls nothing."""
        session = self.configured
        now = (session.clock if session else SystemClock()).now()
        limits = session.limits if session else None
        conflicts = list(url_purge.purge_conflicts(news, now))
        if not _olds or url_purge.purge_reason(_olds, news):
            conflicts += url_purge.start_conflicts(news, limits, now)
        if session and not (_olds or conflicts):
            session.planned_lines.keep(url_purge.planned_purge(news))
        # Of no property: an engine shows the value of one, and URLs may hold signatures.
        return CheckResult(news, [CheckFailure("", text) for text in conflicts])

    @hook_of_the_host
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Compare site, URLs and triggers; it calls nothing."""
        reason = url_purge.purge_reason(_olds, _news)
        session = self.configured
        if session and reason:
            session.planned_lines.keep(url_purge.planned_purge(_news, reason))
        return DiffResult(changes=bool(reason))

    @hook_of_the_host
    def create(self, props: Props) -> CreateResult:
        """Purge, unless the job has plans already."""
        outs = url_purge.purge_for_new(self._hook(), props)
        return CreateResult(url_purge.UrlPurge.of(props).id, outs)

    @hook_of_the_host
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Purge again if the URLs or the triggers have changed."""
        return UpdateResult(url_purge.purge_again(self._hook(), _olds, _news))

    def _hook(self) -> HookCall:
        self.session.planned_lines.drop()
        return HookCall(self.session, seconds=self.session.purge_deadline)
