"""The native provider's configuration: whose arguments count, what is recorded, what a wrong value says."""

import json
from typing import Any

import pytest

from pulumi_esa_prefetch.load import LimitsError
from pulumi_esa_prefetch.native import configuration
from pulumi_esa_prefetch.native.configuration import Configuration, read_configuration
from pulumi_esa_prefetch.settings.settings import DEFAULT_DEADLINE, SettingsError

PROVIDERS = "urn:pulumi:test::test::pulumi:providers:esa-prefetch::"
DEFAULTS = (
    "default",
    "default_0_1_0",
    "default_0_1_0_github_/api.github.com/org/repo",
)
LIMITS = '{"maxOriginUrlsPerSecond": 5, "enforce": "deny"}'
STACK = {"PULUMI_CONFIG": json.dumps({"limits": LIMITS, "deadline": "1"})}


def read(name: str, environ: dict[str, str], **args: Any) -> Configuration:
    return read_configuration(f"{PROVIDERS}{name}", args, environ)


@pytest.mark.parametrize("name", DEFAULTS)
def test_the_default_provider_has_the_limits_of_the_stack(name: str) -> None:
    found = read(name, STACK)

    assert found.limits == LIMITS


@pytest.mark.parametrize("name", ["mine", "default-mine", "my-default", "defaults"])
def test_an_explicit_provider_has_nothing_of_the_stack(name: str) -> None:
    found = read(name, STACK)

    assert found.limits is None
    assert found.settings.deadline == DEFAULT_DEADLINE


def test_arguments_may_be_typed_or_text() -> None:
    typed = read(
        "mine",
        {},
        deadline=20.0,
        verify=False,
        limits={"enforce": "warn"},
        parallel=8.0,
    )
    text = read(
        "mine",
        {},
        deadline="20",
        verify="false",
        limits='{"enforce": "warn"}',
        parallel="8",
    )

    assert typed == text
    assert (typed.settings.deadline, typed.parallel) == (20, 8)


def test_only_what_the_provider_reads_is_recorded() -> None:
    args = {
        "plans": {},
        "limits": "{}",
        "colour": 1,
        "profile": "x",
        "version": "0.1.0",
    }

    default = configuration.kept_arguments(f"{PROVIDERS}default", args)
    explicit = configuration.kept_arguments(f"{PROVIDERS}mine", args)

    assert default == {"profile": "x", "version": "0.1.0"}
    assert explicit == {"limits": "{}", "profile": "x", "version": "0.1.0"}


@pytest.mark.parametrize("number", [0, -1, 1.5, 1001, "many"])
def test_a_wrong_number_of_threads_is_refused(number: object) -> None:
    with pytest.raises(SettingsError, match="esa-prefetch:parallel must be"):
        read("mine", {}, parallel=number)


def test_wrong_limits_are_refused_before_anything_is_done() -> None:
    with pytest.raises(LimitsError):
        read("mine", {}, limits={"window": 3})


@pytest.mark.parametrize("text", ["", "nothing", "[]", "3"])
def test_a_stack_config_that_cannot_be_read_counts_as_none(text: str) -> None:
    assert read("default", {"PULUMI_CONFIG": text}).limits is None


def test_addresses_for_hosts_are_checked_with_the_other_arguments() -> None:
    environ = {"ESA_PREFETCH_RESOLVE": "www.example.com:443:203.0.113.7"}

    assert read("mine", environ).settings.resolve == environ["ESA_PREFETCH_RESOLVE"]
    wrong = configuration.wrong_arguments(f"{PROVIDERS}mine", {"resolve": "x"}, {})
    assert "esa-prefetch:resolve" in wrong
