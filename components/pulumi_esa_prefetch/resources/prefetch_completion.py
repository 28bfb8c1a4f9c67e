"""PrefetchCompletion: waits until a plan has finished, or runs; changes no plan and no plan's state."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, overload

from pulumi import ComponentResource, Input, Output, ResourceOptions
from pulumi.dynamic import Resource

from pulumi_esa_prefetch.provider.completion import Recorder
from pulumi_esa_prefetch.resources.arguments import Faults, arguments
from pulumi_esa_prefetch.resources.completion_polling import (
    Until,
    program_waiter,
    wait_unless_preview,
    wrong_wait,
)
from pulumi_esa_prefetch.resources.scheduled_prefetch import ScheduledPrefetch


@dataclass(frozen=True, kw_only=True)
class PrefetchCompletionArgs:
    """The arguments of a `PrefetchCompletion`, as one value.

    :param plan: The `ScheduledPrefetch` to wait for. Required.
    :param until: ``"finished"``, or ``"running"``, which a finished plan has been too. Default: ``"finished"``.
    :param timeout: The most seconds to wait, above 0. Default: 3600.

    Example::

        from pulumi_esa_prefetch import (
            PrefetchCompletion,
            PrefetchCompletionArgs,
            ScheduledPrefetch,
        )

        launch = ScheduledPrefetch("launch", plan_id="665d3b48621bccf3fe29e1a7")
        running = PrefetchCompletion(
            "running", PrefetchCompletionArgs(plan=launch, until="running")
        )
    """

    plan: ScheduledPrefetch
    until: Until = "finished"
    timeout: float = 3600.0


class PrefetchCompletion(ComponentResource):
    """Waits, while the program runs, until a plan has finished, or runs.

    A resource that must wait too names this one in its ``depends_on``. A preview does not wait. If the plan
    fails, is stopped or is deleted, or if ``timeout`` passes, the deployment fails with one sentence; the
    state of the plan's own resource does not change.

    Every ``up`` waits again until the plan's state says ``finished``; ``refresh`` updates that state. So if a
    plan is deleted in ESA before that, the next ``up`` fails: remove its declaration and this one. A program
    cannot see which operation runs it: ``refresh --run-program`` and ``destroy --run-program`` wait as
    ``up`` does.

    Raises RunError, which names everything that is wrong and the program's line, if an argument is wrong or has
    an unknown name.

    :param plan: The `ScheduledPrefetch` to wait for. Required.
    :param until: ``"finished"``, or ``"running"``, which a finished plan has been too. Default: ``"finished"``.
    :param timeout: The most seconds to wait, above 0. Default: 3600.

    Example::

        import pulumi
        from pulumi_esa_prefetch import PrefetchCompletion, ScheduledPrefetch

        launch = ScheduledPrefetch("launch", plan_id="665d3b48621bccf3fe29e1a7")
        launched = PrefetchCompletion("launched", plan=launch, timeout=600)
        after = ScheduledPrefetch(
            "after",
            plan_id="665d3b48621bccf3fe29e1a8",
            opts=pulumi.ResourceOptions(depends_on=launched),
        )
    """

    status: Output[str]
    """The plan's status at the end of the wait."""
    plan: Output[str]
    """The plan's id, `<job_id>:<plan_id>`."""
    starts: Output[int]
    """How often the plan's resource has started it."""

    @overload
    def __init__(
        self,
        resource_name: str,
        args: PrefetchCompletionArgs,
        opts: ResourceOptions | None = None,
    ) -> None: ...

    @overload
    def __init__(
        self,
        resource_name: str,
        *,
        opts: ResourceOptions | None = None,
        plan: ScheduledPrefetch,
        until: Until = "finished",
        timeout: float = 3600.0,
    ) -> None: ...

    def __init__(
        self,
        resource_name: str,
        args: PrefetchCompletionArgs | None = None,
        opts: ResourceOptions | None = None,
        **waiting: Any,
    ) -> None:
        """Wait for a plan, by ``PrefetchCompletionArgs`` or by keywords of the same names."""
        faults = Faults.of(self, resource_name)
        args = arguments(PrefetchCompletionArgs, args, waiting, opts, faults)
        faults.add(*_wrong(args))
        faults.refuse()
        super().__init__(
            "esa-prefetch:index:PrefetchCompletion", resource_name, None, opts
        )
        plan = args.plan
        # Not `plan.id`: a preview does not know it for a plan that is only read.
        self.plan = Output.concat(plan.job_id, ":", plan.plan_id)
        self.starts = plan.starts
        self.until = args.until
        self.status = Output.all(
            job_id=plan.job_id, plan_id=plan.plan_id, status=plan.status
        ).apply(
            lambda known: wait_unless_preview(
                known, args.until, args.timeout, program_waiter, resource_name
            )
        )
        _Record(
            resource_name,
            plan=self.plan,
            until=args.until,
            starts=self.starts,
            reached=self.status.apply(lambda _: args.until),
            opts=ResourceOptions(parent=self),
        )
        self.register_outputs({})


class _Record(Resource, module="esa", name="PrefetchCompletionRecord"):
    """The dynamic resource under the component: it makes what depends on the component wait."""

    def __init__(
        self, resource_name: str, opts: ResourceOptions, **waited_for: Input[Any]
    ) -> None:
        super().__init__(Recorder(), resource_name, waited_for, opts)


def _wrong(args: PrefetchCompletionArgs) -> Iterator[str]:
    """Report each argument of a wrong type or value."""
    plan: object = args.plan
    if plan is not None and not isinstance(plan, ScheduledPrefetch):
        yield f"plan is of type {type(plan).__name__}, not ScheduledPrefetch"
    yield from wrong_wait(args.until, args.timeout)
