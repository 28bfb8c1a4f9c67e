"""The settings of the client, read once from the stack config and the environment."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from urllib.parse import SplitResult, urlsplit

from pulumi_esa_prefetch.settings.credential_sources import KeySource, read_key_source
from pulumi_esa_prefetch.settings.esa_answers import (
    NOTHING_SETTLED,
    EsaAnswers,
    parse_answers,
)
from pulumi_esa_prefetch.settings.esa_answers import SETTING as ANSWERS
from pulumi_esa_prefetch.settings.hosts import (
    ALLOW_HTTP,
    may_be_sent_keys,
    plain_http_refusal,
)
from pulumi_esa_prefetch.settings.setting_lookup import (
    Get,
    SettingsError,
    SettingsSource,
    quoted,
)
from pulumi_esa_prefetch.settings.webhook import WebhookTarget, read_webhook

# The only public endpoints (help page api-esa-2024-09-10-endpoint). The region does not
# choose one: a site belongs to an account type, China or International, not to a region.
CHINA_ENDPOINT = "esa.cn-hangzhou.aliyuncs.com"
INTERNATIONAL_ENDPOINT = "esa.ap-southeast-1.aliyuncs.com"

NAMESPACE = "esa-prefetch"
SETTINGS = (
    "accessKey",
    "accountType",
    "allowHttp",
    "answers",
    "deadline",
    "debug",
    "endpoint",
    "limits",
    "maxQps",
    "plans",
    "profile",
    "resolve",
    "secretKey",
    "securityToken",
    "verify",
    "webhook",
)
"""All names of the namespace in the stack config, including those that other modules read."""
_CLOSE_MATCH = 0.85
"""The least difflib ratio of a misspelled name: one wrong letter of five is a misspelling, another word is not."""

RESOLVE = ("esa-prefetch:resolve", "ESA_PREFETCH_RESOLVE")
ENDPOINT_VARIABLES = ("ALIBABA_CLOUD_ENDPOINT_ESA", "ESA_ENDPOINT")
DEFAULT_DEADLINE = 120.0
DEFAULT_PURGE_DEADLINE = 900.0
"""Seconds: ESA's guide says that a purge takes 5 to 6 minutes."""
DEFAULT_MAX_QPS = 30.0
"""Calls per second: the quota that ESA publishes for ListScheduledPreloadExecutions
(help page api-esa-2024-09-10-quota), by region, action and main account."""


@dataclass(frozen=True)
class Settings:
    """All settings of the client; no other code reads config or environment for it."""

    endpoint: str
    """A URL with a scheme and without a path."""
    credentials: KeySource
    """Where access keys come from; they are fetched at the first call."""
    verify: bool = True
    """Whether a preview looks up the plans that it would create."""
    max_qps: float = DEFAULT_MAX_QPS
    """Calls per second, for each API action."""
    deadline: float = DEFAULT_DEADLINE
    """Seconds for one operation, retries included."""
    purge_deadline: float = DEFAULT_PURGE_DEADLINE
    """Seconds for a purge, until ESA lists it as complete."""
    allow_http: bool = False
    """Whether access keys may be sent to, or fetched from, another machine over plain HTTP."""
    debug: bool = False
    """Whether an error shows its traceback."""
    answers: EsaAnswers = NOTHING_SETTLED
    """What a probe has settled about this account's ESA."""
    resolve: str = ""
    """Addresses for hosts in place of DNS, where the edge is asked; not parsed yet."""
    webhook: WebhookTarget | None = None
    """What is called when the wait for a plan ends."""


def read_settings(get: Get, environ: Mapping[str, str]) -> Settings:
    """Read all settings; `get` takes the full name of a config value, such as `esa-prefetch:endpoint`.

    `esa-prefetch:*` is used before `alicloud:*`, and that before the environment. Access keys have their own
    order (`credential_sources`). Raises SettingsError.
    """
    source = SettingsSource(get, environ)
    allow_http = source.flag(*ALLOW_HTTP, default=False)
    answers = source.text(ANSWERS)
    deadline = source.positive("esa-prefetch:deadline")
    return Settings(
        endpoint=_endpoint(source, allow_http=allow_http),
        credentials=read_key_source(source, allow_http=allow_http),
        verify=source.flag("esa-prefetch:verify", default=True),
        max_qps=source.positive("esa-prefetch:maxQps") or DEFAULT_MAX_QPS,
        deadline=deadline or DEFAULT_DEADLINE,
        # Never less: a purge that is given up uses its quota, leaves the edge cold and is made again.
        purge_deadline=max(deadline or 0.0, DEFAULT_PURGE_DEADLINE),
        allow_http=allow_http,
        debug=source.flag("esa-prefetch:debug", default=False),
        answers=parse_answers(answers) if answers else NOTHING_SETTLED,
        resolve=source.text(*RESOLVE) or "",
        webhook=read_webhook(source, allow_http=allow_http),
    )


