"""What the dynamic host calls for each ScheduledPrefetch: the face of ``resource_hooks`` that a Python program has.

The module and name of ``PlanProvider`` are in the state of every stack and must never change.
"""

from typing import Any

from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    UpdateResult,
)

from pulumi_esa_prefetch.provider import resource_hooks
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.hosted_provider import (
    HostedProvider,
    hook_of_the_host,
)
from pulumi_esa_prefetch.provider.plan_decision import Act
from pulumi_esa_prefetch.settings.settings import refuse_misspelt

Props = dict[str, Any]


class PlanProvider(HostedProvider):
    """Keeps one prefetch plan as declared."""

    @hook_of_the_host
    def check(self, _olds: Props, news: Props) -> CheckResult:
        """Name what is wrong with the declaration.

        A misspelt setting is refused here and not in ``configure``, because refresh and destroy read the config from
        the state, where it cannot be corrected; a destroy calls no ``check``.
        """
        refuse_misspelt(self.config_names)
        checked = resource_hooks.check(self.configured, _olds, news)
        failures = [CheckFailure(name, reason) for name, reason in checked.failures]
        return CheckResult(checked.props, failures)

    @hook_of_the_host
    def diff(self, _id: str, _olds: Props, _news: Props) -> DiffResult:
        """Compare the declaration with the state."""
        act = resource_hooks.diff(self.configured, _id, _olds, _news).act
        if act is Act.REPLACE:
            return DiffResult(
                changes=True, replaces=["plan_id"], delete_before_replace=True
            )
        return DiffResult(changes=act is not Act.KEEP)

    @hook_of_the_host
    def create(self, props: Props) -> CreateResult:
        """Bring a plan to the declared state, and record it."""
        state = resource_hooks.create(HookCall(self.session), props)
        return CreateResult(state.id, state.outputs())

    @hook_of_the_host
    def read(self, id_: str, props: Props) -> ReadResult:
        """Return the plan as ESA lists it; only 'not found' removes it from the state."""
        found = resource_hooks.read(HookCall(self.session), id_, props)
        return ReadResult(*found) if found else ReadResult("", {})

    @hook_of_the_host
    def update(self, _id: str, _olds: Props, _news: Props) -> UpdateResult:
        """Bring the plan to the changed declaration, or back to the unchanged one after a drift."""
        hook = HookCall(self.session)
        declared = resource_hooks.declared(_news)
        recorded = resource_hooks.recorded(_id, _olds)
        state = resource_hooks.update(hook, declared, recorded)
        return UpdateResult(resource_hooks.in_recorded_case(_olds, state.outputs()))

    @hook_of_the_host
    def delete(self, _id: str, _props: Props) -> None:
        """Do what ``on_destroy`` declares."""
        resource_hooks.delete(HookCall(self.session), _id, _props)
