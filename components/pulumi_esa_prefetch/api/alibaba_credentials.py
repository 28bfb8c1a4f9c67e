"""The adapter to Alibaba's credentials library: the only module that imports it, and only when keys are fetched."""

import ast
import configparser
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi_esa_prefetch.api import key_requests
from pulumi_esa_prefetch.api.errors import EsaError, NoCredentials
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.settings.credential_sources import (
    BAD_CHARACTER,
    AssumedRole,
    Credentials,
    CredentialsUri,
    DefaultChain,
    EcsRole,
    KeySource,
    OidcRole,
    Profile,
    has_bad_character,
)

# The messages of the library that are safe to show, up to the part that quotes something: the answer of a server,
# lines of a file, the output of a command. All of these may hold keys. Other messages are not shown.
_SAFE_MESSAGES = tuple(
    re.compile(words, re.IGNORECASE)
    for words in (
        r"cli credentials file is disabled",
        r"unable to open credentials file: .*",
        r"failed to parse credential form cli credentials file: .*",
        r"failed to get credential from credentials file: .*",
        r"invalid profile name",
        r"unable to get profile with '.*' form cli credentials file",
        r"unsupported profile mode '\w{1,30}'",
        r"unsupported credential type \w{1,30}",
        r"invalid oauth site type, support cn or intl",
        r"the (access key id|access key secret|security token|clientid|url for sign-in) is empty",
        r"[a-z_]{1,30}( or environment variable [A-Z_]+)? cannot be empty",
        r"environment variable accesskey(id|secret) cannot be empty",
        r"session duration should be in the range of 900s - max session duration",
        r"cloudsso (access token|sign in url|account id|access config|or| )+ is empty( or expired)?",
        r"process_command is empty",
        r"command process timed out after \d+ milliseconds",
        r"failed to execute external command: exit status -?\d+",
        r"failed to execute external command(: \[Errno \d+\] [a-z ]+)?",
        r"failed to parse external command output",
        r"invalid (ststoken )?credential response: [a-z_ ]+ is empty",
        r"failed to get (ram session credentials|token) from ecs metadata service\.( httpcode=\d+)?",
        r"imds credentials is disabled",
        r"no cached value was found",
        r"failed to refresh oauth token(, status code: \d+)?",
        r"\[errno \d+\] [a-z ]+(: '[^']*')?",
        # The messages of `key_requests`.
        r"no answer from \S+: .*",
        r"the answer of \S+ is .*",
        r"\S+ is plain http( to another machine|, and ).*",
        r"a proxy variable \(.*",
    )
)
_REFUSED = re.compile(r"error (refreshing|retrieving) credentials from ")
_STATUS = re.compile(r",\s+http_code[=:]\s*(\d{3})\b")
_CHAIN = "unable to load credentials from any of the providers in the chain"
_LONGEST = 200
_IN_FILE = ("access_key_id", "access_key_secret", "sts_token")
_IN_ANSWER = ("AccessKeyId", "AccessKeySecret", "SecurityToken")


def open_provider(source: KeySource) -> Any:
    """The library's provider for a source of keys; it fetches no key yet."""
    from alibabacloud_credentials import provider  # noqa: PLC0415 -- a third of a second

    _silence_log()
    key_requests.replace_http_client()
    return _PROVIDERS[type(source)](provider, source)


def read_keys(provider: Any) -> Credentials:
    """The keys that a provider of the library returns now, unchanged."""
    keys = provider.get_credentials()
    return Credentials(
        keys.get_access_key_id(),
        keys.get_access_key_secret(),
        keys.get_security_token() or None,
    )


def trimmed(keys: Credentials, source: KeySource) -> Credentials:
    """The keys without blanks around them, as for variables; raises NoCredentials if no HTTP header can hold one."""
    key_id, secret, token = _IN_FILE if isinstance(source, Profile) else _IN_ANSWER

    def text(value: object, name: str) -> str:
        if not isinstance(value, str) or has_bad_character(value.strip()):
            raise NoCredentials(f"the {name} of {describe(source)} {BAD_CHARACTER}")
        return value.strip()

    return Credentials(
        text(keys.access_key_id, key_id),
        text(keys.access_key_secret, secret),
        text(keys.security_token or "", token) or None,
        origin=describe(source),
        is_in_stack_config=is_in_stack_config(source),
    )


def is_in_stack_config(source: KeySource) -> bool:
    """Whether the stack config holds the keys themselves, and not only the name of a profile or role."""
    if isinstance(source, AssumedRole):
        return is_in_stack_config(source.source)
    return isinstance(source, Credentials) and source.is_in_stack_config


def reason(error: Exception) -> str:
    """Why the library returned no keys, without the text that its message quotes."""
    if isinstance(error, EsaError):
        return str(error)
    if isinstance(error, configparser.Error):
        return "the file is not INI"
    text = " ".join(str(getattr(error, "message", None) or error).split())
    if text.startswith(_CHAIN):
        return one_line(_chain_reason(text), 4 * _LONGEST)
    unknown = f"what it returned cannot be understood: {type(error).__name__}"
    return one_line(_safe_message(text) or unknown, _LONGEST)


