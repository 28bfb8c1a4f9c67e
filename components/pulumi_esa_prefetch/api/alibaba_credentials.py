"""The adapter to Alibaba's credentials library: the only module that imports it, and only when keys are fetched."""

import configparser
import json
import logging
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from pulumi_esa_prefetch.api import key_requests
from pulumi_esa_prefetch.api.cli_profiles import (
    default_file,
    profile_names,
    profile_source,
    read_config,
)
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.api.key_reasons import chain_error, describe
from pulumi_esa_prefetch.settings.credential_sources import (
    BAD_CHARACTER,
    INI_FILE,
    AssumedRole,
    Credentials,
    CredentialsUri,
    DefaultChain,
    EcsRole,
    ExternalCommand,
    KeySource,
    OidcRole,
    Profile,
    SignedInProfile,
    UnusableKeySource,
    has_bad_character,
)

_IN_FILE = ("access_key_id", "access_key_secret", "sts_token")
_IN_ANSWER = ("AccessKeyId", "AccessKeySecret", "SecurityToken")


def open_provider(source: KeySource) -> Any:
    """The provider for a source of keys: the library's, or one of ours with `read`; it fetches no key yet."""
    from alibabacloud_credentials import provider  # noqa: PLC0415 -- a third of a second

    _silence_log()
    key_requests.replace_http_client()
    return _provider_of(provider, source)


def _provider_of(library: Any, source: KeySource) -> Any:
    return _PROVIDERS[type(source)](library, source)


def read_keys(provider: Any) -> Credentials:
    """The keys that a provider returns now, unchanged."""
    if isinstance(provider, _ChainProvider):
        return provider.read()
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
        origin=keys.origin or describe(source),
        is_in_stack_config=is_in_stack_config(source),
    )


def is_in_stack_config(source: KeySource) -> bool:
    """Whether the stack config holds the keys themselves, and not only the name of a profile or role."""
    if isinstance(source, AssumedRole):
        return is_in_stack_config(source.source)
    return isinstance(source, Credentials) and source.is_in_stack_config


def _silence_log() -> None:
    """Silence the library's log: it writes to stderr, and quotes whole answers."""
    log = logging.getLogger("credentials")
    log.handlers[:] = [logging.NullHandler()]
    log.propagate = False


def _profile_provider(library: Any, profile: Profile) -> Any:
    # ALIBABA_CLOUD_CREDENTIALS_FILE is JSON to Terraform and INI to the library.
    name, file = profile.name, Path(profile.file).expanduser() if profile.file else None
    if _is_ini(file) if file else name and _is_only_in_ini(name):
        ini = file or Path(INI_FILE).expanduser()
        return library.ProfileCredentialsProvider(
            profile_name=name, profile_file=str(ini)
        )
    return _provider_of(library, profile_source(file or default_file(), name))


def _is_ini(file: Path) -> bool:
    try:
        text = file.read_text(encoding="utf-8-sig").strip()
    except (OSError, ValueError):
        return False
    try:
        json.loads(text)
    except (ValueError, RecursionError):
        return bool(text) and not text.startswith("{")
    return False


def _is_only_in_ini(name: str) -> bool:
    with suppress(
        NoCredentials
    ):  # `profile_source` reports what is wrong with the file
        if name in profile_names(read_config(default_file())):
            return False
    ini = configparser.ConfigParser(interpolation=None, strict=False)
    try:
        ini.read(Path(INI_FILE).expanduser(), encoding="utf-8")
    except (configparser.Error, ValueError):
        return False
    return ini.has_section(name)


class _InlineToken(str):
    """An OIDC token in the place of the path of its file: the library knows files only."""

    __slots__ = ()


def _oidc_token(path: str) -> str:
    """Replaces the library's function that reads the token file."""
    if isinstance(path, _InlineToken):
        return str(path)
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise NoCredentials(f"the OIDC token file {path} does not exist") from None
    except OSError as error:
        why = f"the OIDC token file {path} cannot be read: {error.strerror}"
        raise NoCredentials(why) from None
    except ValueError:
        raise NoCredentials(f"the OIDC token file {path} is not text") from None


