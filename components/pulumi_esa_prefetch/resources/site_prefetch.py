"""SitePrefetch: a component of a job, its plans and a PrefetchCampaign that runs them; calls no API."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, overload

from pulumi import (
    ComponentResource,
    CustomResource,
    Input,
    Output,
    Resource,
    ResourceOptions,
    RunError,
    log,
)

from pulumi_esa_prefetch.resources.arguments import Faults, arguments
from pulumi_esa_prefetch.resources.input_mapping import error_prefix, map_input
from pulumi_esa_prefetch.resources.plan_arguments import wrong_plan_arguments
from pulumi_esa_prefetch.resources.prefetch_campaign import (
    PrefetchCampaign,
    PrefetchCampaignArgs,
)
from pulumi_esa_prefetch.resources.prefetch_window import PrefetchWindow
from pulumi_esa_prefetch.resources.property_values import checked_later, wrong_values
from pulumi_esa_prefetch.resources.scheduled_prefetch import ScheduledPrefetchArgs
from pulumi_esa_prefetch.resources.site_purge import SitePurge, wrong_purge
from pulumi_esa_prefetch.resources.url_source import UrlSource

if TYPE_CHECKING:
    from pulumi_alicloud.esa import (
        ScheduledPreloadExecution,
        ScheduledPreloadJob,
        Site,
    )


_PLAN_ARGUMENTS = ("triggers", "desired_state", "rerun", "restart_failed")


@dataclass(frozen=True, kw_only=True)
class SitePrefetchArgs:
    """The arguments of a `SitePrefetch`, as one value.

    :param site: The site: its id, or the ``alicloud.esa.Site``. Required.
    :param windows: Name -> `PrefetchWindow`, or a mapping of its arguments. Each window is one plan of the job.
        Required.
    :param urls: The URLs. Exactly one of ``urls``, ``url_file``, ``oss_url`` and ``sitemap`` is
        required.
    :param url_file: A file on this machine with one URL per line, 64 MiB at most. Default: none.
    :param oss_url: The URL of an OSS object with one URL per line; ESA reads it when the job is created.
        Default: none.
    :param sitemap: A sitemap, or an index of sitemaps, as a URL or as a file on this machine; read whenever the
        program runs. Default: none.
    :param job_name: The job's name in ESA. Default: the resource's name at the time when the job is created.
    :param triggers: Any JSON values, by name, beside URLs and windows; a number beyond 2**53 as a string. A value
        that is added, removed or changed runs all plans again. Default: none.
    :param desired_state: ``"running"`` or ``"stopped"``. Default: ``"running"``.
    :param rerun: Where a plan that runs again begins: ``"from_start"``, the job's first URL, or ``"resume"``, the
        URL that the job has reached. Default: ``"from_start"``.
    :param restart_failed: Whether a failed plan is started again. Default: True.
    :param purge: ``"before"``: purge the URLs from the edge's cache before the plans start, once for each list of
        URLs and triggers; for windows that are open. Default: none.

    Example::

        from pulumi_esa_prefetch import SitePrefetch, SitePrefetchArgs

        args = SitePrefetchArgs(
            site=190007158391808,
            urls=["https://www.example.com/a.jpg", "https://www.example.com/b.jpg"],
            windows={"now": {"interval": 60, "slice_len": 10}},
        )
        sale = SitePrefetch("sale", args)
    """

    site: "Input[str] | Input[int] | Site"
    windows: Mapping[str, PrefetchWindow | Mapping[str, Any]]
    urls: Input[Sequence[Input[str]]] | None = None
    url_file: str | Path | None = None
    oss_url: Input[str] | None = None
    sitemap: str | Path | None = None
    job_name: Input[str] | None = None
    triggers: Input[Mapping[str, Any]] | None = None
    desired_state: Input[Literal["running", "stopped"]] | None = None
    rerun: Input[Literal["from_start", "resume"]] | None = None
    restart_failed: Input[bool] | None = None
    purge: Literal["before"] | None = None


class SitePrefetch(ComponentResource):
    """Creates a job of URLs and its plans in ESA, and keeps the plans running.

    Needs pulumi_alicloud: install the extra ``alicloud``. Changed URLs replace the job, and its plans with
    it. A changed window updates its plan and runs it again from the first URL. If another plan of the job
    runs then, a plan that waits runs from the URL that the job has reached, and any other plan is an error.

    URLs outside ASCII are percent-encoded, and a warning says so. ``job`` and ``executions`` (by the window's
    name) are the resources that it creates in ESA. Raises RunError, which names everything that is wrong and
    the program's line, if an argument is wrong or has an unknown name, or if ESA would refuse a URL.

    :param site: The site: its id, or the ``alicloud.esa.Site``. Required.
    :param windows: Name -> `PrefetchWindow`, or a mapping of its arguments. Each window is one plan of the job.
        Required.
    :param urls: The URLs. Exactly one of ``urls``, ``url_file``, ``oss_url`` and ``sitemap`` is
        required.
    :param url_file: A file on this machine with one URL per line, 64 MiB at most. Default: none.
    :param oss_url: The URL of an OSS object with one URL per line; ESA reads it when the job is created.
        Default: none.
    :param sitemap: A sitemap, or an index of sitemaps, as a URL or as a file on this machine; read whenever the
        program runs. Default: none.
    :param job_name: The job's name in ESA. Default: the resource's name at the time when the job is created.
    :param triggers: Any JSON values, by name, beside URLs and windows; a number beyond 2**53 as a string. A value
        that is added, removed or changed runs all plans again. Default: none.
    :param desired_state: ``"running"`` or ``"stopped"``. Default: ``"running"``.
    :param rerun: Where a plan that runs again begins: ``"from_start"``, the job's first URL, or ``"resume"``, the
        URL that the job has reached. Default: ``"from_start"``.
    :param restart_failed: Whether a failed plan is started again. Default: True.
    :param purge: ``"before"``: purge the URLs from the edge's cache before the plans start, once for each list of
        URLs and triggers; for windows that are open. Default: none.

    Example::

        from pulumi_esa_prefetch import PrefetchWindow, SitePrefetch

        sale = SitePrefetch(
            "sale",
            site="190007158391808",  # or an alicloud.esa.Site
            urls=["https://www.example.com/a.jpg"],  # or url_file=, oss_url= or sitemap=
            windows={
                "night": PrefetchWindow(
                    interval=60,
                    slice_len=10,
                    start_time="2030-11-11T00:00:00+08:00",
                    end_time="2030-11-11T06:00:00+08:00",
                )
            },
        )
    """

    # `job` and `executions` get their types in __init__: the SDK resolves the types of a class at run
    # time, and these come from an extra that may not be installed.
    campaign: PrefetchCampaign
    """Keeps the plans running; ``campaign.plans`` has them by the window's name."""
    job_id: Output[str]
    statuses: Output[Mapping[str, str]]
    """Window's name -> its plan's status when ESA was last asked."""
    window: Output[Mapping[str, str]]
    """``start`` and ``end`` of all windows, ISO 8601 in UTC; empty if one is open."""
    ready: Output[bool]
    """Whether every plan was as declared when ESA was last asked."""

    @overload
    def __init__(
        self,
        resource_name: str,
        args: SitePrefetchArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: ResourceOptions | None = None,
        site: "Input[str] | Input[int] | Site",
        windows: Mapping[str, PrefetchWindow | Mapping[str, Any]],
        urls: Input[Sequence[Input[str]]] | None = None,
        url_file: str | Path | None = None,
        oss_url: Input[str] | None = None,
        sitemap: str | Path | None = None,
        job_name: Input[str] | None = None,
        triggers: Input[Mapping[str, Any]] | None = None,
        desired_state: Input[Literal["running", "stopped"]] | None = None,
        rerun: Input[Literal["from_start", "resume"]] | None = None,
        restart_failed: Input[bool] | None = None,
        purge: Literal["before"] | None = None,
    ) -> None: ...

    def __init__(
        self,
        resource_name: str,
        args: SitePrefetchArgs | None = None,
        opts: ResourceOptions | None = None,
        **declared: Any,
    ) -> None:
        """Declare the job and its plans, by ``SitePrefetchArgs`` or by keywords of the same names."""
        faults = Faults.of(self, resource_name)
        args = arguments(SitePrefetchArgs, args, declared, opts, faults)
        own = {name: getattr(args, name) for name in _PLAN_ARGUMENTS}
        faults.add(*wrong_values(args.job_name, "job_name"), *wrong_plan_arguments(own))
        with error_prefix(f"{faults.owner}: "):
            site_id = faults.read(partial(_site_id, args.site))
            urls: UrlSource = faults.read(partial(_urls, args))
            windows = _windows(args.windows, faults)
            own = checked_later(own, "")
        conditions = _purge_conditions(own, windows)
        faults.add(*wrong_purge(args.purge, urls, conditions, datetime.now(UTC)))
        faults.refuse()
        make = _resources()
        super().__init__("esa-prefetch:index:SitePrefetch", resource_name, None, opts)
        self.url_source = urls
        map_input(urls.note, partial(_warn, self, resource_name))
        self.job: ScheduledPreloadJob = make.preload_job(
            resource_name,
            self,
            site_id=site_id,
            job_name=args.job_name,
            urls=urls,
        )
        shared = _triggers(own, urls)
        purge = (
            SitePurge(
                resource_name,
                ResourceOptions(parent=self),
                site_id=site_id,
                job_id=self.job.scheduled_preload_job_id,
                urls=urls.content,
                triggers=shared,
                **conditions,
            )
            if args.purge is not None and windows
            else None
        )
        # If an up leaves the purge out (--target), no plan runs for the new triggers either.
        triggers = purge.triggers if purge else shared
        # A plan without a start may begin when it is created, so it is created after the purge.
        self.executions: Mapping[str, ScheduledPreloadExecution] = {
            name: make.preload_execution(
                f"{resource_name}-{name}",
                self,
                job=self.job,
                window=window.esa,
                after=[purge] if purge else [],
            )
            for name, window in windows.items()
        }
        self.campaign = PrefetchCampaign(
            resource_name,
            PrefetchCampaignArgs(
                plans={
                    name: _plan(execution, own, triggers, windows[name])
                    for name, execution in self.executions.items()
                }
            ),
            ResourceOptions(parent=self),
        )
        self.job_id = self.job.scheduled_preload_job_id
        self.statuses = self.campaign.statuses
        self.window = self.campaign.window
        self.ready = self.campaign.ready
        self.register_outputs(
            {
                "job_id": self.job_id,
                "statuses": self.statuses,
                "window": self.window,
                "ready": self.ready,
            }
        )


