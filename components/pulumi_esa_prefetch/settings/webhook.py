"""The URL that is called when a plan ends; it may hold a token, so no message shows it."""

from dataclasses import dataclass, field
from urllib.parse import SplitResult, urlsplit

from pulumi_esa_prefetch.settings.hosts import may_be_sent_keys, plain_http_refusal
from pulumi_esa_prefetch.settings.setting_lookup import SettingsError, SettingsSource

WEBHOOK = ("esa-prefetch:webhook", "ESA_PREFETCH_WEBHOOK")


@dataclass(frozen=True)
class WebhookTarget:
    """Where a webhook is; ``allow_http``: whether it may be on another machine over plain HTTP."""

    url: str = field(repr=False)
    allow_http: bool = False

    @property
    def origin(self) -> str:
        """Scheme, host and port, which are no secret."""
        parts = urlsplit(self.url)
        host = parts.netloc.rpartition("@")[2]
        return f"{parts.scheme}://{host}"


def read_webhook(source: SettingsSource, *, allow_http: bool) -> WebhookTarget | None:
    """The webhook; None if none is set. Raises SettingsError, by the rules for an endpoint."""
    text = source.text(*WEBHOOK)
    if text is None:
        return None
    name, parts = source.which(*WEBHOOK), _split(text)
    if parts is None or not parts.hostname or parts.scheme not in ("http", "https"):
        raise SettingsError(f"{name} must be a URL that begins with https://")
    if parts.username is not None or parts.password is not None:
        raise SettingsError(f"{name} must be a URL without a user name and password")
    target = WebhookTarget(text, allow_http)
    is_safe = parts.scheme == "https" or may_be_sent_keys(parts.hostname)
    if not is_safe and not allow_http:
        raise SettingsError(plain_http_refusal(f"{name} ({target.origin})"))
    return target


def _split(url: str) -> SplitResult | None:
    """The parts of a URL that can be sent in a request; None if it cannot."""
    if not (url.isascii() and url.isprintable()) or " " in url:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.port != 0
    except ValueError:
        return None
    return parts if usable else None
