"""How a report gets at ESA: settings of the preview, keys of the surroundings."""

from collections.abc import Collection, Mapping

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.config import read_settings
from pulumi_esa_prefetch.lookup import SettingsError
from pulumi_esa_prefetch.report.documents import SECRET
from pulumi_esa_prefetch.report.lookup import Looked, look

SECONDS = 15.0
"""For one call with its repeats: a comment without ESA's word beats no comment."""


def look_with(
    config: Mapping[str, str], environ: Mapping[str, str], job_ids: Collection[str]
) -> Looked:
    """Look at the jobs with the stack's settings; what hinders it is told, not raised.

    A secret setting is masked in a preview: such keys come from the environment.
    """
    if not job_ids:
        return Looked()
    shown = {name: value for name, value in config.items() if value != SECRET}
    try:
        settings = read_settings(shown.get, environ)
        with EsaClient.from_settings(settings) as client:
            return _told(look(client.limited(seconds=SECONDS), job_ids))
    except (SettingsError, EsaError) as error:
        return _told(Looked(problem=str(error)))


def _told(looked: Looked) -> Looked:
    if looked.problem is None:
        return looked
    problem = looked.problem.rstrip(".")
    return Looked(
        looked.jobs,
        f"ESA was not asked, or not to the end ({problem}): statuses and progress are "
        "those of the state.",
    )
