"""How a report gets at ESA: settings of the stack, keys of the stack or the surroundings."""

from collections.abc import Collection, Mapping

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.report.inputs.esa_lookup import Looked, look
from pulumi_esa_prefetch.report.inputs.pulumi_documents import SECRET
from pulumi_esa_prefetch.settings.credentials import without_masked
from pulumi_esa_prefetch.settings.settings import (
    ENDPOINT_VARIABLES,
    SettingsError,
    read_settings,
)

SECONDS = 15.0
"""For one call with its repeats: a comment without ESA's word beats no comment."""

_WHERE = (
    "esa-prefetch:endpoint",
    "alicloud:endpoints",
    "esa-prefetch:accountType",
    "alicloud:accountType",
)


def open_client(
    config: Mapping[str, str] | None, environ: Mapping[str, str]
) -> EsaClient:
    """Make a client with a stack's settings; None: there is no record of them.

    Keys that are masked in a preview or an export come from the environment. Raises
    SettingsError, also where nothing tells which ESA the stack talks to: job ids and key
    ids are not for another one.
    """
    told = config is not None and SECRET not in {config.get(name) for name in _WHERE}
    if not told and not any(environ.get(name) for name in ENDPOINT_VARIABLES):
        raise SettingsError(
            "nothing tells which ESA the stack talks to (its settings are not in the "
            "state, or secret): name it by ESA_ENDPOINT"
        )
    shown = without_masked(config or {}, SECRET)
    return EsaClient.from_settings(read_settings(shown.get, environ))


def look_with(
    config: Mapping[str, str] | None,
    environ: Mapping[str, str],
    job_ids: Collection[str],
) -> Looked:
    """Look at the jobs with `open_client`; what hinders it is told, not raised."""
    if not job_ids:
        return Looked()
    try:
        with open_client(config, environ) as client:
            return _told(look(client.limited(seconds=SECONDS), job_ids))
    except (SettingsError, EsaError) as error:
        return _told(Looked(problem=str(error)))


def _told(looked: Looked) -> Looked:
    if looked.problem is None:
        return looked
    return Looked(
        looked.jobs,
        f"ESA was not asked, or not to the end ({looked.problem}): statuses and progress are "
        "those of the state.",
    )
