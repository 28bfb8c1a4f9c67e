"""The native face on the world of the provider's tests: hooks with the schema's names, as an engine calls them."""

from typing import Any

from pulumi_esa_prefetch.native import plan_resource
from pulumi_esa_prefetch.native.plan_resource import PlanDiff, RecordedInPart
from pulumi_esa_prefetch.provider.hook_call import HookCall
from tests.provider.world import ID, JOB, PLAN, World

Props = dict[str, Any]


def inputs(**given: Any) -> Props:
    """A declaration of the first plan."""
    return {"planId": PLAN, "jobId": JOB, **given}


class Record:
    """One resource as an engine keeps it: its inputs and outputs, and whether the next up updates it anyway."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.id = ID
        self.inputs: Props = {}
        self.outputs: Props = {}
        self.reason = ""

    def up(self, **given: Any) -> None:
        """What one ``up`` does, in a process of its own: check, then create, or diff and update."""
        self.world.next_process()
        session, self.reason = self.world.session, ""
        checked = plan_resource.check(session, self.inputs, inputs(**given))
        assert not checked.failures, checked.failures
        hook = HookCall(session)
        try:
            if not self.outputs:
                self.id, self.outputs = plan_resource.create(hook, checked.props)
            else:
                self.outputs = plan_resource.update(
                    hook, self.id, self.outputs, checked.props
                )
        except RecordedInPart as failure:
            # An engine keeps the old inputs after an update that failed in part.
            if not self.outputs:
                self.inputs = checked.props
            self.id, self.outputs = failure.id, failure.outputs
            self.reason = failure.reason
        else:
            self.inputs = checked.props

    def diff(self, **given: Any) -> PlanDiff:
        """What a preview finds."""
        session = self.world.session
        news = plan_resource.check(session, self.inputs, inputs(**given)).props
        return plan_resource.diff(session, self.id, self.outputs, self.inputs, news)

    def destroy(self) -> None:
        """What one ``destroy`` does, in a process of its own."""
        session = self.world.next_process().session
        plan_resource.delete(HookCall(session), self.id, self.outputs)

    def refresh(self) -> None:
        """What one ``refresh`` does, in a process of its own."""
        session = self.world.next_process().session
        found = plan_resource.read(
            HookCall(session), self.id, self.outputs, self.inputs
        )
        assert found is not None
        self.id, self.outputs, self.inputs = found
