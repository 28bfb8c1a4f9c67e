"""Makes the client for the settings, and imports the client's module only then.

The provider's host and every program import this file when they start. Most runs change nothing and make no
call: they do not need the client, httpx or tenacity, whose import takes a large part of the start.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import TYPE_CHECKING, Final, cast

from pulumi_esa_prefetch.settings.settings import Settings

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.client import EsaClient


_COMMAND_LINE: Final = "httpx._main"


def make_client(settings: Settings) -> "EsaClient":
    """Make the client; it fetches no access key before the first call.

    Raises SettingsError if the environment names a proxy or certificates that cannot be used, and NoCredentials
    if the settings of access keys are incomplete or wrong.
    """
    with _without_command_line_of_httpx():
        from pulumi_esa_prefetch.api.client import EsaClient  # noqa: PLC0415 -- see above

    return EsaClient.from_settings(settings)


@contextmanager
def _without_command_line_of_httpx() -> Iterator[None]:
    """Within it, httpx is imported as if the packages of its command line, click and rich, were missing.

    Where they are installed for another reason, they take a third of its import.
    """
    modules = cast(dict[str, ModuleType | None], sys.modules)
    if "httpx" not in modules:
        modules[_COMMAND_LINE] = None
    try:
        yield
    finally:
        if modules.get(_COMMAND_LINE, sys) is None:
            del modules[_COMMAND_LINE]
