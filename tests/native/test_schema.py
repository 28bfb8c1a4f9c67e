"""The schema: as its golden copy, and as the code that serves it has it."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.native import (
    components,
    functions,
    resource_types,
    verification_component,
    warmth_resources,
)
from pulumi_esa_prefetch.native.configuration import ARGUMENTS
from pulumi_esa_prefetch.native.property_names import INPUTS, PROPERTIES
from pulumi_esa_prefetch.native.schema import schema, schema_text
from pulumi_esa_prefetch.provider.plan_properties import (
    DesiredState,
    OnDestroy,
    PlanInputs,
    Rerun,
)
from pulumi_esa_prefetch.provider.verification.properties import (
    DEFAULTS,
    GateInputs,
    RecordInputs,
)
from pulumi_esa_prefetch.resources.campaign_plans import CampaignOutputs
from pulumi_esa_prefetch.resources.completion_polling import Until
from pulumi_esa_prefetch.resources.prefetch_completion import PrefetchCompletionArgs
from pulumi_esa_prefetch.resources.prefetch_verification import (
    PrefetchVerificationArgs,
)

GOLDEN = Path(__file__).parent.parent / "golden/native_schema.json"
RESOURCES = schema()["resources"]
PLAN = RESOURCES[components.PLAN]


def token(name: str) -> str:
    return f"esa-prefetch:index:{name}"


def fields(type_: str) -> dict[str, Any]:
    return dict(schema()["types"][token(type_)]["properties"])


def test_the_schema_is_its_golden_copy_from_which_users_have_made_sdks() -> None:
    assert schema() == json.loads(GOLDEN.read_text())


def test_the_served_schema_has_the_version_of_the_package() -> None:
    assert json.loads(schema_text("1.2.3"))["version"] == "1.2.3"


def test_a_plan_has_the_inputs_of_the_provider_with_their_defaults() -> None:
    declared = PLAN["inputProperties"]

    assert list(declared) == list(INPUTS)
    assert PLAN["requiredInputs"] == ["planId"]
    for camel, name in INPUTS.items():
        default = PlanInputs.model_fields[name].get_default(call_default_factory=True)
        given = declared[camel].get("default")
        assert given == (default if name not in {"plan_id", "triggers"} else None)
    replacing = [n for n in declared if declared[n].get("willReplaceOnChanges")]
    assert replacing == ["planId"]


def test_a_plan_has_the_outputs_of_the_provider() -> None:
    assert list(PLAN["properties"]) == list(PROPERTIES)
    # ESA may leave them out
    assert set(PROPERTIES) - set(PLAN["required"]) == {"interval", "sliceLen"}


@pytest.mark.parametrize(
    ("type_", "values"),
    [
        ("DesiredState", DesiredState),
        ("OnDestroy", OnDestroy),
        ("Rerun", Rerun),
        ("Until", Until),
    ],
)
def test_an_enum_has_the_values_that_the_provider_accepts(
    type_: str, values: object
) -> None:
    found = [each["value"] for each in schema()["types"][token(type_)]["enum"]]

    assert found == list(get_args(values))


def test_the_configuration_has_the_arguments_of_the_provider() -> None:
    assert sorted(schema()["config"]["variables"]) == list(ARGUMENTS)
    assert sorted(schema()["provider"]["inputProperties"]) == list(ARGUMENTS)
    assert schema()["config"]["variables"] == schema()["provider"]["inputProperties"]


def test_a_campaign_takes_the_fields_of_a_plan_and_gives_its_outputs() -> None:
    campaign = RESOURCES[components.CAMPAIGN]

    assert list(fields("PlanFields")) == list(INPUTS)
    assert tuple(campaign["inputProperties"]) == components.CAMPAIGN_INPUTS
    names = CampaignOutputs.__dataclass_fields__
    assert list(campaign["properties"]) == [to_camel(n) for n in names]


def test_a_completion_takes_what_the_code_takes_with_its_defaults() -> None:
    completion = RESOURCES[verification_component.COMPLETION]
    declared = completion["inputProperties"]

    assert tuple(declared) == components.COMPLETION_INPUTS
    assert tuple(completion["properties"]) == components.COMPLETION_OUTPUTS
    defaults = PrefetchCompletionArgs.__dataclass_fields__
    for name in ("until", "timeout"):
        assert declared[name]["default"] == defaults[name].default


def test_a_verification_takes_what_the_code_takes_with_its_defaults() -> None:
    verification = RESOURCES[verification_component.VERIFICATION]
    declared = verification["inputProperties"]
    defaults = PrefetchVerificationArgs.__dataclass_fields__

    assert tuple(declared) == verification_component.VERIFICATION_INPUTS
    assert list(declared) == list(defaults)
    for name, value in DEFAULTS.items():
        assert declared[name]["default"] == defaults[name].default == value
    outputs = [to_camel(n) for n in verification_component.VERIFICATION_OUTPUTS]
    assert list(verification["properties"]) == outputs


def test_the_parts_of_a_verification_have_the_properties_of_the_provider() -> None:
    record, gate = RESOURCES[warmth_resources.RECORD], RESOURCES[warmth_resources.GATE]

    assert list(record["inputProperties"]) == list(warmth_resources.RECORD_INPUTS)
    assert list(record["properties"]) == list(warmth_resources.RECORD_NAMES)
    assert list(gate["inputProperties"]) == list(warmth_resources.GATE_NAMES)
    assert list(gate["properties"]) == list(warmth_resources.GATE_NAMES)
    for model, part in ((RecordInputs, record), (GateInputs, gate)):
        required = [
            to_camel(n) for n, f in model.model_fields.items() if f.is_required()
        ]
        assert part["requiredInputs"] == required


def test_every_resource_that_is_no_component_has_its_hooks() -> None:
    parts = {t for t, each in RESOURCES.items() if not each.get("isComponent")}

    assert parts == set(resource_types.RESOURCES)


def test_the_functions_are_those_of_the_code_with_their_arguments() -> None:
    served = {t: list(names) for t, (names, _) in functions.FUNCTIONS.items()}

    assert {
        name: list(function["inputs"]["properties"])
        for name, function in schema()["functions"].items()
    } == served
    assert list(fields("PlanSchedule")) == functions.SCHEDULE


def test_everything_that_a_user_sees_has_a_description() -> None:
    def missing(place: str, node: object) -> list[str]:
        if not isinstance(node, dict):
            return []
        found = [
            f"{place}.{name}.{each}"
            for name in ("properties", "inputProperties", "variables")
            for each, value in node.get(name, {}).items()
            if not value.get("description")
        ]
        return found + [
            each for n, v in node.items() for each in missing(f"{place}.{n}", v)
        ]

    assert missing("", schema()) == []


def test_the_python_sdk_is_not_taken_for_this_package() -> None:
    languages = schema()["language"]

    assert languages["python"]["packageName"] == "pulumi_esa_prefetch_native"
