"""Whatever holds a key, a token or a passphrase shows none of them when it is printed."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from pulumi_embedded_engine.model.operation_context import ConfigValue, OperationContext
from pulumi_embedded_engine.model.property_values import Secret
from pulumi_embedded_engine.model.state_records import Snapshot
from pulumi_embedded_engine.providers.provider_process import ProviderCommand
from pulumi_embedded_engine.state.passphrase_secrets import PassphraseSecrets
from pulumi_esa_emulator.http.emulator_options import EmulatorOptions
from pulumi_esa_emulator.state.seed import KeySeed, Seed
from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.credentials import provider_for
from pulumi_esa_prefetch.provider.session import ProviderSession
from pulumi_esa_prefetch.settings.credential_sources import AssumedRole, Credentials
from pulumi_esa_prefetch.settings.settings import read_settings
from tests.support.engine_stacks import SALT, reopened, stack_in

HUSH = "geheim"
ENVIRON = {
    "ALIBABA_CLOUD_ACCESS_KEY_ID": "shown",
    "ALIBABA_CLOUD_ACCESS_KEY_SECRET": HUSH,
    "ALIBABA_CLOUD_SECURITY_TOKEN": HUSH,
    "PULUMI_CONFIG_PASSPHRASE": HUSH,
}
SETTINGS = read_settings(lambda _: None, ENVIRON)
KEYS = Credentials("shown", HUSH, HUSH)
KEY = KeySeed(AccessKeyId="shown", AccessKeySecret=HUSH, SecurityToken=HUSH)
HOLDERS = {
    "settings": SETTINGS,
    "credentials": KEYS,
    "an assumed role": AssumedRole(KEYS, "arn"),
    "a source": provider_for(KEYS),
    "a client": EsaClient.from_settings(SETTINGS),
    "a session": ProviderSession(lambda: EsaClient.from_settings(SETTINGS)),
    "a key's seed": KEY,
    "a seed": Seed(keys=(KEY,)),
    "a key": KEY.key(datetime(2026, 1, 1, tzinfo=UTC)),
    "the emulator's options": EmulatorOptions(access_keys=(f"shown:{HUSH}",)),
    "a provider's start": ProviderCommand("shown", ["shown"], Path(), ENVIRON),
    "a secret": Secret({"a": HUSH}),
    "a config value": ConfigValue(HUSH, secret=True),
    "a passphrase": PassphraseSecrets(SALT, lambda: HUSH),
}


@pytest.mark.parametrize("name", HOLDERS)
def test_no_holder_of_a_secret_shows_it(name: str) -> None:
    holder = HOLDERS[name]

    assert HUSH not in f"{holder!r} {holder}"


def test_neither_a_stack_nor_what_a_run_is_given_shows_the_environment(
    tmp_path: Path,
) -> None:
    stack = stack_in(tmp_path)
    given = OperationContext(
        project=stack.project,
        stack="dev",
        config={"a:b": ConfigValue(HUSH, secret=True)},
        base=Snapshot(),
        interpreter=Path(),
        environ=ENVIRON,
        stack_outputs=lambda _: {"a": Secret(HUSH)},
    )

    shown = f"{given!r} {reopened(stack)!r} {stack.environ['PULUMI_BACKEND_URL']}"

    assert HUSH not in shown
    assert "PULUMI_CONFIG_PASSPHRASE" not in shown
