"""Makes the client for the settings, and imports the client's module only then.

The provider's host and every program import this file when they start. Most runs change nothing and make no
call: they do not need the client, httpx or tenacity, whose import takes a large part of the start.
"""

from typing import TYPE_CHECKING

from pulumi_esa_prefetch.settings.settings import Settings

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.client import EsaClient


def make_client(settings: Settings) -> "EsaClient":
    """Make the client; it fetches no access key before the first call.

    Raises SettingsError if the environment names a proxy or certificates that cannot be used, and NoCredentials
    if the settings of access keys are incomplete or wrong.
    """
    from pulumi_esa_prefetch.api.client import EsaClient  # noqa: PLC0415 -- see above

    return EsaClient.from_settings(settings)
