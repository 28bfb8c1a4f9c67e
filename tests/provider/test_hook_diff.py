"""The ``diff`` hook: what counts as a change; it calls nothing and raises nothing."""

from typing import Any

from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.provider.hooks import PlanProvider
from tests.provider.world import ID, World, created, props
from tests.support.local_esa import plan_id


def test_diff_of_what_is_as_declared_is_none() -> None:
    world = World("stopped")
    outs = created(world)

    result = world.provider.diff(ID, outs, world.provider.check({}, props()).inputs)

    assert (result.changes, result.replaces) == (False, None)


def test_diff_of_another_plan_deletes_first() -> None:
    world = World("stopped")

    result = world.provider.diff(ID, created(world), props(plan_id=plan_id(2)))

    assert result.changes
    assert result.replaces == ["plan_id"]
    assert result.delete_before_replace


def test_diff_calls_nothing() -> None:
    world = World()

    world.provider.diff(ID, props(status="stopped"), props(triggers={"a": "1"}))

    assert world.esa.history == []


ANY = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text() | st.just(UNKNOWN),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=4,
)
NAMES = st.sampled_from(
    ["plan_id", "job_id", "desired_state", "triggers", "status", "end_time", "x"]
)


@hypothesis_settings(max_examples=60)
@given(
    st.text() | st.just(ID),
    st.dictionaries(NAMES, ANY),
    st.dictionaries(NAMES, ANY),
)
def test_diff_and_check_raise_nothing_whatever_they_get(
    id_: str, olds: dict[str, Any], news: dict[str, Any]
) -> None:
    provider = PlanProvider()

    assert provider.diff(id_, olds, news).changes in {True, False}
    assert all(f.property in news for f in provider.check(olds, news).failures)
