"""The setting `webhook`: which URLs are taken, and that none is shown."""

import pytest

from pulumi_esa_prefetch.settings.setting_lookup import SettingsError
from pulumi_esa_prefetch.settings.settings import read_settings
from pulumi_esa_prefetch.settings.webhook import WebhookTarget

NAME = "esa-prefetch:webhook"
KEPT = "geheim"


def webhook(url: str, *, allow_http: str = "", variable: str = "") -> WebhookTarget:
    config = {NAME: url, "esa-prefetch:allowHttp": allow_http}
    found = read_settings(config.get, {"ESA_PREFETCH_WEBHOOK": variable}).webhook
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("url", "origin"),
    [
        (f"https://hooks.example.com/{KEPT}", "https://hooks.example.com"),
        (f"https://hooks.example.com:8443/?k={KEPT}", "https://hooks.example.com:8443"),
        (f"http://localhost:8080/{KEPT}", "http://localhost:8080"),
        (f"http://[::1]:8080/{KEPT}", "http://[::1]:8080"),
        (f"http://10.1.2.3/{KEPT}", "http://10.1.2.3"),
    ],
)
def test_https_is_taken_and_plain_http_to_this_machine_or_its_network(
    url: str, origin: str
) -> None:
    found = webhook(url)

    assert (found.url, found.origin) == (url, origin)
    assert KEPT not in repr(found)


def test_stack_config_wins_over_the_variable_which_counts_alone_too() -> None:
    assert webhook("https://a/", variable="https://b/").url == "https://a/"
    assert webhook("", variable="https://b/").url == "https://b/"


def test_plain_http_to_another_machine_needs_leave() -> None:
    url = f"http://hooks.example.com/{KEPT}"

    assert webhook(url, allow_http="true").url == url
    with pytest.raises(SettingsError, match="is plain http") as refused:
        webhook(url)

    assert str(refused.value).startswith(f"{NAME} (http://hooks.example.com) ")
    assert KEPT not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        KEPT,
        f"ftp://host/{KEPT}",
        f"https:///{KEPT}",
        f"https://host:{KEPT}/",
        f"https://host/{KEPT} {KEPT}",
        f"https://host/{KEPT}\u00fc",
        f"https://user:{KEPT}@host/",
        f"https://[host/{KEPT}",
    ],
)
def test_what_is_no_url_for_a_request_is_refused_and_not_shown(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        webhook(url)

    assert str(refused.value).startswith(f"{NAME} must be a URL ")
    assert KEPT not in str(refused.value)
