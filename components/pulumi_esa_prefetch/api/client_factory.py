"""Makes the client for the settings, and imports the client only then.

The provider's host and a program import this file whenever they start. Most runs change nothing and
call nothing: they need neither the client nor httpx and tenacity, whose import takes longer than the rest.
"""

from typing import TYPE_CHECKING

from pulumi_esa_prefetch.settings.settings import Settings

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.client import EsaClient


def make_client(settings: Settings) -> "EsaClient":
    """Make the client; it has fetched no key yet.

    Raises SettingsError if a proxy or a certificate authority that the environment names cannot be used.
    """
    from pulumi_esa_prefetch.api.client import EsaClient  # noqa: PLC0415 -- see above

    return EsaClient.from_settings(settings)
