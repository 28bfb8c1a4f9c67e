"""PrefetchVerification: measures how warm the edge is after a plan has finished, and fails if it is not."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, overload

from pulumi import ComponentResource, Input, Output, ResourceOptions, RunError
from pulumi.dynamic import Resource

from pulumi_esa_prefetch.provider.verification.properties import (
    Figures,
    GateInputs,
    RecordInputs,
    wrong_properties,
)
from pulumi_esa_prefetch.provider.warmth_gate import WarmthGate
from pulumi_esa_prefetch.provider.warmth_record import WarmthRecorder
from pulumi_esa_prefetch.resources.arguments import Faults, arguments
from pulumi_esa_prefetch.resources.input_mapping import error_prefix
from pulumi_esa_prefetch.resources.plan_arguments import wrong_plan_arguments
from pulumi_esa_prefetch.resources.prefetch_completion import PrefetchCompletion
from pulumi_esa_prefetch.resources.property_values import checked_later
from pulumi_esa_prefetch.resources.site_prefetch import SitePrefetch
from pulumi_esa_prefetch.resources.url_source import UrlSource

Urls = Input[Sequence[Input[str]]] | SitePrefetch


@dataclass(frozen=True, kw_only=True)
class PrefetchVerificationArgs:
    """The arguments of a `PrefetchVerification`, as one value.

    :param completion: The `PrefetchCompletion` that waits until the plan has finished. Required.
    :param urls: The URLs that the plan has prefetched, or the `SitePrefetch` that has them. Required.
    :param sample: How many of the URLs are asked, 10000 at most. Default: 50.
    :param minimum: The least share of hits, from 0 to 1. Default: 0.9.
    :param seed: The seed of the sample. Default: 0.
    :param triggers: Any JSON values, by name. A value that is added, removed or changed measures again. Default: none.

    Example::

        from pulumi_esa_prefetch import (
            PrefetchCompletion,
            PrefetchVerification,
            PrefetchVerificationArgs,
            ScheduledPrefetch,
        )

        launch = ScheduledPrefetch("launch", plan_id="665d3b48621bccf3fe29e1a7")
        done = PrefetchCompletion("done", plan=launch)
        args = PrefetchVerificationArgs(
            completion=done, urls=["https://www.example.com/app.js"], minimum=0.95
        )
        warm = PrefetchVerification("warm", args)
    """

    completion: PrefetchCompletion
    urls: Urls
    sample: int = 50
    minimum: float = 0.9
    seed: int = 0
    triggers: Input[Mapping[str, Any]] | None = None


class PrefetchVerification(ComponentResource):
    """Asks the edge for a sample of a plan's URLs once the plan has finished, and fails if too few are in its cache.

    It asks once for each Start of the plan, and for changed ``urls``, ``sample``, ``seed`` or ``triggers``; it never
    asks for a URL twice, because the first request warms the edge itself. What it found is recorded. A share of hits
    below ``minimum`` fails the deployment in one sentence; the next ``up`` asks nothing and fails again. What must wait
    for a warm edge, such as a change of DNS, names this one in its ``depends_on``. A preview and a ``destroy`` ask
    nothing. One place on the network sees one edge location.

    Raises RunError, which names everything that is wrong and the program's line, if an argument is wrong or has
    an unknown name.

    :param completion: The `PrefetchCompletion` that waits until the plan has finished. Required.
    :param urls: The URLs that the plan has prefetched, or the `SitePrefetch` that has them. Required.
    :param sample: How many of the URLs are asked, 10000 at most. Default: 50.
    :param minimum: The least share of hits, from 0 to 1. Default: 0.9.
    :param seed: The seed of the sample. Default: 0.
    :param triggers: Any JSON values, by name. A value that is added, removed or changed measures again. Default: none.

    Example::

        from pulumi_esa_prefetch import (
            PrefetchCompletion,
            PrefetchVerification,
            ScheduledPrefetch,
        )

        urls = [f"https://www.example.com/app-{n}.js" for n in range(200)]
        launch = ScheduledPrefetch("launch", plan_id="665d3b48621bccf3fe29e1a7")
        done = PrefetchCompletion("done", plan=launch)
        warm = PrefetchVerification("warm", completion=done, urls=urls)
    """

    warm_ratio: Output[float]
    """The share of hits among the answers that count: all but DYNAMIC and BYPASS."""
    low: Output[float]
    """The lower end of the share's 95 % interval for the whole list."""
    high: Output[float]
    """The upper end."""
    checked: Output[int]
    """How many URLs have answered."""
    by_status: Output[Mapping[str, int]]
    """How many answers there were of each status."""

    @overload
    def __init__(
        self,
        resource_name: str,
        args: PrefetchVerificationArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: ResourceOptions | None = None,
        completion: PrefetchCompletion,
        urls: Urls,
        sample: int = 50,
        minimum: float = 0.9,
        seed: int = 0,
        triggers: Input[Mapping[str, Any]] | None = None,
    ) -> None: ...

    def __init__(
        self,
        resource_name: str,
        args: PrefetchVerificationArgs | None = None,
        opts: ResourceOptions | None = None,
        **declared: Any,
    ) -> None:
        """Verify a plan, by ``PrefetchVerificationArgs`` or by keywords of the same names."""
        faults = Faults.of(self, resource_name)
        args = arguments(PrefetchVerificationArgs, args, declared, opts, faults)
        faults.add(*_wrong(args))
        with error_prefix(f"{faults.owner}: "):
            urls = faults.read(partial(_urls, args.urls))
            triggers = checked_later(args.triggers, "triggers")
        faults.refuse()
        super().__init__(
            "esa-prefetch:index:PrefetchVerification", resource_name, None, opts
        )
        completion = args.completion
        record = _Record(
            resource_name,
            plan=completion.plan,
            starts=completion.starts,
            urls=urls,
            sample=args.sample,
            seed=args.seed,
            triggers=triggers,
            opts=ResourceOptions(parent=self, depends_on=[completion]),
        )
        gate = _Gate(
            resource_name,
            minimum=args.minimum,
            plan=record.plan,
            starts=record.starts,
            **{name: getattr(record, name) for name in Figures.model_fields},
            opts=ResourceOptions(parent=self),
        )
        # Of the gate: what takes one of them as input waits until the edge is verified.
        self.warm_ratio, self.low, self.high = gate.warm_ratio, gate.low, gate.high
        self.checked, self.by_status = gate.checked, gate.by_status
        self.register_outputs(
            {
                "warm_ratio": self.warm_ratio,
                "low": self.low,
                "high": self.high,
                "checked": self.checked,
                "by_status": self.by_status,
            }
        )


