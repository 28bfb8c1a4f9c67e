"""The source of the access keys that the stack config and the environment choose; fetches no key.

The first source that is set is used: keys in the stack config (`esa-prefetch:*`, then `alicloud:*`), keys in the
environment, a named profile, a credentials URI, an ECS role, a role by OIDC, the default chain.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple
from urllib.parse import SplitResult, urlsplit

from pulumi_esa_prefetch.settings.hosts import may_be_sent_keys, plain_http_refusal
from pulumi_esa_prefetch.settings.setting_lookup import SettingsError, SettingsSource


@dataclass(frozen=True)
class Credentials:
    """An access key, with a security token if it is temporary; its repr shows no secret."""

    access_key_id: str
    access_key_secret: str = field(repr=False)
    security_token: str | None = field(default=None, repr=False)
    origin: str = field(default="", compare=False, kw_only=True)
    """The setting, profile or role that they came from, for error messages."""
    is_in_stack_config: bool = field(default=False, compare=False, kw_only=True)


@dataclass(frozen=True)
class Profile:
    """A profile in a file of Alibaba's tools (`~/.aliyun/config.json` if `file` is None).

    `name` None means the current one, and `default` in an INI file.
    """

    name: str | None
    file: str | None = None


@dataclass(frozen=True)
class SignedInProfile:
    """A profile of the `aliyun` CLI that signs in by CloudSSO or OAuth; Alibaba's library renews it in its file."""

    name: str
    file: str


@dataclass(frozen=True)
class ExternalCommand:
    """A command that prints keys, from a profile of mode External."""

    command: str = field(repr=False)  # it may hold a password


@dataclass(frozen=True)
class EcsRole:
    """The RAM role of the ECS instance that runs this process; None means the only one that it has."""

    name: str | None


@dataclass(frozen=True)
class CredentialsUri:
    """A URL that returns temporary keys."""

    uri: str = field(repr=False)  # it may hold a password


@dataclass(frozen=True)
class OidcRole:
    """A RAM role that is assumed with an OIDC token, from a file or as text.

    `seconds` is the length of the session; `sts_region` and `vpc` choose the endpoint of STS.
    """

    role_arn: str
    provider_arn: str
    token_file: str | None = None
    session_name: str | None = None
    policy: str | None = None
    seconds: int | None = None
    token: str | None = field(default=None, repr=False)
    sts_region: str | None = None
    vpc: bool | None = None


@dataclass(frozen=True)
class AssumedRole:
    """A RAM role that is assumed with the keys of another source; the last three as for OidcRole."""

    source: "KeySource"
    role_arn: str
    session_name: str | None = None
    policy: str | None = None
    external_id: str | None = None
    seconds: int | None = None
    sts_region: str | None = None
    vpc: bool | None = None


@dataclass(frozen=True)
class UnusableKeySource:
    """Settings of access keys that are incomplete or wrong; `problem` is one sentence that names the setting.

    It is an error only for a call: most runs change nothing and need no key.
    """

    problem: str


@dataclass(frozen=True)
class DefaultChain:
    """The sources that are tried in turn if none is named: those of the default chain of Alibaba's library."""

    sources: tuple["KeySource", ...] = ()


KeySource = (
    Credentials
    | Profile
    | SignedInProfile
    | ExternalCommand
    | EcsRole
    | CredentialsUri
    | OidcRole
    | AssumedRole
    | DefaultChain
    | UnusableKeySource
)
"""Where access keys come from; `api.credentials.provider_for` makes the object that fetches them."""


class _Names(NamedTuple):
    key_id: str
    secret: str
    token: str


_CONFIG = (
    _Names(*(f"esa-prefetch:{n}" for n in ("accessKey", "secretKey", "securityToken"))),
    _Names(*(f"alicloud:{n}" for n in ("accessKey", "secretKey", "securityToken"))),
)
_ENVIRONMENT = (
    _Names("ALICLOUD_ACCESS_KEY", "ALICLOUD_SECRET_KEY", "ALICLOUD_SECURITY_TOKEN"),
    *(
        _Names(
            f"{brand}_ACCESS_KEY_ID",
            f"{brand}_ACCESS_KEY_SECRET",
            f"{brand}_SECURITY_TOKEN",
        )
        for brand in ("ALIBABA_CLOUD", "ALIBABACLOUD")
    ),
)
# Keys in the environment are used before a profile. The alicloud provider has the same order, so that both use
# the same account: a pipeline has keys in its environment, and the config names the profile that people use.
_PROFILES = (
    "esa-prefetch:profile",
    "alicloud:profile",
    "ALICLOUD_PROFILE",
    "ALIBABA_CLOUD_PROFILE",
    "ALIBABACLOUD_PROFILE",
)

