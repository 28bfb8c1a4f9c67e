"""Names the sources of keys, and says why one has none, without quoting a secret; fetches nothing."""

import configparser
import re
from collections.abc import Sequence

from pulumi_esa_prefetch.api.cli_profiles import MissingFile
from pulumi_esa_prefetch.api.errors import (
    EsaError,
    KeysNotFetched,
    NoCredentials,
)
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.settings.credential_sources import (
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
_LONGEST = 200
_MOST_REASONS = 3
_NAMES: dict[type, str] = {
    Credentials: "the settings",
    CredentialsUri: "the credentials URI",
    DefaultChain: "the environment, profile files or an ECS role",
    ExternalCommand: "the command of a profile",
    UnusableKeySource: "the settings",
}


def describe(source: KeySource) -> str:
    """The source of keys in words, without secrets."""
    named = getattr(source, "name", None)
    match source:
        case Profile(None):
            text = "the current profile in ~/.aliyun/config.json"
        case Profile(file=str(file)):
            text = f"profile {named!r} in {file}"
        case Profile() | SignedInProfile():
            text = f"profile {named!r}"
        case EcsRole():
            text = f"the ECS role {named!r}" if named else "the ECS role"
        case OidcRole(role_arn=arn) | AssumedRole(role_arn=arn):
            text = f"the RAM role {arn}"
        case _:
            text = _NAMES[type(source)]
    return text


def reason(error: Exception) -> str:
    """Why the library returned no keys, without the text that its message quotes."""
    if isinstance(error, EsaError):
        return str(error)
    if isinstance(error, configparser.Error):
        return "the file is not INI"
    text = " ".join(str(getattr(error, "message", None) or error).split())
    if text == "IMDS credentials is disabled":
        return "ALIBABA_CLOUD_ECS_METADATA_DISABLED is true"
    unknown = f"what it returned cannot be understood: {type(error).__name__}"
    return one_line(_safe_message(text) or unknown, _LONGEST)


def _safe_message(text: str) -> str | None:
    if _REFUSED.match(text):
        return _refusal_reason(text)
    found = (said.match(text) for said in _SAFE_MESSAGES)
    return next((match[0] for match in found if match), None)


def _refusal_reason(text: str) -> str:
    status = _STATUS.search(text)
    return f"it refused, http_code={status[1]}" if status else "its answer has no keys"


def chain_error(failures: Sequence[tuple[KeySource, Exception]]) -> NoCredentials:
    """Why no source has keys: by what is set up and does not work, otherwise by what nobody has set up."""
    likely = [failure for failure in failures if not _is_unlikely(*failure)]
    is_silent = any(isinstance(error, KeysNotFetched) for _, error in likely)
    reasons = [_reason_of(source, error) for source, error in likely or failures]
    return (KeysNotFetched if is_silent else NoCredentials)(
        "; ".join(reasons[:_MOST_REASONS])
    )


def _is_unlikely(source: KeySource, error: Exception) -> bool:
    """Whether the source is most likely not meant: its file does not exist, or this is no ECS instance."""
    return isinstance(error, MissingFile) or source == EcsRole(None)


def _reason_of(source: KeySource, error: Exception) -> str:
    why = reason(error)
    names_itself = isinstance(source, (Profile, UnusableKeySource, OidcRole))
    return (
        why
        if names_itself and isinstance(error, NoCredentials)
        else f"{describe(source)}: {why}"
    )
