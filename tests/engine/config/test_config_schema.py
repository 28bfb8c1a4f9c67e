from pathlib import Path
from typing import Any

import pytest

from pulumi_embedded_engine.config.config_schema import check_config
from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import ConfigValue, Project


def project(**config: Any) -> Project:
    here = Path()
    return Project("proj", here, here, here, "python", config=config)


def values(**texts: str) -> dict[str, ConfigValue]:
    return {f"proj:{key}": ConfigValue(text) for key, text in texts.items()}


def test_what_the_project_requires_and_nobody_gives_is_named() -> None:
    with pytest.raises(EngineError, match="missing configuration values 'a', 'b' and"):
        check_config(project(a={}, b={}, c=None, d={}), "dev", values(d="x"))


def test_only_keys_of_the_project_are_required() -> None:
    check_config(project(**{"aws:region": {}}), "dev", {})


@pytest.mark.parametrize(
    ("declared", "text"),
    [
        ({"type": "integer"}, "-5"),
        ({"type": "boolean"}, "true"),
        ({"type": "string"}, "5"),
        ({"type": "object"}, '{"a":1}'),
        ({"type": "array", "items": {"type": "integer"}}, "[1,2.0]"),
        ({"type": "array", "items": {"type": "array", "items": {"type": "string"}}}, '[["x"]]'),
        ({}, "anything"),
    ],
)  # fmt: skip
def test_a_value_of_its_type_is_fine(declared: dict[str, Any], text: str) -> None:
    check_config(project(k=declared), "dev", values(k=text))


@pytest.mark.parametrize(
    ("declared", "text", "kind"),
    [
        ({"type": "integer"}, "1.5", "integer"),
        ({"type": "integer"}, "abc", "integer"),
        ({"type": "boolean"}, "yes", "boolean"),
        ({"type": "object"}, "[1]", "object"),
        ({"type": "array", "items": {"type": "string"}}, "x", "array<string>"),
        ({"type": "array", "items": {"type": "integer"}}, "[true]", "array<integer>"),
    ],
)
def test_a_value_of_another_type_is_one_sentence(
    declared: dict[str, Any], text: str, kind: str
) -> None:
    with pytest.raises(EngineError) as error:
        check_config(project(k=declared), "dev", values(k=text))

    assert str(error.value) == (
        "validating stack config: Stack 'dev' with configuration key 'k' must be of type "
        f"'{kind}'"
    )


def test_what_is_declared_secret_must_be_encrypted() -> None:
    declared = project(k={"type": "string", "secret": True})

    with pytest.raises(EngineError, match="must be encrypted"):
        check_config(declared, "dev", values(k="x"))
    check_config(declared, "dev", {"proj:k": ConfigValue("x", secret=True)})
