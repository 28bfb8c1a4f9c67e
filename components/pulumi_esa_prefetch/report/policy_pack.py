"""The judgement of `report.policy` as a Pulumi policy pack; judges nothing itself.

A pack is a directory with a PulumiPolicy.yaml and a `__main__.py` of two lines:

    from pulumi_esa_prefetch.report.policy_pack import serve
    serve()

Needs the extra `policy` (pulumi-policy). Limits come from the pack's own configuration,
for an organisation that sets them centrally, else from the stack's `esa-prefetch:limits`.
"""

import json
import os
from collections.abc import Mapping, Sequence
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

from pulumi_esa_prefetch.clock import SystemClock
from pulumi_esa_prefetch.load import Kind, Limits, LimitsError
from pulumi_esa_prefetch.report.documents import UNKNOWN, Resource
from pulumi_esa_prefetch.report.facts import job_ids
from pulumi_esa_prefetch.report.graph import Graph
from pulumi_esa_prefetch.report.lookup import Looked
from pulumi_esa_prefetch.report.policy import judge_stack
from pulumi_esa_prefetch.report.reading import look_with

NAME = "esa-prefetch"
_ASK = {
    "type": "boolean",
    "description": "Ask ESA, by reading, for what the stack does not tell.",
    "default": True,
}


def serve() -> None:
    """Offer the policies to the CLI, until it ends this process."""
    PolicyPack(NAME, policies(), EnforcementLevel.MANDATORY)


def policies() -> list[Policy]:
    """Return the two policies of the pack."""
    return [
        StackValidationPolicy(
            name="origin-load",
            description="All plans together stay below an origin's limit.",
            validate=lambda args, report: _validate("rate", args, report),
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
            validate=lambda args, report: _validate("freeze", args, report),
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
    ]


def _validate(kind: Kind, args: StackValidationArgs, report: ReportViolation) -> None:
    config = args.get_config()
    try:
        limits = _limits(config)
    except LimitsError as error:
        report(str(error), None)
        return
    resources = [_resource(given) for given in args.resources]
    looked = _looked(resources) if config.get("askEsa", True) else Looked()
    now = SystemClock().now()
    judgements, blind = judge_stack(resources, looked, limits, now)
    urns = {resource.name: resource.urn for resource in resources}
    for judgement in judgements:
        if judgement.kind == kind:
            report(judgement.text, urns.get(_only(judgement.plans)))
    if blind and _is_set(kind, limits):
        report(_unknown(blind, looked), None)


def _limits(config: Mapping[str, Any]) -> Limits:
    """Read the pack's limits, else the stack's own."""
    keys = ("maxOriginUrlsPerSecond", "freeze")
    central = {key: config[key] for key in keys if config.get(key) is not None}
    if central:
        return Limits.parse(json.dumps(central))
    return Limits.parse(_stack_config().get("esa-prefetch:limits"))


def _stack_config() -> dict[str, str]:
    """Return the stack's configuration, which the CLI hands over in one variable."""
    given = json.loads(os.environ.get("PULUMI_CONFIG") or "{}")
    return {str(name): str(value) for name, value in given.items()}


def _looked(resources: Sequence[Resource]) -> Looked:
    ids = job_ids(Graph.of_state(resources))
    return look_with(_stack_config(), os.environ, ids)


def _resource(given: PolicyResource) -> Resource:
    props = _plain(given.props)
    links = given.property_dependencies
    return Resource(
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
    """Take the proxies off, which raise where a value is not known in a preview."""
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


def _unknown(blind: Sequence[str], looked: Looked) -> str:
    names = ", ".join(blind[:5]) + (" and more" if len(blind) > 5 else "")  # noqa: PLR2004
    why = f": {looked.problem}" if looked.problem else "."
    return f"Nothing is known of window and pace of {names}, so no limit can hold{why}"
