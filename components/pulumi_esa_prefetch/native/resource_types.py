"""The hooks of each resource type of the schema, by its token; what a hook does is in the module of its type."""

from collections.abc import Mapping
from typing import Any, Protocol

from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.native import plan_resource
from pulumi_esa_prefetch.native.components import PLAN
from pulumi_esa_prefetch.native.plan_resource import PlanDiff
from pulumi_esa_prefetch.native.warmth_resources import (
    GATE,
    RECORD,
    GateHooks,
    RecordHooks,
)
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.resource_hooks import CheckedPlan
from pulumi_esa_prefetch.provider.session import ProviderSession

Props = dict[str, Any]


class ResourceHooks(Protocol):
    """The hooks of one type, on properties in the schema's names; a module implements it by its functions."""

    def check(self, session: ProviderSession, olds: Props, news: Props) -> CheckedPlan:
        """Name each wrong property."""

    def diff(
        self,
        session: ProviderSession,
        id_: str,
        olds: Props,
        old_inputs: Props,
        news: Props,
    ) -> PlanDiff:
        """Compare the declaration with the state."""

    def preview_create(self, session: ProviderSession, news: Props) -> Props:
        """The outputs that a create would record."""

    def create(self, hook: HookCall, news: Props) -> tuple[str, Props]:
        """The id and the outputs."""

    def read(
        self, hook: HookCall, id_: str, props: Props, inputs: Props
    ) -> tuple[str, Props, Props] | None:
        """The id, outputs and inputs; None if it is gone."""

    def preview_update(
        self, session: ProviderSession, id_: str, olds: Props, news: Props
    ) -> Props:
        """The outputs that an update would record."""

    def update(self, hook: HookCall, id_: str, olds: Props, news: Props) -> Props:
        """The outputs."""

    def delete(self, hook: HookCall, id_: str, props: Props) -> None:
        """Delete it."""


RESOURCES: Mapping[str, ResourceHooks] = {
    PLAN: plan_resource,
    RECORD: RecordHooks(),
    GATE: GateHooks(),
}


def hooks_of(urn: str) -> ResourceHooks:
    """The hooks of the resource with this URN. Raises PrefetchError."""
    token = "".join(urn.split("::", 3)[2:3]).rpartition("$")[2]
    if token not in RESOURCES:
        raise PrefetchError(f"there is no resource {one_line(token)}")
    return RESOURCES[token]