class _Measured(Resource):
    """The outputs of both resources."""

    plan: Output[str]
    starts: Output[int]
    warm_ratio: Output[float]
    low: Output[float]
    high: Output[float]
    checked: Output[int]
    wanted: Output[int]
    by_status: Output[Mapping[str, int]]
    population: Output[int]
    interrupted: Output[bool]


class _Record(_Measured, module="esa", name="PrefetchWarmthRecord"):
    """Measures; always succeeds."""

    def __init__(
        self, resource_name: str, opts: ResourceOptions, **inputs: Input[Any]
    ) -> None:
        outputs = dict.fromkeys(Figures.model_fields)
        super().__init__(WarmthRecorder(), resource_name, outputs | inputs, opts)


class _Gate(_Measured, module="esa", name="PrefetchWarmthGate"):
    """Fails for what the record has found."""

    def __init__(
        self, resource_name: str, opts: ResourceOptions, **inputs: Input[Any]
    ) -> None:
        super().__init__(WarmthGate(), resource_name, inputs, opts)


def _wrong(args: PrefetchVerificationArgs) -> Iterator[str]:
    """Report each argument of a wrong type or value."""
    completion: object = args.completion
    if isinstance(completion, PrefetchCompletion):
        if completion.until != "finished":
            yield "completion waits only until the plan runs: give one that waits until it has finished"
    elif completion is not None:
        yield f"completion is of type {type(completion).__name__}, not PrefetchCompletion"
    numbers = {"sample": args.sample, "seed": args.seed, "minimum": args.minimum}
    for model in (RecordInputs, GateInputs):
        for name, reason in wrong_properties(model, numbers):
            if name in numbers and name in model.model_fields:
                yield reason
    yield from wrong_plan_arguments({"triggers": args.triggers})


def _urls(urls: Urls | None) -> Input[Sequence[str]]:
    if urls is None:
        return []  # that it is missing has been said
    if not isinstance(urls, SitePrefetch):
        source = UrlSource.of_one(urls=urls, url_file=None, oss_url=None)
    elif urls.url_source.insert_way == "oss":
        raise RunError(
            "urls is a SitePrefetch with oss_url, whose list ESA alone reads: give the URLs themselves"
        )
    else:
        source = urls.url_source
    return source.listed()