_OIDC = {
    "roleArn": "ALIBABA_CLOUD_ROLE_ARN",
    "oidcProviderArn": "ALIBABA_CLOUD_OIDC_PROVIDER_ARN",
    "oidcToken": "ALIBABA_CLOUD_OIDC_TOKEN",
    "oidcTokenFile": "ALIBABA_CLOUD_OIDC_TOKEN_FILE",
    "roleSessionName": "ALIBABA_CLOUD_ROLE_SESSION_NAME",
}
"""The parts of `alicloud:assumeRoleWithOidc` and the variables for them, which Alibaba's tools read too."""
INI_FILE = "~/.alibabacloud/credentials.ini"

_URIS = ("alicloud:credentialsUri", "ALICLOUD_CREDENTIALS_URI")

BAD_CHARACTER = "has a character that no access key or token has"


def without_masked(config: Mapping[str, str], mask: str) -> dict[str, str]:
    """The config without masked values; if one value of a key is masked, the other values of that key go too."""
    masked = {name for name, value in config.items() if value == mask}
    hidden = masked.union(*(names for names in _CONFIG if masked.intersection(names)))
    return {name: value for name, value in config.items() if name not in hidden}


def read_key_source(source: SettingsSource, *, allow_http: bool = False) -> KeySource:
    """Choose where access keys come from; settings that cannot be used are an UnusableKeySource."""
    try:
        return _chosen_source(source, allow_http=allow_http)
    except SettingsError as error:
        return UnusableKeySource(str(error))


def has_bad_character(value: str) -> bool:
    """Whether a key or token has a character that is not allowed there, so that no HTTP header can hold it."""
    return not (value.isascii() and value.isprintable()) or " " in value


def _chosen_source(source: SettingsSource, *, allow_http: bool) -> KeySource:
    key_source = _direct_source(source, allow_http=allow_http)
    role = _structure(source, "alicloud:assumeRole")
    arn = role.get("roleArn") or source.text("ALICLOUD_ASSUME_ROLE_ARN")
    if not arn:
        return key_source
    return AssumedRole(
        key_source,
        arn,
        session_name=role.get("sessionName")
        or source.text("ALICLOUD_ASSUME_ROLE_SESSION_NAME"),
        policy=role.get("policy"),
        external_id=role.get("externalId"),
        seconds=_seconds(role),
    )


def _direct_source(source: SettingsSource, *, allow_http: bool) -> KeySource:
    named = _static_keys(source) or _named_source(source, allow_http=allow_http)
    return named or DefaultChain(tuple(_default_sources(source)))


def _default_sources(source: SettingsSource) -> Iterator[KeySource]:
    """The sources of the default chain, in the order of Alibaba's library."""
    token = source.text(_OIDC["oidcToken"], _OIDC["oidcTokenFile"])
    if token:
        try:
            yield _oidc_role_of({}, source)
        except SettingsError as error:
            yield UnusableKeySource(str(error))
    if not _is_cli_disabled(source):
        yield Profile(None)
    yield Profile("default", source.text("ALIBABA_CLOUD_CREDENTIALS_FILE") or INI_FILE)
    if (source.text("ALIBABA_CLOUD_ECS_METADATA_DISABLED") or "").lower() != "true":
        yield EcsRole(source.text("ALIBABA_CLOUD_ECS_METADATA"))
    uri = source.text("ALIBABA_CLOUD_CREDENTIALS_URI")
    if uri:
        yield CredentialsUri(uri)


def _static_keys(source: SettingsSource) -> Credentials | None:
    found = (_key_set(source, names) for names in (*_CONFIG, *_ENVIRONMENT))
    return next((keys for keys in found if keys), None)


def _key_set(source: SettingsSource, names: _Names) -> Credentials | None:
    key_id, secret, token = (source.text(name) for name in names)
    if key_id and secret:
        for name, value in zip(names, (key_id, secret, token or ""), strict=True):
            if has_bad_character(value):
                raise SettingsError(f"{name} {BAD_CHARACTER}")
        return Credentials(
            key_id,
            secret,
            token,
            origin=names.key_id,
            is_in_stack_config=names in _CONFIG,
        )
    there = next((name for name in names if source.text(name)), None)
    if there is None:
        return None
    missing = names.secret if key_id else names.key_id
    raise SettingsError(
        f"{there} is set and {missing} is not: set both, or neither to use other keys"
    )


