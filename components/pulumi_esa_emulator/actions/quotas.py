"""The action that lists the quotas of a plan of service, of which the emulator knows `preload` alone."""

from pulumi_esa_emulator.actions.context import ActionContext, ActionResult
from pulumi_esa_emulator.errors import Problem, missing_parameter
from pulumi_esa_emulator.state.records import SiteRecord

PRELOAD = "preload"
_INSTANCE = "esa-site-"
_UNLIMITED = 2**31 - 1
"""The value of a site without UrlQuota, the largest number of URLs that a job can count."""


def list_instance_quotas(context: ActionContext) -> ActionResult:
    """Return the named quotas of the instance that a site belongs to; names that are not known are left out."""
    names = context.parameters.string("QuotaNames").split(",")
    site = _site(context)
    value = _UNLIMITED if site.url_quota is None else site.url_quota
    quota = {
        "QuotaName": PRELOAD,
        "QuotaValue": str(value),
        "QuotaValueType": "num",
    }
    return ActionResult(
        {
            "InstanceId": f"{_INSTANCE}{site.id}",
            "Status": "online",
            "Quotas": [quota] if PRELOAD in names else [],
        }
    )


def _site(context: ActionContext) -> SiteRecord:
    """The site of the request; each site has an instance of its own, whose id ends in the site's."""
    if "SiteId" in context.parameters:
        return context.site(context.parameters.integer("SiteId"))
    instance = context.parameters.optional_string("InstanceId")
    if instance is None:
        raise missing_parameter("SiteId")
    digits = instance.removeprefix(_INSTANCE)
    if digits == instance or not (digits.isascii() and digits.isdecimal()):
        raise Problem("InstanceNotExist")
    return context.site(int(digits))
