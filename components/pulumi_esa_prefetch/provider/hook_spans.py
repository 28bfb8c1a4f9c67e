"""The span of a hook: the server's side of the engine's gRPC call, and the plan that it is about."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import wraps
from typing import Concatenate, Final, ParamSpec, TypeVar

from pulumi_esa_prefetch.api.ids import object_id
from pulumi_esa_prefetch.provider.messages import Request, running_request
from pulumi_esa_prefetch.tracing.spans import Span, describe, span

HOOKS: Final = frozenset(
    {"Check", "Diff", "Create", "Read", "Update", "Delete", "Construct", "Invoke"}
)
"""The calls that have a span."""
_SERVICE: Final = "pulumirpc.ResourceProvider"

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")


def hook_span(method: str, request: Request) -> AbstractContextManager[Span | None]:
    """A span around a call of the provider, as a child of the engine's span; none around other calls."""
    if method not in HOOKS:
        return nullcontext()
    return span(
        f"{_SERVICE}/{method}",
        {
            "rpc.system": "grpc",
            "rpc.service": _SERVICE,
            "rpc.method": method,
            "pulumi.urn": request.urn,
        },
        kind="server",
        parent=request.trace,
    )


def traced(
    hook: Callable[Concatenate[S, P], R],
) -> Callable[Concatenate[S, P], R]:
    """A hook of the dynamic host with a span."""

    @wraps(hook)
    def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
        with hook_span(hook.__name__.capitalize(), running_request()):
            return hook(self, *args, **kwargs)

    return run


def about_plan(job_id: str | None, plan_id: str | None) -> None:
    """Name the plan in the span of the running hook."""
    describe({"esa.job_id": object_id(job_id), "esa.plan_id": object_id(plan_id)})
