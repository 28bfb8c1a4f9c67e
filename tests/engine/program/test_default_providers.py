import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.operation_context import ConfigValue
from pulumi_embedded_engine.model.property_values import Secret
from pulumi_embedded_engine.program.default_providers import (
    DefaultProviders,
    default_name,
    package_config,
)
from pulumi_embedded_engine.program.event_queue import EventQueue

CONFIG = {
    "aws:region": ConfigValue("eu"),
    "proj:token": ConfigValue("t", secret=True),
}


def test_a_dynamic_package_gets_all_configuration_with_namespaces() -> None:
    found = package_config(CONFIG, "pulumi-python")

    assert found == {"aws:region": "eu", "proj:token": Secret("t")}


def test_another_package_gets_its_own_without_namespace() -> None:
    assert package_config(CONFIG, "aws") == {"region": "eu"}


@pytest.mark.parametrize(
    ("version", "url", "name"),
    [
        ("", "", "default"),
        ("1.2.3", "", "default_1_2_3"),
        ("0.17.7-dev.1+gb7", "", "default_0_17_7_dev_1_gb7"),
        ("1.0.0", "https://example.com/a-b", "default_1_0_0_example.com/a_b"),
    ],
)
def test_a_default_provider_is_named_for_its_version(
    version: str, url: str, name: str
) -> None:
    assert default_name(version, url) == name


@pytest.mark.parametrize("disabled", ['["*"]', '["aws", "gcp"]'])
def test_a_disabled_default_provider_is_refused(disabled: str) -> None:
    config = {"pulumi:disable-default-providers": ConfigValue(disabled)}

    with pytest.raises(EngineError, match="default provider for 'aws' disabled"):
        DefaultProviders(config, EventQueue()).reference("aws")


def test_a_setting_that_is_not_a_list_is_named() -> None:
    config = {"pulumi:disable-default-providers": ConfigValue("{")}

    with pytest.raises(EngineError, match="should be a JSON list"):
        DefaultProviders(config, EventQueue()).reference("aws")
