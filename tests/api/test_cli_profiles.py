"""Profiles of the `aliyun` CLI's `config.json`: each mode as a source of keys, and what cannot be used."""

import json
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_prefetch.api.cli_profiles import profile_source
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.settings.credential_sources import (
    AssumedRole,
    Credentials,
    CredentialsUri,
    EcsRole,
    ExternalCommand,
    KeySource,
    OidcRole,
    SignedInProfile,
)

ARN = "acs:ram::1:role/x"
KEYS = {"access_key_id": "id", "access_key_secret": "geheim"}
ROLE = {"ram_role_arn": ARN, "ram_session_name": "s", "expired_seconds": 900}


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "config.json"


def source_of(
    file: Path, fields: dict[str, Any], *others: dict[str, Any], name: str | None = "p"
) -> KeySource:
    profiles = [{"name": "p", **fields}, *others]
    file.write_text(json.dumps({"current": "p", "profiles": profiles}), "utf-8")
    return profile_source(file, name)


def refusal(file: Path, name: str | None = "p") -> str:
    with pytest.raises(NoCredentials) as caught:
        profile_source(file, name)
    assert "geheim" not in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"mode": "AK", **KEYS, "sts_token": "old"}, Credentials("id", "geheim")),
        (
            {"mode": "StsToken", **KEYS, "sts_token": "t"},
            Credentials("id", "geheim", "t"),
        ),
        (
            {"mode": "RamRoleArn", **KEYS, **ROLE, "sts_region": "cn-hangzhou"},
            AssumedRole(
                Credentials("id", "geheim"),
                ARN,
                session_name="s",
                seconds=900,
                sts_region="cn-hangzhou",
            ),
        ),
        (
            {"mode": "RamRoleArn", **KEYS, "ram_role_arn": ARN, "expired_seconds": 0},
            AssumedRole(Credentials("id", "geheim"), ARN),
        ),
        ({"mode": "EcsRamRole", "ram_role_name": "r"}, EcsRole("r")),
        ({"mode": "EcsRamRole", "ram_role_name": ""}, EcsRole(None)),
        (
            {"mode": "RamRoleArnWithRoleName", "ram_role_name": "r", **ROLE},
            AssumedRole(EcsRole("r"), ARN, session_name="s", seconds=900),
        ),
        (
            {
                "mode": "OIDC",
                "ram_role_arn": ARN,
                "oidc_provider_arn": "o",
                "oidc_token_file": "/t",
            },
            OidcRole(ARN, "o", "/t"),
        ),
        (
            {"mode": "CredentialsURI", "credentials_uri": "http://127.0.0.1:1/"},
            CredentialsUri("http://127.0.0.1:1/"),
        ),
        ({"mode": "External", "process_command": "cmd"}, ExternalCommand("cmd")),
    ],
)
def test_each_mode_is_a_source_of_keys(
    fields: dict[str, Any], expected: KeySource, file: Path
) -> None:
    assert source_of(file, fields) == expected


@pytest.mark.parametrize("mode", ["CloudSSO", "OAuth"])
def test_a_profile_that_signs_in_is_left_to_the_library(mode: str, file: Path) -> None:
    assert source_of(file, {"mode": mode}) == SignedInProfile("p", str(file))


def test_a_role_is_assumed_with_the_keys_of_its_source_profile(file: Path) -> None:
    chained = {"mode": "ChainableRamRoleArn", "source_profile": "q", **ROLE}
    before = {"name": "q", "mode": "ChainableRamRoleArn", "source_profile": "r"}
    first = {"name": "r", "mode": "AK", **KEYS}

    found = source_of(file, chained, before | {"ram_role_arn": "b"}, first)

    assert found == AssumedRole(
        AssumedRole(Credentials("id", "geheim"), "b"),
        ARN,
        session_name="s",
        seconds=900,
    )


def test_the_current_profile_and_the_first_of_a_name_count(file: Path) -> None:
    again = {"name": "p", "mode": "AK", **KEYS, "access_key_id": "other"}
    odd = {"mode": "AK"}

    found = source_of(file, {"mode": "AK", **KEYS}, odd, again, name=None)

    assert found == Credentials("id", "geheim")


def test_a_file_with_a_byte_order_mark_is_read(file: Path) -> None:
    source_of(file, {"mode": "AK", **KEYS})
    file.write_text(file.read_text("utf-8"), "utf-8-sig")

    assert profile_source(file, "p") == Credentials("id", "geheim")


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"mode": "BearerToken"}, "its mode is BearerToken, and ESA takes no bearer"),
        ({"mode": "RsaKeyPair"}, "its mode is RsaKeyPair, and a key pair signs no"),
        ({"mode": "ak"}, "its mode ak is not known: write it as AK"),
        ({"mode": "Odd"}, "its mode Odd is not known: use one of mode AK, StsToken"),
        ({"mode": "ge heim"}, "its mode is not known: use one of mode AK, StsToken"),
        ({"mode": ["geheim"]}, "its mode is not known: use one of mode AK, StsToken"),
        ({}, "it has no mode: use one of mode AK, StsToken"),
        ({"mode": "AK", "access_key_id": "", "access_key_secret": "geheim"}, "key_id"),
        ({"mode": "AK", "access_key_id": "id", "access_key_secret": 7}, "_key_secret"),
        ({"mode": "StsToken", **KEYS, "sts_token": ""}, "the sts_token of profile 'p'"),
        ({"mode": "RamRoleArn", **KEYS}, "the ram_role_arn of profile 'p' is missing"),
        ({"mode": "CredentialsURI"}, "the credentials_uri of profile 'p' is missing"),
        ({"mode": "External"}, "the process_command of profile 'p' is missing"),
        (
            {"mode": "ChainableRamRoleArn", "source_profile": "p"},
            "its source_profile leads back to itself: p -> p",
        ),
        (
            {"mode": "ChainableRamRoleArn", "source_profile": "q"},
            "its source_profile leads back to itself: p -> q -> p",
        ),
        (
            {"mode": "ChainableRamRoleArn", "source_profile": "nobody"},
            "has no profile 'nobody', which profile 'p' names as source_profile",
        ),
    ],
)
def test_a_profile_that_cannot_be_used_says_why(
    fields: dict[str, Any], words: str, file: Path
) -> None:
    back = {"name": "q", "mode": "ChainableRamRoleArn", "source_profile": "p"}
    file.write_text(json.dumps({"profiles": [{"name": "p", **fields}, back]}))

    assert words in refusal(file)


@pytest.mark.parametrize(
    ("text", "name", "words"),
    [
        ("[]", "p", "must hold an object"),
        ("geheim", "p", "is not valid JSON"),
        ('{"current": "foo"}', None, "names the profile 'foo', which it does not hold"),
        ('{"current": ""}', None, "names no current profile"),
        ('{"current": 7}', None, "names no current profile"),
        ('{"profiles": null}', "p", "has no profile 'p'"),
    ],
)
def test_a_file_that_cannot_be_used_says_why(
    text: str, name: str | None, words: str, file: Path
) -> None:
    file.write_text(text)

    assert refusal(file, name).startswith(f"{file} {words}")


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    assert refusal(tmp_path / "no.json") == f"{tmp_path}/no.json does not exist"
    assert refusal(tmp_path).startswith(f"{tmp_path} cannot be read: ")
