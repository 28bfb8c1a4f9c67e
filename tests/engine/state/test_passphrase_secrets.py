import os
from pathlib import Path

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.state.passphrase_secrets import (
    PassphraseSecrets,
    find_passphrase,
)
from tests.support.engine_stacks import PASSPHRASE, SALT


def secrets(phrase: str = PASSPHRASE) -> PassphraseSecrets:
    return PassphraseSecrets(SALT, lambda: phrase)


def test_a_secret_that_the_cli_sealed_can_be_opened() -> None:
    salt = "v1:ZMXSRjKDxU0=:v1:0E5uM06b6sZrqh24:7y7wUkVXAFiDcPW8Q1tSz1x1y9wYyw=="

    opened = PassphraseSecrets(salt, lambda: "pw").decrypt(
        "v1:GapAIlV0xwzSqrG5:m50BzKcxOilpMx4ErClna8+f0G4BcA=="
    )

    assert opened == "s3cret"


@pytest.mark.parametrize("text", ["", "hush", "日本", "x" * 10_000, '{"a": 1}'])
def test_what_was_sealed_can_be_opened(text: str) -> None:
    assert secrets().decrypt(secrets().encrypt(text)) == text


def test_the_same_text_is_never_sealed_alike() -> None:
    assert secrets().encrypt("hush") != secrets().encrypt("hush")


def test_a_new_salt_opens_under_its_passphrase_only() -> None:
    made = PassphraseSecrets.new("one")
    sealed = made.encrypt("hush")

    assert PassphraseSecrets(made.salt, lambda: "one").decrypt(sealed) == "hush"
    with pytest.raises(EngineError, match="incorrect passphrase"):
        PassphraseSecrets(made.salt, lambda: "two").check_passphrase()


@pytest.mark.parametrize(
    "ciphertext",
    ["", "x", "v1:a", "v1:!!:!!", "v2:AAAA:AAAA", "v1:AAAA:AAAA", "a:b:c:d"],
)
def test_a_damaged_ciphertext_is_one_sentence(ciphertext: str) -> None:
    with pytest.raises(EngineError, match="cannot be decrypted"):
        secrets().decrypt(ciphertext)


@pytest.mark.parametrize("salt", ["", "v1", "v1::", "v2:AAAA:x", "v1:!!:v1:a:b"])
def test_a_damaged_salt_is_one_sentence(salt: str) -> None:
    with pytest.raises(EngineError, match="salt"):
        PassphraseSecrets(salt, lambda: "pw").check_passphrase()


def test_no_passphrase_is_asked_for_until_one_is_needed() -> None:
    def never() -> str:
        raise AssertionError

    PassphraseSecrets(SALT, never)


def test_the_passphrase_comes_from_the_environment_before_its_file(
    tmp_path: Path,
) -> None:
    file = tmp_path / "phrase"
    file.write_text("  from file\n")

    both = {
        "PULUMI_CONFIG_PASSPHRASE": "",
        "PULUMI_CONFIG_PASSPHRASE_FILE": os.fspath(file),
    }
    only_file = {"PULUMI_CONFIG_PASSPHRASE_FILE": os.fspath(file)}

    assert find_passphrase(both) == ""
    assert find_passphrase(only_file) == "from file"


@pytest.mark.parametrize(
    "environ", [{}, {"PULUMI_CONFIG_PASSPHRASE_FILE": "/does/not/exist"}]
)
def test_a_missing_passphrase_names_the_variables(environ: dict[str, str]) -> None:
    with pytest.raises(EngineError, match="PULUMI_CONFIG_PASSPHRASE"):
        find_passphrase(environ)