def refuse_misspelt(names: Iterable[str], more: Iterable[str] = ()) -> None:
    """Raise SettingsError for a name in the stack config that is a misspelled setting; ``more``: other known ones.

    A name that resembles no setting is accepted: a project may itself be called esa-prefetch, and then have its
    own settings in this namespace.
    """
    folded = {setting.casefold(): setting for setting in (*SETTINGS, *more)}
    for full_name in sorted(names):
        namespace, _, name = full_name.partition(":")
        if namespace != NAMESPACE or name in folded.values():
            continue
        near = get_close_matches(name.casefold(), folded, n=1, cutoff=_CLOSE_MATCH)
        if near:
            meant = f"{NAMESPACE}:{folded[near[0]]}"
            raise SettingsError(f"{full_name} is no setting: did you mean {meant}?")


def _endpoint(source: SettingsSource, *, allow_http: bool) -> str:
    text, name = named_endpoint(source)
    parts = _parts(text, name, source)
    host = f"[{parts.hostname}]" if ":" in (parts.hostname or "") else parts.hostname
    port = f":{parts.port}" if parts.port is not None else ""
    url = f"{parts.scheme}://{host}{port}"
    is_plain_http = parts.scheme == "http" and not may_be_sent_keys(
        parts.hostname or ""
    )
    if is_plain_http and not allow_http:
        raise SettingsError(plain_http_refusal(f"{name} ({url})"))
    return url


def named_endpoint(source: SettingsSource) -> tuple[str, str]:
    """The endpoint as it is written, and the name of its setting for error messages."""
    explicit = source.text("esa-prefetch:endpoint")
    if explicit:
        return explicit, "esa-prefetch:endpoint"
    shared = _shared_endpoint(source)
    if shared:
        return shared, "alicloud:endpoints"
    named = source.text(*ENDPOINT_VARIABLES)
    if named:
        return named, source.which(*ENDPOINT_VARIABLES)
    return _public_endpoint(source), "the public endpoint"


def _shared_endpoint(source: SettingsSource) -> str | None:
    value = source.parsed("alicloud:endpoints")
    entries = value if isinstance(value, list) else [value]
    for entry in entries:
        if entry is not None and not isinstance(entry, dict):
            raise SettingsError(
                'alicloud:endpoints must be a list such as [{"esa": "host:port"}]'
            )
        host = (entry or {}).get("esa")
        if isinstance(host, str) and host.strip():
            return host.strip()
    return None


def _public_endpoint(source: SettingsSource) -> str:
    names = (
        "esa-prefetch:accountType",
        "alicloud:accountType",
        "ALIBABA_CLOUD_ACCOUNT_TYPE",
    )
    kind = (source.text(*names) or "Domestic").lower()
    if kind not in ("domestic", "international"):
        raise SettingsError(
            f"{source.which(*names)} must be Domestic or International, not {quoted(kind)}"
        )
    return INTERNATIONAL_ENDPOINT if kind == "international" else CHINA_ENDPOINT


def _parts(text: str, name: str, source: SettingsSource) -> SplitResult:
    parts = _split(text if "://" in text else f"{_scheme(source)}://{text}")
    if parts is None:
        raise SettingsError(
            f"{name} must be a host, host:port or URL without a path, such as "
            "http://127.0.0.1:8866"  # The value is not shown: it may hold a password.
        )
    return parts


def _scheme(source: SettingsSource) -> str:
    protocol = (source.text("alicloud:protocol") or "HTTPS").lower()
    if protocol not in ("http", "https"):
        raise SettingsError(
            f"alicloud:protocol must be HTTP or HTTPS, not {quoted(protocol)}"
        )
    return protocol


def _split(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        usable = parts.port != 0 and _is_host(parts.hostname or "")
    except ValueError:  # the port is not a number, or an IPv6 address lacks a bracket
        return None
    if parts.scheme not in ("http", "https") or not usable:
        return None
    more = (parts.username, parts.password, parts.path.strip("/"), parts.query)
    return None if any(more) or parts.fragment else parts


def _is_host(name: str) -> bool:
    """Whether this can be a host name or an address; `esa..aliyuncs.com` cannot."""
    labels = name.rstrip(".").split(".")
    return ":" in name or all(
        label and label.isascii() and label.replace("-", "").replace("_", "").isalnum()
        for label in labels
    )


__all__ = [
    "CHINA_ENDPOINT",
    "DEFAULT_DEADLINE",
    "DEFAULT_MAX_QPS",
    "DEFAULT_PURGE_DEADLINE",
    "ENDPOINT_VARIABLES",
    "INTERNATIONAL_ENDPOINT",
    "RESOLVE",
    "SETTINGS",
    "Settings",
    "SettingsError",
    "read_settings",
    "refuse_misspelt",
]