@dataclass(frozen=True)
class _Window:
    """A window in two notations: for ESA and for triggers."""

    esa: Mapping[str, Input[Any]]
    triggers: Mapping[str, Input[Any]]


def _urls(args: SitePrefetchArgs) -> UrlSource:
    return UrlSource.of_one(
        urls=args.urls,
        url_file=args.url_file,
        oss_url=args.oss_url,
        sitemap=args.sitemap,
    )


def _warn(resource: Resource, resource_name: str, note: str) -> None:
    if note:
        # A summary of a preview shows the text alone, so it names the resource.
        log.warn(f"SitePrefetch {resource_name!r}: {note}", resource)


def _windows(given: object, faults: Faults) -> dict[str, _Window]:
    if not isinstance(given, Mapping):
        if given is not None:  # that it is missing has been said
            faults.add("windows must be a mapping from names to windows")
        return {}
    faults.add(
        *(
            f"windows has a key of type {type(name).__name__}: make it a string"
            for name in given
            if not isinstance(name, str)
        )
    )
    return {
        str(name): faults.read(partial(_window, name, declared))
        for name, declared in given.items()
    }


def _window(name: str, declared: Any) -> _Window:
    with error_prefix(f"windows.{name}: "):
        window = PrefetchWindow.of(declared)
        pace = {"interval": window.interval, "slice_len": window.slice_len}
        if wrong := list(wrong_values(pace, "")):
            raise RunError("; ".join(wrong))
        return _Window(window.for_esa(), window.for_triggers())


