"""The component PrefetchVerification of the schema: a record that measures, and a gate that judges."""

from collections.abc import Mapping
from functools import partial
from typing import Any

from pulumi import (
    Alias,
    ComponentResource,
    CustomResource,
    Output,
    ResourceOptions,
    RunError,
)
from pulumi.provider import ConstructResult
from pydantic.alias_generators import to_camel

from pulumi_esa_prefetch.native.component_inputs import ComponentInputs, check_names
from pulumi_esa_prefetch.native.component_results import result, unknown
from pulumi_esa_prefetch.native.warmth_resources import (
    GATE,
    GATE_NAMES,
    RECORD,
    RECORD_NAMES,
)
from pulumi_esa_prefetch.provider.verification.properties import (
    DEFAULTS,
    Figures,
    GateInputs,
    RecordInputs,
    wrong_properties,
)
from pulumi_esa_prefetch.resources.arguments import Faults
from pulumi_esa_prefetch.resources.input_mapping import error_prefix
from pulumi_esa_prefetch.resources.url_source import UrlSource

COMPLETION = "esa-prefetch:index:PrefetchCompletion"
VERIFICATION = "esa-prefetch:index:PrefetchVerification"
VERIFICATION_INPUTS = ("completion", "urls", "sample", "minimum", "seed", "triggers")
VERIFICATION_OUTPUTS = ("warm_ratio", "low", "high", "checked", "by_status")


class GivenCompletion(ComponentResource):
    """A PrefetchCompletion that the engine has, with its outputs."""

    plan: Output[str]
    starts: Output[int]
    until: Output[str]

    def __init__(self, resource_name: str, opts: ResourceOptions) -> None:
        outputs = dict.fromkeys(("plan", "starts", "until"))
        super().__init__(COMPLETION, resource_name, outputs, opts)
        self.plan, self.starts = self.__dict__["plan"], self.__dict__["starts"]
        self.until = self.__dict__["until"]


class _Part(CustomResource):
    """One of the two resources; ``inputs`` under the provider's names."""

    def __init__(
        self,
        type_: str,
        resource_name: str,
        names: Mapping[str, str],
        inputs: Mapping[str, Any],
        opts: ResourceOptions,
    ) -> None:
        given = {to_camel(name): value for name, value in inputs.items()}
        dynamic = type_.replace("esa-prefetch:index", "pulumi-python:dynamic/esa")
        opts = ResourceOptions.merge(
            opts, ResourceOptions(aliases=[Alias(type_=dynamic)])
        )
        super().__init__(type_, resource_name, dict.fromkeys(names) | given, opts)

    def output(self, name: str) -> Output[Any]:
        """One of its outputs."""
        found: Output[Any] = self.__dict__[to_camel(name)]
        return found


def construct_verification(
    name: str, inputs: ComponentInputs, options: ResourceOptions | None
) -> ConstructResult:
    """Make the component. Raises RunError."""
    faults = Faults(f"PrefetchVerification {name!r}")
    for required in ("completion", "urls"):
        check_names(inputs, VERIFICATION_INPUTS, required, faults)
    given = DEFAULTS | inputs.given
    completion = given.get("completion")
    if completion is not None and not isinstance(completion, GivenCompletion):
        faults.add("completion must be a PrefetchCompletion of this provider")
    for model in (RecordInputs, GateInputs):
        known = {n: given[n] for n in DEFAULTS if n in model.model_fields}
        faults.add(*(r for n, r in wrong_properties(model, known) if n in known))
    with error_prefix(f"{faults.owner}: "):
        urls: UrlSource | None = faults.read(partial(_urls, given.get("urls")))
    faults.refuse()
    verification = ComponentResource(VERIFICATION, name, None, options)
    if inputs.unknown or completion is None or urls is None:
        return result(verification, dict.fromkeys(VERIFICATION_OUTPUTS, unknown()))
    opts = ResourceOptions(parent=verification, depends_on=inputs.dependencies)
    plan = Output.all(completion.plan, completion.until).apply(_finished_plan)
    record = _Part(
        RECORD,
        name,
        RECORD_NAMES,
        {
            "plan": plan,
            "starts": completion.starts,
            "urls": urls.listed(),
            "sample": given["sample"],
            "seed": given["seed"],
            "triggers": given.get("triggers"),
        },
        opts,
    )
    seen = {each: record.output(each) for each in ("plan", "starts", *_FIGURES)}
    gate = _Part(GATE, name, GATE_NAMES, seen | {"minimum": given["minimum"]}, opts)
    return result(
        verification, {each: gate.output(each) for each in VERIFICATION_OUTPUTS}
    )


_FIGURES = tuple(Figures.model_fields)


def _urls(given: Any) -> UrlSource | None:
    if given is None:  # that it is missing has been said
        return None
    return UrlSource.of_one(urls=given, url_file=None, oss_url=None)


def _finished_plan(known: Any) -> Any:
    plan, until = known
    if until != "finished":
        raise RunError(
            "the completion waits only until the plan runs: give one that waits until it has finished"
        )
    return plan
