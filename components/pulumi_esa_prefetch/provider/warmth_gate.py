"""What the dynamic host calls for a verification's gate; ``verification_hooks`` does the work.

The module and name of ``WarmthGate`` are in the state of every stack with a verification and must never change.
"""

from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    UpdateResult,
)

from pulumi_esa_prefetch.provider.hosted_provider import (
    HostedProvider,
    hook_of_the_host,
)
from pulumi_esa_prefetch.provider.verification import verification_hooks
from pulumi_esa_prefetch.provider.verification.properties import is_to_judge

Props = dict[str, Any]


class WarmthGate(HostedProvider):
    """Fails if too few of the measured URLs were in the cache; asks nothing."""

    @hook_of_the_host
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Name what is wrong with the declaration."""
        found = verification_hooks.check_gate(news)
        return CheckResult(dict(news), [CheckFailure(*each) for each in found])

    @hook_of_the_host
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Whether it is to be judged again."""
        return DiffResult(changes=is_to_judge(_olds, _news))

    @hook_of_the_host
    def create(self, props: Props) -> CreateResult:
        """Judge."""
        return CreateResult(*verification_hooks.judge(props))

    @hook_of_the_host
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Judge again."""
        return UpdateResult(verification_hooks.judge(_news)[1])
