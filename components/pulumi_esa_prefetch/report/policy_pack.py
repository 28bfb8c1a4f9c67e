"""The checks of `report.analysis.limit_findings` as a Pulumi policy pack; has no check of its own.

A pack is a directory with a PulumiPolicy.yaml and a `__main__.py` of two lines:

    from pulumi_esa_prefetch.report.policy_pack import serve
    serve()

Needs the extra `policy` (pulumi-policy). Limits come from the pack's own configuration, where an organisation
sets them centrally, and are then mandatory. Else they come from the stack's `esa-prefetch:limits`: a limit with
`deny` is mandatory, one with `warn` is advisory.
"""

import json
import os
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from pulumi_esa_prefetch.api.errors import LONGEST_SENTENCE
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.clock import SystemClock
from pulumi_esa_prefetch.load import Kind, Level, Limits, LimitsError, list_text
from pulumi_esa_prefetch.report.analysis.limit_findings import check_stack
from pulumi_esa_prefetch.report.analysis.plan_facts import job_ids
from pulumi_esa_prefetch.report.inputs.esa_snapshot import (
    EsaSnapshot,
    take_snapshot_with,
)
from pulumi_esa_prefetch.report.inputs.pulumi_documents import UNKNOWN, ResourceEntry
from pulumi_esa_prefetch.report.inputs.resource_graph import ResourceGraph

StackValidation = Callable[[StackValidationArgs, ReportViolation], None]

NAME = "esa-prefetch"
_ASK = {
    "type": "boolean",
    "description": "Read from ESA, by read-only calls, what the stack does not hold.",
    "default": True,
}


def serve() -> None:
    """Offer the policies to the CLI, until it ends this process."""
    PolicyPack(NAME, policies(), EnforcementLevel.MANDATORY)


def policies() -> list[Policy]:
    """Return the pack's policies: for each kind of limit a mandatory and an advisory one."""
    return [
        StackValidationPolicy(
            name="origin-load",
            description="All plans together stay below an origin's limit.",
            validate=_validation("rate", "deny"),
            config_schema=PolicyConfigSchema(
                {
                    "maxOriginUrlsPerSecond": {
                        "type": "number",
                        "exclusiveMinimum": 0,
                        "description": "URLs per second that an origin may get.",
                    },
                    "askEsa": _ASK,
                }
            ),
        ),
        StackValidationPolicy(
            name="freeze-window",
            description="No plan submits anything in a freeze window.",
            validate=_validation("freeze", "deny"),
            config_schema=PolicyConfigSchema(
                {
                    "freeze": {
                        "type": "array",
                        "items": {"type": ["string", "object"]},
                        "description": "ISO 8601 intervals, or {name, window}.",
                    },
                    "askEsa": _ASK,
                }
            ),
        ),
        _advice("origin-load-warnings", "rate"),
        _advice("freeze-window-warnings", "freeze"),
    ]


def _advice(name: str, kind: Kind) -> Policy:
    """Return the policy that reports what the stack's own limits only warn of."""
    return StackValidationPolicy(
        name=name,
        description="The same for limits that the stack sets without enforcing them.",
        validate=_validation(kind, "warn"),
        enforcement_level=EnforcementLevel.ADVISORY,
        config_schema=PolicyConfigSchema({"askEsa": _ASK}),
    )


def _validation(kind: Kind, level: Level) -> StackValidation:
    """Return the validation that reports one kind of limit, if its level is that one."""

    def validate(args: StackValidationArgs, report: ReportViolation) -> None:
        config = args.get_config()
        try:
            limits = _limits(config)
        except LimitsError as error:
            if level == "deny":
                report(one_line(error, LONGEST_SENTENCE), None)
            return
        if _is_set(kind, limits) and limits.level(kind) == level:
            asks = bool(config.get("askEsa", True))
            _report_findings(kind, limits, args.resources, report, asks=asks)

    return validate


def _report_findings(
    kind: Kind,
    limits: Limits,
    given: Sequence[PolicyResource],
    report: ReportViolation,
    *,
    asks: bool,
) -> None:
    resources = [_resource(one) for one in given]
    snapshot = _snapshot(resources) if asks else EsaSnapshot()
    findings, blind = check_stack(resources, snapshot, limits, SystemClock().now())
    urns = {resource.name: resource.urn for resource in resources}
    for finding in findings:
        if finding.kind == kind:
            text = one_line(finding.text, LONGEST_SENTENCE)
            report(text, urns.get(_only(finding.plans)))
    if blind:
        report(one_line(_unknown(blind, snapshot), LONGEST_SENTENCE), None)


def _limits(config: Mapping[str, Any]) -> Limits:
    """Read the pack's limits, which are enforced, else the stack's own."""
    keys = ("maxOriginUrlsPerSecond", "freeze")
    central = {key: config[key] for key in keys if config.get(key) is not None}
    if central:
        return Limits.parse(json.dumps({**central, "enforce": "deny"}))
    return Limits.parse(_stack_config().get("esa-prefetch:limits"))


def _stack_config() -> dict[str, str]:
    """Return the stack's configuration, which the CLI passes in one variable."""
    given = json.loads(os.environ.get("PULUMI_CONFIG") or "{}")
    return {str(name): str(value) for name, value in given.items()}


def _snapshot(resources: Sequence[ResourceEntry]) -> EsaSnapshot:
    ids = job_ids(ResourceGraph.of_state(resources))
    return take_snapshot_with(_stack_config(), os.environ, ids)


def _resource(given: PolicyResource) -> ResourceEntry:
    props = _plain(given.props)
    links = given.property_dependencies
    return ResourceEntry(
        urn=given.urn,
        type=given.resource_type,
        inputs=props,
        outputs=props,
        property_dependencies={
            key: tuple(source.urn for source in sources)
            for key, sources in links.items()
        },
    )


def _plain(value: Any) -> Any:
    """Return a value without the SDK's proxies, which raise for one that a preview does not know."""
    if isinstance(value, Mapping):
        return {key: _item(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_item(value, place) for place in range(len(value))]
    return value


def _item(of: Any, key: Any) -> Any:
    try:
        return _plain(of[key])
    except UnknownValueError:
        return UNKNOWN


def _is_set(kind: Kind, limits: Limits) -> bool:
    if kind == "freeze":
        return bool(limits.freeze)
    return limits.max_origin_urls_per_second is not None


def _only(plans: Sequence[str]) -> str:
    return plans[0] if len(plans) == 1 else ""


def _unknown(blind: Sequence[str], snapshot: EsaSnapshot) -> str:
    why = f": {snapshot.problem}" if snapshot.problem else "."
    return f"Window and pace are not known of {list_text(blind)}, so limits cannot be checked{why}"
