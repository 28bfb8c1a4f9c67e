"""What all hooks of one process share: the client, which is made at the first call."""

import pytest

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.provider.session import ProviderSession, shared_session
from pulumi_esa_prefetch.settings.settings import SettingsError
from tests.provider.world import ID, World, created, props


class Opening:
    """Counts how often the session makes a client."""

    def __init__(self, world: World) -> None:
        self.count = 0
        self._client = world.client

    def __call__(self) -> EsaClient:
        self.count += 1
        return self._client


def test_a_run_in_which_nothing_changed_makes_no_client() -> None:
    world = World("stopped")
    recorded = created(world)
    opening = Opening(world)
    provider = PlanProvider()
    provider.session = ProviderSession(opening, clock=world.clock)

    checked = provider.check(recorded, props())
    found = provider.diff(ID, recorded, checked.inputs)

    assert not found.changes
    assert opening.count == 0


def test_all_calls_of_a_process_go_through_one_client() -> None:
    world = World("stopped")
    opening = Opening(world)
    session = ProviderSession(opening, clock=world.clock)

    assert session.client is session.client
    assert opening.count == 1


def test_a_client_that_cannot_be_made_is_said_in_one_sentence() -> None:
    world = World("stopped")

    def refuse() -> EsaClient:
        raise SettingsError("a proxy variable cannot be used")

    provider = PlanProvider()
    provider.session = ProviderSession(refuse, clock=ManualClock(world.clock.now()))

    with pytest.raises(PrefetchError, match="a proxy variable cannot be used"):
        provider.create(props())


@pytest.mark.parametrize("proxy", ["", "http://127.0.0.1:1"])
def test_half_a_key_is_an_error_of_the_call_that_needs_it(
    monkeypatch: pytest.MonkeyPatch, proxy: str
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    config = {
        "esa-prefetch:endpoint": "https://esa.example.com",
        "esa-prefetch:accessKey": "half",
    }

    _, session = shared_session(config.get)

    with pytest.raises(NoCredentials, match=r"^esa-prefetch:accessKey is set and "):
        session.open_client()


def test_a_proxy_that_cannot_be_used_ends_the_operation_before_any_hook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "ftp://127.0.0.1:1")

    with pytest.raises(SettingsError, match="proxy"):
        shared_session({"esa-prefetch:endpoint": "https://esa.example.com"}.get)


def test_certificates_that_cannot_be_read_end_the_operation_before_any_hook(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")

    with pytest.raises(SettingsError, match="SSL_CERT_FILE"):
        shared_session({"esa-prefetch:endpoint": "https://ca.esa.example.com"}.get)


def test_over_plain_http_certificates_are_not_even_read(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/ca.pem")

    _, session = shared_session({"esa-prefetch:endpoint": "http://127.0.0.1:1"}.get)

    assert session.client is not None
