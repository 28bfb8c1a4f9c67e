"""ScheduledPrefetch: one prefetch plan that is kept running, or stopped; calls no API itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack, overload

from pulumi import Input, Output, ResourceOptions
from pulumi.dynamic import Resource

from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.resources.arguments import Faults, arguments
from pulumi_esa_prefetch.resources.duplicates import note_declaration
from pulumi_esa_prefetch.resources.input_mapping import error_prefix
from pulumi_esa_prefetch.resources.plan_arguments import wrong_plan_arguments
from pulumi_esa_prefetch.resources.property_values import (
    checked_later,
    is_later,
    wrong_values,
)

_OUTPUTS = (
    "status",
    "start_time",
    "end_time",
    "interval",
    "slice_len",
    "ali_uid",
    "request_id",
    "starts",
)


@dataclass(frozen=True, kw_only=True)
class ScheduledPrefetchArgs:
    """The arguments of a `ScheduledPrefetch`, as one value.

    :param plan_id: The plan, as its id (24 hex digits), or as ``<job_id>:<plan_id>``, which is the id of a
        ScheduledPreloadExecution of pulumi_alicloud. Required.
    :param job_id: The id of the plan's job (24 hex digits). Default: the one in ``plan_id``. Without either, the
        plan cannot be looked up before it is started.
    :param desired_state: ``"running"`` or ``"stopped"``. Default: ``"running"``.
    :param triggers: Any JSON values, by name; a number beyond 2**53 as a string. A value that is added, removed
        or changed runs the plan again. Default: none.
    :param rerun: Where ``triggers`` run the plan from: ``"from_start"``, the job's first URL, or ``"resume"``,
        the URL that the job has reached. Default: ``"from_start"``.
    :param on_destroy: What is done about the plan when it is no longer declared: ``"stop"`` it, ``"leave"`` it as
        it is, or ``"delete"`` it in ESA. Default: ``"stop"``.
    :param restart_failed: Whether a failed plan is started again. Default: True.
    :param restart_finished: Whether a finished plan is started when it is declared for the first time.
        Default: False.

    Example::

        from pulumi_esa_prefetch import ScheduledPrefetch, ScheduledPrefetchArgs

        args = ScheduledPrefetchArgs(
            plan_id="665d3b48621bccf3fe29e1a7",
            job_id="665d3af3621bccf3fe29e1a4",
            desired_state="stopped",
        )
        paused = ScheduledPrefetch("paused", args)
    """

    plan_id: Input[str]
    job_id: Input[str] | None = None
    desired_state: Input[Literal["running", "stopped"]] | None = None
    triggers: Input[Mapping[str, Any]] | None = None
    rerun: Input[Literal["from_start", "resume"]] | None = None
    on_destroy: Input[Literal["stop", "leave", "delete"]] | None = None
    restart_failed: Input[bool] | None = None
    restart_finished: Input[bool] | None = None


class _PlanOptions(TypedDict, total=False):
    """The arguments of a plan that may be left out, for keywords and mappings."""

    job_id: Input[str] | None
    desired_state: Input[Literal["running", "stopped"]] | None
    triggers: Input[Mapping[str, Any]] | None
    rerun: Input[Literal["from_start", "resume"]] | None
    on_destroy: Input[Literal["stop", "leave", "delete"]] | None
    restart_failed: Input[bool] | None
    restart_finished: Input[bool] | None


class ScheduledPrefetchArgsDict(_PlanOptions, total=False):
    """The arguments of a `ScheduledPrefetch` as a mapping, none of them required.

    Its keys, their units and their defaults are those of `ScheduledPrefetchArgs`: ``plan_id``, ``job_id``,
    ``desired_state``, ``triggers``, ``rerun``, ``on_destroy``, ``restart_failed``, ``restart_finished``.

    Example::

        from pulumi_esa_prefetch import PrefetchCampaign, ScheduledPrefetchArgsDict

        defaults: ScheduledPrefetchArgsDict = {
            "job_id": "665d3af3621bccf3fe29e1a4",
            "on_destroy": "leave",
        }
        launch = PrefetchCampaign(
            "launch",
            plans={"day-1": {"plan_id": "665d3b48621bccf3fe29e1a7"}},
            defaults=defaults,
        )
    """

    plan_id: Input[str]


class _PlanOutputs:
    """The outputs that are no numbers.

    Pulumi's SDK reads the annotations of a resource's own class anew for each resource, a twelfth of a program's
    time. Only for numbers does it need them there: it makes them integers.
    """

    plan_id: Output[str]
    job_id: Output[str]
    desired_state: Output[str]
    triggers: Output[Mapping[str, Any]]
    rerun: Output[str]
    on_destroy: Output[str]
    restart_failed: Output[bool]
    restart_finished: Output[bool]
    status: Output[str]
    """``waiting``, ``running``, ``finished``, ``failed`` or ``stopped``, when ESA was last asked."""
    start_time: Output[str]
    """The window's start, ISO 8601 in UTC; empty if the plan has none."""
    end_time: Output[str]
    """The window's end, ISO 8601 in UTC; empty if the plan has none."""
    ali_uid: Output[str]
    """The account that owns the plan."""
    request_id: Output[str]
    """ESA's id of the Start or Stop that this resource made last; empty if it made none."""