def _plan(
    execution: "ScheduledPreloadExecution",
    own: Mapping[str, Any],
    triggers: Input[Mapping[str, Any]],
    window: _Window,
) -> ScheduledPrefetchArgs:
    return ScheduledPrefetchArgs(
        plan_id=execution.id,
        triggers=_with_window(triggers, window.triggers),
        desired_state=own["desired_state"],
        rerun=own["rerun"],
        restart_failed=own["restart_failed"],
        # The execution is deleted right afterwards in any case: until then a plan that waits could
        # start.
        on_destroy="delete",
    )


def _triggers(own: Mapping[str, Any], urls: UrlSource) -> dict[str, Input[Any]]:
    """What runs every plan again, beside its window; the keys are in the state of every stack."""
    triggers: dict[str, Input[Any]] = {"urls": urls.for_triggers()}
    if own["triggers"] is not None:
        triggers["triggers"] = own["triggers"]
    return triggers


def _with_window(
    triggers: Input[Mapping[str, Any]], window: Mapping[str, Input[Any]]
) -> Input[Mapping[str, Any]]:
    if isinstance(triggers, Mapping):
        return {**triggers, "window": window}
    both = Output.all(triggers=triggers, window=window)
    return both.apply(lambda known: {**known["triggers"], "window": known["window"]})


def _purge_conditions(
    own: Mapping[str, Any] | None, windows: Mapping[str, _Window | None]
) -> dict[str, Any]:
    """What must be so that the plans run at once, as far as it is declared, from the first URL."""
    given = own or {}
    declared = {name: given.get(name) for name in ("desired_state", "rerun")}
    known = {name: window.triggers for name, window in windows.items() if window}
    conditions = {name: value for name, value in declared.items() if value is not None}
    return conditions | {"windows": known}


def _site_id(site: "Input[str] | Input[int] | Site | None") -> Input[str]:
    if site is None:
        return ""  # that it is missing has been said
    known: Any = site.id if isinstance(site, CustomResource) else site
    return map_input(known, _id_text)


def _id_text(site: object) -> str:
    """The id as ESA expects it; an output of another stack holds every number as a float."""
    if not isinstance(site, str | int | float):
        raise RunError(
            f"site is of type {type(site).__name__}: pass a site's id or an alicloud.esa.Site"
        )
    if not isinstance(site, float):
        return str(site)
    if not site.is_integer():
        raise RunError(f"site must be a site's id: {site} is not a whole number")
    return str(int(site))


def _resources() -> Any:
    try:
        from pulumi_esa_prefetch.resources import site_resources  # noqa: PLC0415 -- an extra
    except ModuleNotFoundError as error:
        if (error.name or "").partition(".")[0] != "pulumi_alicloud":
            raise
        raise RunError(
            "SitePrefetch needs pulumi_alicloud: pip install 'pulumi-esa-prefetch[alicloud]'"
        ) from None
    return site_resources
