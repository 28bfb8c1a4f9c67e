from pathlib import Path

import pytest
from pulumi.runtime.proto import resource_pb2

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.goals import Alias, Goal
from pulumi_embedded_engine.model.property_wire import write_struct
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_embedded_engine.program.registration_requests import (
    goal_of,
    seconds_of,
    unsupported_feature,
)

URN = "urn:pulumi:dev::proj::a:b:C::c"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90s", 90),
        ("1h2m", 3720),
        ("1.5m", 90),
        ("250ms", 0.25),
        ("0", 0),
        ("-0", 0),
        ("-5m", -300),
        ("+3s", 3),
    ],
)
def test_a_go_duration_is_read(text: str, seconds: float) -> None:
    assert seconds_of(text) == pytest.approx(seconds)


@pytest.mark.parametrize(
    "text", ["", "5", "5 m", "m5", "5x", "-", "+-1s", "00", "- 1s"]
)
def test_an_invalid_duration_is_rejected_in_a_sentence(text: str) -> None:
    with pytest.raises(EngineError, match="is not a duration such as 30s"):
        seconds_of(text)


def test_a_timeout_of_zero_is_no_timeout() -> None:
    request = _request()
    request.customTimeouts.create, request.customTimeouts.update = "0", "-5m"

    goal = goal_of(request, "", Path("/p"), None)

    assert goal.record.custom_timeouts == {"update": -300.0}


PARENT = Goal(
    "p",
    Resource(urn="", custom=False, type="p", protect=True, retain_on_delete=True),
)


@pytest.mark.parametrize(("parent", "inherited"), [(None, False), (PARENT, True)])
def test_options_that_are_not_set_are_inherited_from_the_parent(
    parent: Goal | None, inherited: bool
) -> None:
    goal = goal_of(_request(), "", Path("/p"), parent)

    assert goal.record.protect is inherited
    assert goal.record.retain_on_delete is inherited
    assert goal.delete_before_replace is None


def test_options_that_are_set_to_false_are_false() -> None:
    request = _request(
        protect=False, retainOnDelete=False, deleteBeforeReplaceDefined=True
    )

    goal = goal_of(request, "", Path("/p"), PARENT)

    assert goal.record.protect is False
    assert goal.record.retain_on_delete is False
    assert goal.delete_before_replace is False


def test_without_property_dependencies_every_property_has_all() -> None:
    request = _request(object=write_struct({"a": 1, "b": 2}), dependencies=[URN])

    goal = goal_of(request, "", Path("/p"), None)

    assert goal.record.property_dependencies == {"a": (URN,), "b": (URN,)}


def test_an_alias_with_an_empty_parent_keeps_the_current_parent() -> None:
    request = _request()
    request.aliases.add().spec.name = "before"
    request.aliases[0].spec.parentUrn = ""

    goal = goal_of(request, "", Path("/p"), None)

    assert goal.aliases == (Alias(name="before"),)


def test_an_invalid_urn_is_rejected_in_a_sentence() -> None:
    with pytest.raises(EngineError, match='invalid parent URN: invalid URN "nonsense"'):
        goal_of(_request(parent="nonsense"), "", Path("/p"), None)


def test_a_position_is_relative_to_the_projects_root() -> None:
    request = _request()
    request.sourcePosition.uri = "file:///p/stacks/main.py"
    request.sourcePosition.line = 7

    goal = goal_of(request, "", Path("/p"), None)

    assert goal.record.source_position == "project:///stacks/main.py#7"


@pytest.mark.parametrize(
    ("field", "what"),
    [("remote", "remote components"), ("packageRef", "parameterized")],
)
def test_an_unsupported_feature_is_named(field: str, what: str) -> None:
    value = True if field == "remote" else "ref"

    assert what in unsupported_feature(_request(**{field: value}))


def test_a_plain_registration_is_supported() -> None:
    assert unsupported_feature(_request()) == ""


def _request(**fields: object) -> resource_pb2.RegisterResourceRequest:
    return resource_pb2.RegisterResourceRequest(type="a:b:C", name="c", **fields)  # type: ignore[arg-type]
