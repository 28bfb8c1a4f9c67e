"""The demo's environment: its own, whatever its caller has set."""

from pathlib import Path

import pytest

from stacks.prefetch.demo.settings import (
    DemoError,
    Settings,
    foreign_variables,
    own_variables,
    read_settings,
    shielded,
)


def test_the_port_is_8866_unless_emulator_port_says_otherwise() -> None:
    assert read_settings({}).port == 8866
    assert read_settings({"EMULATOR_PORT": ""}).port == 8866
    assert read_settings({"EMULATOR_PORT": "9000"}).endpoint == "http://127.0.0.1:9000"


def test_a_port_that_nobody_chose_leaves_an_emulator_where_it_is() -> None:
    assert read_settings({"EMULATOR_PORT": "9000"}).is_port_chosen
    assert not read_settings({"EMULATOR_PORT": ""}).is_port_chosen
    assert not read_settings({}).is_port_chosen
    assert read_settings({}, default_port=8867).port == 8867


@pytest.mark.parametrize("text", ["0", "65536", "-1", "http", "88 66", "٨٨٦٦"])
def test_what_is_no_port_is_refused_in_a_sentence(text: str) -> None:
    with pytest.raises(
        DemoError, match="EMULATOR_PORT must be a number from 1 to 65535"
    ):
        read_settings({"EMULATOR_PORT": text})


def test_the_callers_accounts_stacks_and_pythons_do_not_reach_the_demo() -> None:
    caller = {
        "ALICLOUD_ACCESS_KEY": "mine",
        "ALIBABA_CLOUD_PROFILE": "mine",
        "ALIBABACLOUD_ACCESS_KEY_ID": "mine",
        "ALIBABA_CLOUD_ENDPOINT_ESA": "esa.example.com",
        "PULUMI_ACCESS_TOKEN": "mine",
        "PULUMI_CONFIG_PASSPHRASE_FILE": "/mine",
        "PULUMI_PYTHON_CMD": "mine",
        "PYTHONPATH": "/mine",
        "LANG": "C",
    }

    seen = shielded(caller, own_variables(Settings(8866)))

    assert seen["LANG"] == "C"
    assert not [value for value in seen.values() if "mine" in value]
    assert "ALIBABA_CLOUD_ENDPOINT_ESA" not in seen
    assert foreign_variables(caller) == sorted(caller.keys() - {"LANG"})


def test_the_state_is_a_url_also_where_the_folder_has_spaces() -> None:
    settings = Settings(8866, local=Path("/some where/.local"))

    variables = own_variables(settings)

    assert variables["PULUMI_BACKEND_URL"] == "file:///some%20where/.local/state"