def _oidc_provider(library: Any, role: OidcRole) -> Any:
    library.oidc._get_token = _oidc_token  # noqa: SLF001 -- the library has no other way in
    return library.OIDCRoleArnCredentialsProvider(
        role_arn=role.role_arn,
        oidc_provider_arn=role.provider_arn,
        oidc_token_file_path=_InlineToken(role.token)
        if role.token
        else role.token_file,
        role_session_name=role.session_name,
        duration_seconds=role.seconds,
        policy=role.policy,
        sts_region_id=role.sts_region,
        enable_vpc=role.vpc,
    )


class _ChainProvider:
    """Tries sources in turn, and stays with the first that has keys."""

    def __init__(self, library: Any, sources: Sequence[KeySource]) -> None:
        self._library = library
        self._sources = sources
        self._used: tuple[KeySource, Any] | None = None

    def read(self) -> Credentials:
        """The keys of the first source that has any; raises NoCredentials with the reasons of all."""
        if self._used is not None:
            source, provider = self._used
            return trimmed(read_keys(provider), source)
        failures: list[tuple[KeySource, Exception]] = []
        for source in self._sources:
            try:
                provider = _provider_of(self._library, source)
                keys = trimmed(read_keys(provider), source)
            except Exception as error:  # noqa: BLE001 -- the library raises errors of any class
                failures.append((source, error))
            else:
                self._used = source, provider
                return keys
        raise chain_error(failures)


class _ExternalProvider:
    """Keys that a command prints: it runs once, and again only when the keys have expired or are refused."""

    def __init__(self, library: Any, command: str) -> None:
        # Without the library's callback, which writes the keys into config.json in plain text.
        self._inner = library.ExternalCredentialsProvider(process_command=command)
        self._kept: Any = None

    def get_credentials(self) -> Any:
        """The keys; those without a time of expiry are kept."""
        keys = self._kept or self._inner.get_credentials()
        if not keys.get_expiration():
            self._kept = keys
        return keys

    def get_provider_name(self) -> str:
        """The name of the library's provider."""
        return str(self._inner.get_provider_name())


class _SourceProvider:
    """The provider of the keys that assume a role, in the form that the library expects; its keys are trimmed."""

    def __init__(self, library: Any, source: KeySource) -> None:
        self._source = source
        self._provider = _provider_of(library, source)

    def get_credentials(self) -> Any:
        from alibabacloud_credentials.provider import refreshable  # noqa: PLC0415 -- imported by now

        keys = trimmed(read_keys(self._provider), self._source)
        made: Any = refreshable.Credentials
        return made(
            access_key_id=keys.access_key_id,
            access_key_secret=keys.access_key_secret,
            security_token=keys.security_token,
        )

    def get_provider_name(self) -> str:
        return "source"


def _role_provider(library: Any, role: AssumedRole) -> Any:
    return library.RamRoleArnCredentialsProvider(
        credentials_provider=_SourceProvider(library, role.source),
        role_arn=role.role_arn,
        role_session_name=role.session_name,
        duration_seconds=role.seconds,
        policy=role.policy,
        external_id=role.external_id,
        sts_region_id=role.sts_region,
        enable_vpc=role.vpc,
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


def _refuse(_library: Any, source: UnusableKeySource) -> Any:
    raise NoCredentials(source.problem)


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
    SignedInProfile: lambda library, profile: library.CLIProfileCredentialsProvider(
        profile_name=profile.name, profile_file=profile.file
    ),
    ExternalCommand: lambda library, source: _ExternalProvider(library, source.command),
    DefaultChain: lambda library, chain: _ChainProvider(library, chain.sources),
    UnusableKeySource: _refuse,
}