def _safe_message(text: str) -> str | None:
    if _REFUSED.match(text):
        return _refusal_reason(text)
    found = (said.match(text) for said in _SAFE_MESSAGES)
    return next((match[0] for match in found if match), None)


def _chain_reason(text: str) -> str:
    """Each source of the default chain with its reason; the library's message holds them as the repr of a list."""
    try:
        reasons = [
            str(reason).split(": ", 1)
            for reason in ast.literal_eval(text.removeprefix(_CHAIN).lstrip(": "))
        ]
    except (ValueError, SyntaxError, TypeError):
        return _CHAIN
    known = [
        f"{name.removesuffix('CredentialsProvider')}: {_safe_message(why[0]) or 'no keys'}"
        for name, *why in reasons
        if why
    ]
    return f"{_CHAIN}: {'; '.join(known)}" if known else _CHAIN


def _refusal_reason(text: str) -> str:
    status = _STATUS.search(text)
    return f"it refused, http_code={status[1]}" if status else "its answer has no keys"


def describe(source: KeySource) -> str:
    """The source of keys in words, without secrets."""
    match source:
        case Profile(name, file):
            return f"profile {name!r}{f' in {file}' if file else ''}"
        case EcsRole(name):
            return f"the ECS role {name!r}"
        case OidcRole(role_arn=arn) | AssumedRole(role_arn=arn):
            return f"the RAM role {arn}"
        case CredentialsUri():
            return "the credentials URI"
    return "the environment, profile files or an ECS role"


def _silence_log() -> None:
    """Silence the library's log: it writes to stderr, and quotes whole answers."""
    log = logging.getLogger("credentials")
    log.handlers[:] = [logging.NullHandler()]
    log.propagate = False


def _profile_provider(library: Any, profile: Profile) -> Any:
    # ALIBABA_CLOUD_CREDENTIALS_FILE is JSON to Terraform and INI to the library.
    name, file = profile.name, profile.file
    if _is_ini(Path(file)) if file else _is_only_in_ini(name):
        return library.ProfileCredentialsProvider(profile_name=name, profile_file=file)
    return library.CLIProfileCredentialsProvider(profile_name=name, profile_file=file)


def _is_ini(file: Path) -> bool:
    try:
        return file.read_text(encoding="utf-8").lstrip()[:1] not in ("{", "")
    except OSError:
        return False


def _is_only_in_ini(name: str) -> bool:
    try:
        text = (Path.home() / ".aliyun" / "config.json").read_text(encoding="utf-8")
        profiles = json.loads(text).get("profiles") or ()
        if name in (profile.get("name") for profile in profiles):
            return False
    except (OSError, ValueError, AttributeError):
        pass  # the library reports what is wrong with the file
    ini = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        ini.read(Path.home() / ".alibabacloud" / "credentials.ini", encoding="utf-8")
    except (configparser.Error, ValueError):
        return False
    return ini.has_section(name)


def _oidc_provider(library: Any, role: OidcRole) -> Any:
    return library.OIDCRoleArnCredentialsProvider(
        role_arn=role.role_arn,
        oidc_provider_arn=role.provider_arn,
        oidc_token_file_path=role.token_file,
        role_session_name=role.session_name,
        duration_seconds=role.seconds,
        policy=role.policy,
    )


class _SourceProvider:
    """The provider of the keys that assume a role, in the form that the library expects; its keys are trimmed."""

    def __init__(self, source: KeySource) -> None:
        self._source = source
        self._provider = open_provider(source)

    def get_credentials(self) -> Any:
        from alibabacloud_credentials.provider import refreshable  # noqa: PLC0415 -- imported by now

        keys = trimmed(read_keys(self._provider), self._source)
        made: Any = refreshable.Credentials
        return made(
            access_key_id=keys.access_key_id,
            access_key_secret=keys.access_key_secret,
            security_token=keys.security_token,
            provider_name=self._provider.get_provider_name(),
        )


def _role_provider(library: Any, role: AssumedRole) -> Any:
    return library.RamRoleArnCredentialsProvider(
        credentials_provider=_SourceProvider(role.source),
        role_arn=role.role_arn,
        role_session_name=role.session_name,
        duration_seconds=role.seconds,
        policy=role.policy,
        external_id=role.external_id,
    )


def _static_provider(library: Any, keys: Credentials) -> Any:
    if keys.security_token is None:
        return library.StaticAKCredentialsProvider(
            access_key_id=keys.access_key_id, access_key_secret=keys.access_key_secret
        )
    return library.StaticSTSCredentialsProvider(
        access_key_id=keys.access_key_id,
        access_key_secret=keys.access_key_secret,
        security_token=keys.security_token,
    )


_PROVIDERS: dict[type, Callable[[Any, Any], Any]] = {
    Credentials: _static_provider,
    Profile: _profile_provider,
    EcsRole: lambda library, role: library.EcsRamRoleCredentialsProvider(
        # Without its thread, which would send a request every minute, and log errors.
        role_name=role.name,
        async_update_enabled=False,
    ),
    CredentialsUri: lambda library, source: library.URLCredentialsProvider(
        uri=source.uri
    ),
    OidcRole: _oidc_provider,
    AssumedRole: _role_provider,
    DefaultChain: lambda library, _: library.DefaultCredentialsProvider(),
}
