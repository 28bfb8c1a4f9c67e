"""The one door to the official credentials library, imported only when it is needed; chooses no place."""

import configparser
import json
import logging
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pulumi_esa_prefetch.keys import (
    AssumedRole,
    Credentials,
    CredentialsUri,
    DefaultPlaces,
    EcsRole,
    KeyPlace,
    OidcRole,
    Profile,
)

# The library quotes whole answers of servers, and those may hold half a set of keys.
_QUOTED_ANSWER = re.compile(
    r"[,:]?\s*(?:\{|\[|\bresult\b|\bresponse\b|\bbody\b)", re.IGNORECASE
)

_URL = re.compile(r"https?://\S+")  # it may hold a password
# So may what was taken for a proxy's host.
_HALF_URL = re.compile(r"Failed to parse: .*")


def open_provider(place: KeyPlace) -> Any:
    """The library's provider for a place; fetches nothing yet."""
    from alibabacloud_credentials import provider  # noqa: PLC0415 -- a third of a second

    _quieten()
    return _OPENERS[type(place)](provider, place)


def read(provider: Any) -> Credentials:
    """The keys that a provider of the library gives now."""
    keys = provider.get_credentials()
    return Credentials(
        keys.get_access_key_id(),
        keys.get_access_key_secret(),
        keys.get_security_token() or None,
    )


def reason(error: Exception) -> str:
    """Why the library gave no keys, without what a server answered it."""
    text = " ".join(str(getattr(error, "message", None) or error).split())
    without_answer = _QUOTED_ANSWER.split(text, maxsplit=1)[0]
    without_url = _URL.sub("its URL", without_answer)
    in_words = _HALF_URL.sub(
        "its URL or a proxy variable is not understood", without_url
    )
    return in_words[:200] or type(error).__name__


def describe(place: KeyPlace) -> str:
    """The place in words, without secrets."""
    match place:
        case Profile(name, file):
            return f"profile {name!r}{f' in {file}' if file else ''}"
        case EcsRole(name):
            return f"the ECS role {name!r}"
        case OidcRole(role_arn=arn) | AssumedRole(role_arn=arn):
            return f"the RAM role {arn}"
        case CredentialsUri():
            return "the credentials URI"
    return "the environment, profile files or an ECS role"


def _quieten() -> None:
    """Stop the library's log: it goes to stderr by itself, and quotes answers whole."""
    log = logging.getLogger("credentials")
    log.handlers[:] = [logging.NullHandler()]
    log.propagate = False


def _profile_provider(library: Any, profile: Profile) -> Any:
    # ALIBABA_CLOUD_CREDENTIALS_FILE is JSON to Terraform and INI to the library.
    name, file = profile.name, profile.file
    if _is_ini(Path(file)) if file else _only_in_ini(name):
        return library.ProfileCredentialsProvider(profile_name=name, profile_file=file)
    return library.CLIProfileCredentialsProvider(profile_name=name, profile_file=file)


def _is_ini(file: Path) -> bool:
    try:
        return file.read_text(encoding="utf-8").lstrip()[:1] not in ("{", "")
    except OSError:
        return False


def _only_in_ini(name: str) -> bool:
    try:
        text = (Path.home() / ".aliyun" / "config.json").read_text(encoding="utf-8")
        profiles = json.loads(text).get("profiles") or ()
        if name in (profile.get("name") for profile in profiles):
            return False
    except (OSError, ValueError, AttributeError):
        pass  # the library says what is wrong with the file
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


def _role_provider(library: Any, role: AssumedRole) -> Any:
    return library.RamRoleArnCredentialsProvider(
        credentials_provider=open_provider(role.holder),
        role_arn=role.role_arn,
        role_session_name=role.session_name,
        duration_seconds=role.seconds,
        policy=role.policy,
        external_id=role.external_id,
    )


def _written_provider(library: Any, keys: Credentials) -> Any:
    if keys.security_token is None:
        return library.StaticAKCredentialsProvider(
            access_key_id=keys.access_key_id, access_key_secret=keys.access_key_secret
        )
    return library.StaticSTSCredentialsProvider(
        access_key_id=keys.access_key_id,
        access_key_secret=keys.access_key_secret,
        security_token=keys.security_token,
    )


_OPENERS: dict[type, Callable[[Any, Any], Any]] = {
    Credentials: _written_provider,
    Profile: _profile_provider,
    EcsRole: lambda library, role: library.EcsRamRoleCredentialsProvider(
        role_name=role.name
    ),
    CredentialsUri: lambda library, place: library.URLCredentialsProvider(
        uri=place.uri
    ),
    OidcRole: _oidc_provider,
    AssumedRole: _role_provider,
    DefaultPlaces: lambda library, _: library.DefaultCredentialsProvider(),
}
