"""Where the access keys come from, and whether there are any; no key is shown, and none is sent."""

from pulumi_esa_prefetch.api.credentials import CredentialsProvider, provider_for
from pulumi_esa_prefetch.api.errors import NoCredentials
from pulumi_esa_prefetch.api.key_reasons import describe
from pulumi_esa_prefetch.doctor.findings import Finding, with_advice
from pulumi_esa_prefetch.doctor.setting_checks import place_of
from pulumi_esa_prefetch.settings.credential_sources import (
    Credentials,
    UnusableKeySource,
)
from pulumi_esa_prefetch.settings.settings import Settings

_CORRECT = "correct it; docs/real-account.md says which settings go together"
_SET_KEYS = (
    "set ALIBABA_CLOUD_ACCESS_KEY_ID and ALIBABA_CLOUD_ACCESS_KEY_SECRET, or name a profile by "
    "esa-prefetch:profile; docs/real-account.md lists all sources"
)


def check_keys(
    settings: Settings, secrets: frozenset[str], seconds: float
) -> tuple[CredentialsProvider | None, Finding]:
    """The provider of the keys, None if there are none, and the line; the source has `seconds` to answer."""
    source = settings.credentials
    if isinstance(source, UnusableKeySource):
        return None, Finding("keys", "failed", source.problem, _CORRECT)
    try:
        provider = provider_for(source, allow_http=settings.allow_http)
        keys = provider.get(seconds)
    except NoCredentials as error:
        return None, with_advice("keys", "failed", str(error), _SET_KEYS)
    return provider, _found(keys, describe(source), secrets)


def _found(keys: Credentials, described: str, secrets: frozenset[str]) -> Finding:
    origin = keys.origin or described
    kind = "temporary keys" if keys.security_token else "long-lived keys"
    facts = {"from": origin, "temporary": bool(keys.security_token)}
    is_name = keys.is_in_stack_config or (origin.isidentifier() and origin.isupper())
    text = f"{kind}, {place_of(origin) if is_name else f'from {origin}'}"
    secret = f"{origin.partition(':')[0]}:secretKey"
    if keys.is_in_stack_config and ":" in origin and secret not in secrets:
        return Finding(
            "keys",
            "warning",
            f"{text}; {secret} is in plain text there",
            f"set it by `config set --secret {secret}`, or keep keys out of the config",
            facts,
        )
    return Finding("keys", "ok", text, facts=facts)
