"""The span of a hook: the server's side of the engine's gRPC call, and the plan that it is about."""

from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Final, ParamSpec, TypeVar

from pulumi_esa_prefetch.tracing.spans import Span, describe, span

HOOKS: Final = frozenset(
    {"Check", "Diff", "Create", "Read", "Update", "Delete", "Construct", "Invoke"}
)
"""The calls that have a span."""
_SERVICE: Final = "pulumirpc.ResourceProvider"

S = TypeVar("S")
P = ParamSpec("P")
R = TypeVar("R")


@dataclass(frozen=True)
class Request:
    """What an engine's request says of itself; ``trace``: the trace context of its caller (``traceparent``)."""

    urn: str = ""
    trace: str = ""


def trace_context(context: Any) -> str:
    """The caller's trace context in the metadata of a gRPC call; empty if it has none."""
    read = getattr(context, "invocation_metadata", None)
    found = dict(read() or ()) if callable(read) else {}
    trace = found.get("traceparent", "")
    return trace if isinstance(trace, str) else ""


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
    running_request: Callable[[], Request],
) -> Callable[[Callable[Concatenate[S, P], R]], Callable[Concatenate[S, P], R]]:
    """A hook of the dynamic host with a span; ``running_request``: looks for the request some frames above."""

    def with_span(
        hook: Callable[Concatenate[S, P], R],
    ) -> Callable[Concatenate[S, P], R]:
        @wraps(hook)
        def run(self: S, /, *args: P.args, **kwargs: P.kwargs) -> R:
            with hook_span(hook.__name__.capitalize(), running_request()):
                return hook(self, *args, **kwargs)

        return run

    return with_span


def about_plan(job_id: str | None, plan_id: str | None) -> None:
    """Name the plan in the span of the running hook."""
    describe({"esa.job_id": job_id, "esa.plan_id": plan_id})
