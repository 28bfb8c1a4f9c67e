"""Reads a profile of the `aliyun` CLI (`config.json`) as a source of keys; fetches no key and writes nothing."""

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.settings.credential_sources import (
    AssumedRole,
    Credentials,
    CredentialsUri,
    EcsRole,
    ExternalCommand,
    KeySource,
    OidcRole,
    SignedInProfile,
)

Fields = Mapping[str, Any]
Trail = tuple[str, ...]
"""The profiles that lead to the present one by their `source_profile`."""

_REFUSED_MODES = {
    "BearerToken": "ESA takes no bearer token",
    "RsaKeyPair": "a key pair signs no call of ESA",
}
_USABLE = "AK, StsToken, RamRoleArn, EcsRamRole, OIDC, CredentialsURI or External"
_SHOWN = re.compile(r"\w{1,30}")
"""A mode that is shown in an error; anything else in its place may be a key."""


class MissingFile(NoCredentials):
    """The file does not exist: nobody has set up this source."""


def default_file() -> Path:
    """The file of the `aliyun` CLI."""
    return Path.home() / ".aliyun" / "config.json"


def read_config(file: Path) -> dict[str, Any]:
    """The whole file; raises NoCredentials in a sentence that quotes nothing of it."""
    try:
        content = json.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        raise MissingFile(f"{file} does not exist") from None
    except OSError as error:
        raise NoCredentials(f"{file} cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError):
        raise NoCredentials(f"{file} is not valid JSON in UTF-8") from None
    if not isinstance(content, dict):
        raise NoCredentials(
            f"{file} must hold an object with `profiles`, as the aliyun CLI writes it"
        )
    return content


def profile_names(config: Mapping[str, Any]) -> list[str]:
    """The names of the profiles."""
    return [
        profile["name"]
        for profile in _profiles(config)
        if isinstance(profile.get("name"), str)
    ]


def profile_source(file: Path, name: str | None) -> KeySource:
    """The source that a profile names, the current profile for None. Raises NoCredentials."""
    config = read_config(file)
    current = name or config.get("current")
    if not isinstance(current, str) or not current:
        raise NoCredentials(f"{file} names no current profile")
    if current not in profile_names(config):
        shown = repr(one_line(current, 64))
        raise NoCredentials(
            f"{file} has no profile {shown}"
            if name
            else f"{file} names the profile {shown}, which it does not hold"
        )
    return _ProfileReader(file, config).source(current)


def _profiles(config: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = config.get("profiles")
    listed = found if isinstance(found, list) else []
    return [profile for profile in listed if isinstance(profile, dict)]


class _ProfileReader:
    """Reads the profiles of one file."""

    def __init__(self, file: Path, config: Mapping[str, Any]) -> None:
        self._file = file
        self._profiles = {
            each["name"]: each
            for each in reversed(_profiles(config))
            if isinstance(each.get("name"), str)
        }

    def source(self, name: str, seen: Trail = ()) -> KeySource:
        fields = self._profiles[name]
        readers: dict[str, Callable[[Fields, Trail], KeySource]] = {
            "AK": self._keys,
            "StsToken": self._keys,
            "RamRoleArn": self._role,
            "ChainableRamRoleArn": self._role,
            "RamRoleArnWithRoleName": self._role,
            "EcsRamRole": lambda *_: EcsRole(fields.get("ram_role_name") or None),
            "OIDC": self._oidc_role,
            "CredentialsURI": lambda *_: CredentialsUri(
                self._text(fields, "credentials_uri")
            ),
            "External": lambda *_: ExternalCommand(
                self._text(fields, "process_command")
            ),
            "CloudSSO": lambda *_: SignedInProfile(name, str(self._file)),
            "OAuth": lambda *_: SignedInProfile(name, str(self._file)),
        }
        mode = fields.get("mode") or ""
        if not isinstance(mode, str) or mode not in readers:
            raise NoCredentials(_mode_refusal(name, mode, readers))
        return readers[mode](fields, (*seen, name))

    def _keys(self, fields: Fields, _seen: Trail) -> Credentials:
        is_temporary = fields.get("mode") == "StsToken"
        return Credentials(
            self._text(fields, "access_key_id"),
            self._text(fields, "access_key_secret"),
            self._text(fields, "sts_token") if is_temporary else None,
        )

    def _role(self, fields: Fields, seen: Trail) -> AssumedRole:
        return AssumedRole(
            self._source_of_role(fields, seen),
            self._text(fields, "ram_role_arn"),
            session_name=fields.get("ram_session_name") or None,
            policy=fields.get("policy") or None,
            external_id=fields.get("external_id") or None,
            seconds=_seconds(fields),
            sts_region=fields.get("sts_region") or None,
            vpc=fields.get("enable_vpc"),
        )

    def _source_of_role(self, fields: Fields, seen: Trail) -> KeySource:
        if fields["mode"] == "RamRoleArn":
            return self._keys(fields, seen)
        if fields["mode"] == "RamRoleArnWithRoleName":
            return EcsRole(self._text(fields, "ram_role_name"))
        before = self._text(fields, "source_profile")
        shown = one_line(before, 64)
        if before in seen:
            way = " -> ".join(one_line(each, 64) for each in (*seen, before))
            raise NoCredentials(f"its source_profile leads back to itself: {way}")
        if before not in self._profiles:
            raise NoCredentials(
                f"{self._file} has no profile {shown!r}, which profile {seen[-1]!r} names as source_profile"
            )
        return self.source(before, seen)

    def _oidc_role(self, fields: Fields, _seen: Trail) -> OidcRole:
        return OidcRole(
            self._text(fields, "ram_role_arn"),
            self._text(fields, "oidc_provider_arn"),
            self._text(fields, "oidc_token_file"),
            session_name=fields.get("role_session_name")
            or fields.get("ram_session_name")
            or None,
            policy=fields.get("policy") or None,
            seconds=_seconds(fields),
            sts_region=fields.get("sts_region") or None,
            vpc=fields.get("enable_vpc"),
        )

    def _text(self, fields: Fields, key: str) -> str:
        value = fields.get(key)
        if not isinstance(value, str) or not value.strip():
            name = one_line(fields["name"], 64)
            raise NoCredentials(f"the {key} of profile {name!r} is missing or empty")
        return value


def _seconds(fields: Fields) -> int | None:
    """The length of a session; None, the default of STS, also for 0, which the CLI writes for "not set"."""
    value = fields.get("expired_seconds")
    return value if isinstance(value, int) and value > 0 else None


def _mode_refusal(name: str, mode: object, known: Mapping[str, object]) -> str:
    shown = mode if isinstance(mode, str) and _SHOWN.fullmatch(mode) else ""
    subject = f"profile {one_line(name, 64)!r}"
    if shown in _REFUSED_MODES:
        why = f"its mode is {shown}, and {_REFUSED_MODES[shown]}"
    elif not mode:
        why = "it has no mode"
    else:
        why = f"its mode {shown} is not known".replace("  ", " ")
    near = next((each for each in known if each.lower() == shown.lower()), None)
    what_to_do = f"write it as {near}" if near else f"use one of mode {_USABLE}"
    return f"{subject} cannot be used, because {why}: {what_to_do}"
