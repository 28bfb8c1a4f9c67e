"""ScheduledPrefetch: one prefetch plan that should be running, or stopped; talks to no API itself."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, overload

from pulumi import Input, Output, ResourceOptions, RunError
from pulumi.dynamic import Resource

from pulumi_esa_prefetch.provider.hooks import PlanProvider
from pulumi_esa_prefetch.resources.arguments import arguments
from pulumi_esa_prefetch.resources.duplicates import note_declaration

_ESA_SAYS = (
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
    """What a program declares about one plan."""

    plan_id: Input[str]
    """The plan: 24 hex digits, or ``<job_id>:<plan_id>``, the id of a ScheduledPreloadExecution."""
    job_id: Input[str] | None = None
    """The plan's job, 24 hex digits. Without it the plan cannot be looked at before it is started."""
    desired_state: Input[Literal["running", "stopped"]] | None = None
    """``running`` (default) or ``stopped``."""
    triggers: Input[Mapping[str, Any]] | None = None
    """Any values: one added, removed or changed runs the plan again."""
    rerun: Input[Literal["from_start", "resume"]] | None = None
    """Where ``triggers`` run the plan from: the job's first URL (default), or where it is."""
    on_destroy: Input[Literal["stop", "leave", "delete"]] | None = None
    """What becomes of the plan when it is declared no more: ``stop`` (default), ``leave``, ``delete``."""
    restart_failed: Input[bool] | None = None
    """Start a failed plan again (default true)."""
    restart_finished: Input[bool] | None = None
    """Start a finished plan again when it is declared for the first time (default false)."""


class ScheduledPrefetch(Resource, module="esa", name="ScheduledPrefetch"):
    """Keeps a prefetch plan (in the API: execution) running, or stopped.

    Creating it starts the plan if it is not running or waiting; destroying it stops the plan, as
    ``on_destroy`` says. The plan itself must exist.
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
    interval: Output[int]
    """Seconds between two batches."""
    slice_len: Output[int]
    """URLs per batch."""
    ali_uid: Output[str]
    """The account that owns the plan."""
    request_id: Output[str]
    """ESA's id of the Start or Stop that this resource made last; empty if it made none."""
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
        job_id: Input[str] | None = None,
        desired_state: Input[Literal["running", "stopped"]] | None = None,
        triggers: Input[Mapping[str, Any]] | None = None,
        rerun: Input[Literal["from_start", "resume"]] | None = None,
        on_destroy: Input[Literal["stop", "leave", "delete"]] | None = None,
        restart_failed: Input[bool] | None = None,
        restart_finished: Input[bool] | None = None,
    ) -> None: ...

    def __init__(
        self,
        resource_name: str,
        args: ScheduledPrefetchArgs | None = None,
        opts: ResourceOptions | None = None,
        **declared: Any,
    ) -> None:
        """Declare a plan, by ``ScheduledPrefetchArgs`` or by keywords of the same names.

        Raises RunError, one sentence, if it is by both, or a name is wrong, or ``plan_id`` is missing,
        or the plan is declared by another name already, or ``opts`` say ``import_``.
        """
        owner = f"ScheduledPrefetch {resource_name!r}"
        if opts is not None and opts.import_:
            raise RunError(
                f"{owner}: Pulumi cannot import a dynamic resource; leave import_ out and declare the "
                "plan: create adopts it as it is"
            )
        args = arguments(ScheduledPrefetchArgs, owner, args, declared)
        if opts is None or opts.id is None:
            note_declaration(resource_name, args.plan_id)
        super().__init__(
            PlanProvider(), resource_name, dict.fromkeys(_ESA_SAYS) | vars(args), opts
        )

    @staticmethod
    def get(
        resource_name: str,
        id: Input[str],  # noqa: A002 -- the name that every resource's get has
        opts: ResourceOptions | None = None,
    ) -> "ScheduledPrefetch":
        """Read a plan that somebody else runs, by ``<job_id>:<plan_id>``; it is never changed.

        It has what ESA says of it: ``plan_id``, ``job_id``, ``status``, ``start_time``, ``end_time``,
        ``interval``, ``slice_len``, ``ali_uid``. What is declared and done elsewhere nobody here knows:
        ``desired_state``, ``triggers``, ``rerun``, ``on_destroy`` and ``restart_*`` are None,
        ``request_id`` is empty, ``starts`` is 0.
        """
        opts = ResourceOptions.merge(opts, ResourceOptions(id=id))
        return ScheduledPrefetch(resource_name, opts=opts, plan_id=id)
