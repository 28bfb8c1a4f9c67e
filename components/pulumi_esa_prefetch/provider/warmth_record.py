"""What the dynamic host calls for a verification's record; ``verification_hooks`` does the work.

The module and name of ``WarmthRecorder`` are in the state of every stack with a verification and must never change.
"""

from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    UpdateResult,
)

from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.hosted_provider import (
    HostedProvider,
    hook_of_the_host,
)
from pulumi_esa_prefetch.provider.verification import verification_hooks
from pulumi_esa_prefetch.provider.verification.properties import is_to_measure

Props = dict[str, Any]


class WarmthRecorder(HostedProvider):
    """Measures how warm the edge is, once for each Start of a plan, and records it."""

    @hook_of_the_host
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Name what is wrong with the declaration."""
        found = verification_hooks.check_record(self.configured, news)
        return CheckResult(dict(news), [CheckFailure(*each) for each in found])

    @hook_of_the_host
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Whether the edge is to be measured."""
        return DiffResult(changes=is_to_measure(_olds, _news))

    @hook_of_the_host
    def create(self, props: Props) -> CreateResult:
        """Measure."""
        return CreateResult(
            *verification_hooks.create_record(HookCall(self.session), props)
        )

    @hook_of_the_host
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Measure others than before."""
        hook = HookCall(self.session)
        return UpdateResult(verification_hooks.update_record(hook, _olds, _news))
