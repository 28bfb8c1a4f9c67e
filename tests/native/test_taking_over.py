"""States that every version's dynamic face has written, taken over by the native one without any call."""

from typing import Any

import pytest
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.native import plan_resource
from pulumi_esa_prefetch.native.property_names import INPUTS, in_provider
from pulumi_esa_prefetch.native.resource_types import hooks_of
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.session import ProviderSession
from tests.provider.test_old_states import (
    PLANS,
    VERIFICATIONS,
    Record,
    as_esa_has_it,
    without_provider,
)


@pytest.mark.parametrize("record", PLANS, ids=str)
def test_a_state_of_every_version_is_taken_over_by_one_update_that_only_records(
    record: Record,
) -> None:
    world = as_esa_has_it(record)
    session, old = world.session, record.inputs
    given = {camel: old[name] for camel, name in INPUTS.items() if name in old}

    checked = plan_resource.check(session, old, given)
    found = plan_resource.diff(session, record.id, record.outputs, old, checked.props)
    hook = HookCall(session)
    outputs = plan_resource.update(hook, record.id, record.outputs, checked.props)
    after = plan_resource.diff(
        session, record.id, outputs, checked.props, checked.props
    )

    assert checked.failures == ()
    assert found.changes
    assert not found.replaces
    assert not after.changes
    assert world.writes() == []
    assert in_provider(outputs) == without_provider(record.outputs)
    assert not [name for name in outputs if "_" in name]


@pytest.mark.parametrize("record", VERIFICATIONS, ids=str)
def test_a_verification_is_taken_over_by_one_update_that_asks_nothing(
    record: Record,
) -> None:
    session = ProviderSession(lambda: pytest.fail("ESA is called"))
    session.interrupt()  # a measurement would end with nothing
    hooks = hooks_of(f"urn:pulumi:a::b::esa-prefetch:index:{record.kind}::warm")
    given = in_schema(without_provider(record.inputs))

    found = hooks.diff(session, record.id, record.outputs, record.inputs, given)
    shown = hooks.preview_update(session, record.id, record.outputs, given)
    outputs = hooks.update(HookCall(session), record.id, record.outputs, given)

    assert found.changes
    assert not hooks.diff(session, record.id, outputs, given, given).changes
    assert outputs == shown == in_schema(without_provider(record.outputs))


def in_schema(props: dict[str, Any]) -> dict[str, Any]:
    return {to_camel(name): value for name, value in props.items()}
