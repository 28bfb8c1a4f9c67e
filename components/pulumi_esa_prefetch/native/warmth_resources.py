"""The hooks of the native PrefetchWarmthRecord and PrefetchWarmthGate; `verification_hooks` does the work.

What only this face can do is here: the difference by property, the outputs of a preview, and the update that takes a
dynamic resource over, which asks nothing.
"""

from collections.abc import Mapping
from typing import Any, Final

from pulumi.output import UNKNOWN
from pydantic import BaseModel
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.native.detailed_diff import property_diff
from pulumi_esa_prefetch.native.plan_resource import PlanDiff
from pulumi_esa_prefetch.native.property_names import is_dynamic
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.resource_hooks import CheckedPlan
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.provider.verification import verification_hooks
from pulumi_esa_prefetch.provider.verification.properties import (
    Failures,
    GateInputs,
    RecordInputs,
    RecordState,
    is_to_judge,
    is_to_measure,
    recorded,
)

Props = dict[str, Any]

RECORD: Final = "esa-prefetch:index:PrefetchWarmthRecord"
GATE: Final = "esa-prefetch:index:PrefetchWarmthGate"


def _names(*models: type[BaseModel]) -> Mapping[str, str]:
    return {to_camel(name): name for model in models for name in model.model_fields}


RECORD_INPUTS: Final = _names(RecordInputs)
"""Of the properties that are declared: the name in the schema -> that in the provider."""
RECORD_NAMES: Final = _names(RecordState)
"""The same of the outputs."""
GATE_NAMES: Final = _names(GateInputs)
_PROVIDER_NAMES: Final = {**RECORD_INPUTS, **RECORD_NAMES, **GATE_NAMES}


class RecordHooks:
    """The hooks of a record."""

    def check(self, session: ProviderSession, olds: Props, news: Props) -> CheckedPlan:
        """Name each wrong property."""
        del olds
        return _checked(
            news, verification_hooks.check_record(session, _in_provider(news))
        )

    def diff(
        self,
        session: ProviderSession,
        id_: str,
        olds: Props,
        old_inputs: Props,
        news: Props,
    ) -> PlanDiff:
        """Whether the edge is to be measured."""
        del session, id_
        changes = is_to_measure(_in_provider(olds), _in_provider(news))
        return _diff(RECORD_INPUTS, olds, old_inputs, news, changes=changes)

    def preview_create(self, session: ProviderSession, news: Props) -> Props:
        """The outputs: what will be measured is not known."""
        del session
        return _unmeasured(news)

    def create(self, hook: HookCall, news: Props) -> tuple[str, Props]:
        """Measure."""
        id_, outputs = verification_hooks.create_record(hook, _in_provider(news))
        return id_, _in_schema(outputs)

    def read(
        self, hook: HookCall, id_: str, props: Props, inputs: Props
    ) -> tuple[str, Props, Props] | None:
        """What the state has: nothing is asked."""
        del hook
        return _as_recorded(id_, props, inputs)

    def preview_update(
        self, session: ProviderSession, id_: str, olds: Props, news: Props
    ) -> Props:
        """The outputs; what will be measured is not known."""
        del session, id_
        before = _in_provider(olds)
        if is_to_measure(before, _in_provider(news)):
            return _unmeasured(news)
        return _in_schema(verification_hooks.outputs(recorded(before)))

    def update(self, hook: HookCall, id_: str, olds: Props, news: Props) -> Props:
        """Measure others than before."""
        del id_
        return _in_schema(
            verification_hooks.update_record(
                hook, _in_provider(olds), _in_provider(news)
            )
        )

    def delete(self, hook: HookCall, id_: str, props: Props) -> None:
        """Do nothing: what was asked stays asked."""


class GateHooks:
    """The hooks of a gate."""

    def check(self, session: ProviderSession, olds: Props, news: Props) -> CheckedPlan:
        """Name each wrong property."""
        del session, olds
        return _checked(news, verification_hooks.check_gate(_in_provider(news)))

    def diff(
        self,
        session: ProviderSession,
        id_: str,
        olds: Props,
        old_inputs: Props,
        news: Props,
    ) -> PlanDiff:
        """Whether it is to be judged again."""
        del session, id_
        changes = is_to_judge(_in_provider(olds), _in_provider(news))
        return _diff(GATE_NAMES, olds, old_inputs, news, changes=changes)

    def preview_create(self, session: ProviderSession, news: Props) -> Props:
        """The outputs are the inputs."""
        del session
        return news

    def create(self, hook: HookCall, news: Props) -> tuple[str, Props]:
        """Judge."""
        del hook
        id_, outputs = verification_hooks.judge(_in_provider(news))
        return id_, _in_schema(outputs)

    def read(
        self, hook: HookCall, id_: str, props: Props, inputs: Props
    ) -> tuple[str, Props, Props] | None:
        """What the state has."""
        del hook
        return _as_recorded(id_, props, inputs)

    def preview_update(
        self, session: ProviderSession, id_: str, olds: Props, news: Props
    ) -> Props:
        """The outputs are the inputs."""
        del session, id_, olds
        return news

    def update(self, hook: HookCall, id_: str, olds: Props, news: Props) -> Props:
        """Judge again."""
        del olds, id_
        return self.create(hook, news)[1]

    def delete(self, hook: HookCall, id_: str, props: Props) -> None:
        """Do nothing."""


def _checked(news: Props, failures: Failures) -> CheckedPlan:
    named = tuple((to_camel(n), r.replace(n, to_camel(n), 1)) for n, r in failures)
    return CheckedPlan(news, named)


def _diff(
    names: Mapping[str, str],
    olds: Props,
    old_inputs: Props,
    news: Props,
    *,
    changes: bool,
) -> PlanDiff:
    """The difference by property; what the dynamic face has recorded is always a change, of its names alone."""
    if not changes:
        return PlanDiff(changes=is_dynamic(olds))
    before = {n: v for n, v in old_inputs.items() if n in names}
    return PlanDiff(changes, properties=property_diff(names, before, news))


def _unmeasured(news: Props) -> Props:
    kept = {name: value for name, value in news.items() if name != "urls"}
    return dict.fromkeys(RECORD_NAMES, UNKNOWN) | kept


def _as_recorded(
    id_: str, props: Props, inputs: Props
) -> tuple[str, Props, Props] | None:
    if not props:
        raise PrefetchError(
            "a measurement cannot be imported: declare a PrefetchVerification, which measures"
        )
    return id_, props, inputs


def _in_provider(props: Props) -> Props:
    return {_PROVIDER_NAMES.get(name, name): value for name, value in props.items()}


def _in_schema(props: Props) -> Props:
    return {to_camel(name): value for name, value in props.items()}
