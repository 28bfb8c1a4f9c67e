from collections.abc import Iterator
from typing import Any

import pytest

from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.secret_masking import mask_secrets
from pulumi_embedded_engine.model.events import (
    Diagnostic,
    Event,
    Prelude,
    StackOutputs,
    StepFailed,
)
from pulumi_embedded_engine.model.property_values import ASSET, SIGNATURE, Secret
from tests.support.display_events import ended, step, text, thing, took, view

HUSH = "plain-top-secret"


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("the key is s3cr3t!", "the key is [secret]!"),
        ("s3cr3t-and-more", "[secret]"),
        ('as JSON: "a\\"b"', 'as JSON: "[secret]"'),
        ("a true word of 42", "a true word of 42"),
    ],
)
def test_secrets_of_the_configuration_are_masked_in_messages(
    said: str, shown: str
) -> None:
    hidden = ["s3cr3t", "s3cr3t-and-more", 'a"b', "true", "42"]

    assert (
        f"    {shown}"
        in text([Diagnostic("info", said), *ended({})], view(), hidden).splitlines()
    )
    assert "s3cr3t" not in text(
        [Diagnostic("error", said), *ended({})], view(json=True), hidden
    )


def views() -> Iterator[DisplayOptions]:
    for planning in (False, True):
        yield view(planning=planning)
        yield view(planning=planning, diff=True, sames=True, secrets=True)
        yield view(planning=planning, json=True)
        yield view(planning=planning, full=False, config=True)


def told(event: Event, *hidden: str) -> Any:
    seen: list[Event] = []
    mask_secrets(seen.append, hidden)(event)
    return seen[0]


def test_secrets_of_the_configuration_are_masked_in_properties_and_outputs() -> None:
    values = {"token": f"Bearer {HUSH}", "deep": [{"x": HUSH}], "json": f'"{HUSH}"'}
    old = thing("a", {"token": f"old {HUSH}"}, outputs={"token": HUSH})
    new = thing("a", values, outputs=values, init_errors=[f"not with {HUSH}"])
    changed = step("update", old, new)
    events: list[Event] = [
        Prelude({"proj:plain": f"is {HUSH} too"}),
        *took(changed),
        *took(step("same", new, new)),
        StepFailed(changed),
        StackOutputs({"top": f"was {HUSH}"}, {"top": HUSH, "all": values}),
        Diagnostic("error", f"no {HUSH}"),
        *ended({"update": 1}, errored=1),
    ]

    for on in views():
        assert HUSH not in text(events, on, [HUSH])
        assert HUSH in text(events, on)


def test_what_holds_no_secret_is_passed_on_as_it_is() -> None:
    values = {"x": ["y"], "n": 1, "secret": Secret("z")}
    (event, _) = took(step("same", thing("a", values), thing("a")))

    assert told(event, HUSH).metadata.old.inputs == values
    assert mask_secrets(print, ["ab", "true", "FALSE"]) is print


def test_the_names_of_a_resource_stay_whatever_is_secret() -> None:
    asset = {SIGNATURE: ASSET, "text": "c44067 dev"}
    created = step("create", None, thing("dev", {"dev": asset}, id="dev"))

    found = told(StepFailed(created), "dev", "c44067").metadata

    assert found.urn == created.urn
    assert found.new.urn == created.urn
    assert found.new.id == "dev"
    assert found.new.inputs == {"dev": asset | {"text": "[secret] [secret]"}}


def test_a_value_known_as_a_secret_is_left_to_the_display() -> None:
    secret = Secret(HUSH)

    assert told(StackOutputs({}, {"x": secret}), HUSH).new["x"] is secret


@pytest.mark.parametrize("spelling", ["a<b&c", "a\\u003cb\\u0026c"])
def test_a_secret_is_found_as_the_program_reads_it_in_a_map(spelling: str) -> None:
    found = told(Diagnostic("info", f'{{"key":"{spelling}"}}'), "a<b&c")

    assert found.message == '{"key":"[secret]"}'
