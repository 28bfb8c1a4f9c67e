"""How many URLs the plan of service may prefetch; how many of them are used, ESA does not say."""

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.models import InstanceQuotas
from pulumi_esa_prefetch.doctor.findings import Finding, with_advice

PRELOAD = "preload"
_SERVICE = {
    "offline": "the plan of service has expired",
    "disable": "the plan of service was released",
}


def check_allowance(
    client: EsaClient, site_id: str | None, instance_id: str | None
) -> Finding:
    """The line on the prefetch allowance of a site or an instance."""
    if not (site_id or instance_id):
        text = "not asked: --site ID or --instance ID names the plan of service"
        return Finding("allowance", "ok", text)
    try:
        found = client.list_instance_quotas(
            quota_names=[PRELOAD], site_id=site_id, instance_id=instance_id
        )
    except EsaError as error:
        return with_advice("allowance", "warning", str(error), "check the id")
    return allowance_finding(found)


def allowance_finding(found: InstanceQuotas) -> Finding:
    """The line on the quota `preload` in an answer."""
    value = next((q.value for q in found.quotas if q.name == PRELOAD), None)
    facts = {
        "quota": PRELOAD,
        "value": value,
        "instance": found.instance_id,
        "instanceStatus": found.status,
    }
    if found.status in _SERVICE:
        text = (
            f"{_SERVICE[found.status]} (instance {found.instance_id}, {found.status})"
        )
        return Finding(
            "allowance", "failed", text, "renew it in the ESA console", facts
        )
    if value is None:
        text = f"ESA names no quota {PRELOAD!r} for instance {found.instance_id}"
        return Finding(
            "allowance",
            "warning",
            text,
            "look at the plan of service in the console",
            facts,
        )
    text = f"{value} URLs (quota {PRELOAD!r} of instance {found.instance_id}); how many are used cannot be read"
    return Finding("allowance", "ok", text, facts=facts)