class ScheduledPrefetch(Resource, _PlanOutputs, module="esa", name="ScheduledPrefetch"):
    """Keeps a prefetch plan (in ESA's API: an execution) running, or stopped.

    The plan must exist in ESA. Creating this resource starts a plan that waits, is stopped or has failed;
    a plan that runs or has finished is only recorded. Deleting this resource stops the plan, or does what
    ``on_destroy`` says. The resource's id is ``<job_id>:<plan_id>``.

    :param plan_id: The plan, as its id (24 hex digits), or as ``<job_id>:<plan_id>``, which is the id of a
        ScheduledPreloadExecution of pulumi_alicloud. Required.
    :param job_id: The id of the plan's job (24 hex digits). Default: the one in ``plan_id``. Without either, the
        plan cannot be looked up before it is started.
    :param desired_state: ``"running"`` or ``"stopped"``. Default: ``"running"``.
    :param triggers: Any JSON values, by name; a number beyond 2**53 as a string. A value that is added, removed
        or changed runs the plan again. Default: none.
    :param rerun: Where ``triggers`` run the plan from: ``"from_start"``, the job's first URL, or ``"resume"``,
        the URL that the job has reached. Default: ``"from_start"``.
    :param on_destroy: What is done about the plan when it is no longer declared: ``"stop"`` it, ``"leave"`` it as
        it is, or ``"delete"`` it in ESA. Default: ``"stop"``.
    :param restart_failed: Whether a failed plan is started again. Default: True.
    :param restart_finished: Whether a finished plan is started when it is declared for the first time.
        Default: False.

    Example::

        from pulumi_esa_prefetch import ScheduledPrefetch

        launch = ScheduledPrefetch(
            "launch",
            plan_id="665d3b48621bccf3fe29e1a7",
            job_id="665d3af3621bccf3fe29e1a4",
            triggers={"release": "1.4.0"},  # another release runs the plan again
        )
    """

    interval: Output[int]
    """Seconds between two batches."""
    slice_len: Output[int]
    """URLs per batch."""
    starts: Output[int]
    """How often this resource has started the plan."""

    @overload
    def __init__(
        self,
        resource_name: str,
        args: ScheduledPrefetchArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: ResourceOptions | None = None,
        plan_id: Input[str],
        **options: Unpack[_PlanOptions],
    ) -> None:
        # Never runs. Editors on jedi, such as Jupyter's, do not read `Unpack`: they complete from this call.
        ScheduledPrefetchArgs(plan_id=plan_id, **options)  # pragma: no cover

    def __init__(
        self,
        resource_name: str,
        args: ScheduledPrefetchArgs | None = None,
        opts: ResourceOptions | None = None,
        **declared: Any,
    ) -> None:
        """Declare a plan, by ``ScheduledPrefetchArgs`` or by keywords of the same names.

        Raises RunError, which names everything that is wrong and the program's line, if both are given, if a
        name is unknown, if ``plan_id`` is missing, if Pulumi cannot carry a value to the provider (a date, a
        number beyond 2**53), if ``triggers`` are no mapping, if the plan is already declared under another name,
        or if ``opts`` has ``import_``. Any other wrong value is a failure of its property in Pulumi's check.
        """
        faults = Faults.of(self, resource_name)
        args = arguments(ScheduledPrefetchArgs, args, declared, opts, faults)
        given = vars(args)
        if opts is not None and getattr(opts, "import_", None):
            faults.add(
                "Pulumi cannot import a dynamic resource; leave import_ out and declare the plan: create "
                "adopts it as it is"
            )
        if faults.found or _has_wrong_triggers(args) or any(wrong_values(given, "")):
            faults.add(*wrong_plan_arguments(given))
        faults.refuse()
        if opts is None or opts.id is None:
            faults.read(lambda: note_declaration(resource_name, args.plan_id))
            faults.refuse()
        with error_prefix(f"{faults.owner}: "):
            props = dict.fromkeys(_OUTPUTS) | checked_later(given, "")
        super().__init__(PlanProvider(), resource_name, props, opts)

    @staticmethod
    def get(
        resource_name: str,
        id: Input[str],  # noqa: A002 -- the name that every resource's get has
        opts: ResourceOptions | None = None,
    ) -> "ScheduledPrefetch":
        """Read a plan that is declared elsewhere, by ``<job_id>:<plan_id>``; it is never changed.

        ``plan_id``, ``job_id``, ``status``, ``start_time``, ``end_time``, ``interval``, ``slice_len`` and
        ``ali_uid`` are those that ESA returned. The rest is known only where the plan is declared:
        ``desired_state``, ``triggers``, ``rerun``, ``on_destroy`` and ``restart_*`` are None, ``request_id``
        is empty, ``starts`` is 0.
        """
        opts = ResourceOptions.merge(opts, ResourceOptions(id=id))
        return ScheduledPrefetch(resource_name, opts=opts, plan_id=id)


def _has_wrong_triggers(args: ScheduledPrefetchArgs) -> bool:
    known = args.triggers
    return not (known is None or is_later(known) or isinstance(known, Mapping))