def _named_source(source: SettingsSource, *, allow_http: bool) -> KeySource | None:
    profile = source.text(*_PROFILES)
    if profile:
        return Profile(profile, _profile_file(source))
    uri = source.text(*_URIS)
    if uri:
        return _credentials_uri(uri, source.which(*_URIS), allow_http=allow_http)
    role = source.text("alicloud:ecsRoleName", "ALICLOUD_ECS_ROLE_NAME")
    return EcsRole(role) if role else _oidc_role(source)


def _credentials_uri(uri: str, name: str, *, allow_http: bool) -> CredentialsUri:
    parts = _web_address(uri)
    if parts is None:  # The value is not shown: it may hold a password.
        raise SettingsError(
            f"{name} must be a URL such as http://127.0.0.1:8080/keys or https://host/keys"
        )
    is_plain_http = parts.scheme == "http" and not may_be_sent_keys(
        parts.hostname or ""
    )
    if is_plain_http and not allow_http:
        raise SettingsError(plain_http_refusal(name))
    return CredentialsUri(uri)


def _web_address(uri: str) -> SplitResult | None:
    try:
        parts = urlsplit(uri)
        usable = parts.hostname and parts.port != 0
    except ValueError:  # the port is not a number, or an IPv6 address lacks a bracket
        return None
    return parts if usable and parts.scheme in ("http", "https") else None


def _profile_file(source: SettingsSource) -> str | None:
    named = source.text(
        "alicloud:sharedCredentialsFile",
        "ALICLOUD_SHARED_CREDENTIALS_FILE",
        "ALIBABA_CLOUD_CREDENTIALS_FILE",
    )
    return named or (INI_FILE if _is_cli_disabled(source) else None)


def _is_cli_disabled(source: SettingsSource) -> bool:
    """Whether the file of the `aliyun` CLI is not to be read."""
    return (source.text("ALIBABA_CLOUD_CLI_PROFILE_DISABLED") or "").lower() == "true"


def _oidc_role(source: SettingsSource) -> OidcRole | None:
    role = _structure(source, "alicloud:assumeRoleWithOidc")
    return _oidc_role_of(role, source) if role else None


def _oidc_role_of(role: Mapping[str, Any], source: SettingsSource) -> OidcRole:
    """The role with the parts of `alicloud:assumeRoleWithOidc`, and those that it lacks from the environment."""

    def part(key: str) -> str | None:
        return role.get(key) or source.text(_OIDC[key])

    tokens = (role.get("oidcToken"), role.get("oidcTokenFile"))
    token, file = tokens if any(tokens) else (part("oidcToken"), part("oidcTokenFile"))
    arn, provider = part("roleArn"), part("oidcProviderArn")
    if arn and provider and (token or file):
        return OidcRole(
            arn,
            provider,
            None if token else file,
            session_name=part("roleSessionName"),
            policy=role.get("policy"),
            seconds=_seconds(role),
            token=token or None,
        )
    needed = {"roleArn": arn, "oidcProviderArn": provider, "oidcToken": token or file}
    missing = next(key for key, value in needed.items() if not value)
    alternative = " or oidcTokenFile" if missing == "oidcToken" else ""
    if role:
        raise SettingsError(
            f"alicloud:assumeRoleWithOidc lacks {missing}{alternative} (or {_OIDC[missing]})"
        )
    there = source.which(_OIDC["oidcToken"], _OIDC["oidcTokenFile"])
    raise SettingsError(f"{there} is set and {_OIDC[missing]} is not")


def _structure(source: SettingsSource, name: str) -> Mapping[str, Any]:
    value = source.parsed(name)
    if value is not None and not isinstance(value, dict):
        raise SettingsError(f"{name} must be an object")
    for key, item in (value or {}).items():
        if isinstance(item, (dict, list)):
            raise SettingsError(f"{key} of {name} must be a string")
    return value or {}


def _seconds(role: Mapping[str, Any]) -> int | None:
    """The length of a session; None, the default of STS, also for 0."""
    value = role.get("sessionExpiration") or None
    try:
        return None if value is None else int(value) or None
    except (ValueError, OverflowError):
        raise SettingsError("sessionExpiration must be a number of seconds") from None
