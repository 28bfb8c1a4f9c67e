"""Program features that only the pulumi CLI supports: each ends the run with one sentence; registers nothing."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

import grpc
from pulumi.runtime.proto import resource_pb2_grpc

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.program.default_providers import DefaultProviderDisabled
from pulumi_embedded_engine.program.event_queue import EventQueue, QueueClosed


class UnsupportedFeature(EngineError):
    """The program uses a feature that this engine does not support."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the program uses {what}, which this engine does not have: run it with "
            "the pulumi CLI"
        )


_UNSUPPORTED: Final[Mapping[str, Callable[[Any], str]]] = {
    "RegisterStackTransform": lambda _: "transforms",
    "RegisterStackInvokeTransform": lambda _: "invoke transforms",
    "RegisterResourceHook": lambda asked: f"the resource hook '{asked.name}'",
    "RegisterErrorHook": lambda asked: f"the error hook '{asked.name}'",
    "RegisterPackage": lambda asked: f"the provider '{asked.name}' with parameters",
    "Call": lambda asked: f"the method {asked.tok}",
    "ExistsResource": lambda asked: (
        f"a look-up whether {asked.type} '{asked.id}' exists"
    ),
}


class UnsupportedCalls(resource_pb2_grpc.ResourceMonitorServicer):
    """The calls of the resource monitor that are not supported.

    Such a call ends the run, even if the program would handle the error. What was created before is recorded; after a
    preview nothing was, because the preview rejects the call first.
    """

    def __init__(
        self, event_queue: EventQueue, replace_traceback: Callable[[str], None]
    ) -> None:
        self._event_queue = event_queue
        self._replace_traceback = replace_traceback

    def reject(
        self, context: grpc.ServicerContext, error: EngineError, urn: str = ""
    ) -> NoReturn:
        """Answer with an error about that resource; one about an unsupported feature ends the run."""
        if isinstance(error, UnsupportedFeature | DefaultProviderDisabled):
            try:
                self._event_queue.reject(error, urn)
            except QueueClosed as closed:
                error = closed  # the program only learns that the run has ended
        self.fail_call(context, error)

    def fail_call(self, context: grpc.ServicerContext, error: EngineError) -> NoReturn:
        """Answer with an error; if it ends the program, it is shown once and without a traceback."""
        if not isinstance(error, QueueClosed):
            self._replace_traceback(str(error))
        abort_call(context, error)


def _rejecting(
    what: Callable[[Any], str],
) -> Callable[[UnsupportedCalls, Any, grpc.ServicerContext], NoReturn]:
    def method(
        self: UnsupportedCalls, request: Any, context: grpc.ServicerContext
    ) -> NoReturn:
        self.reject(context, UnsupportedFeature(what(request)))

    return method


for _name, _what in _UNSUPPORTED.items():
    setattr(UnsupportedCalls, _name, _rejecting(_what))


def abort_call(context: grpc.ServicerContext, error: EngineError) -> NoReturn:
    """Answer a call with an error."""
    over = isinstance(error, QueueClosed)
    code = grpc.StatusCode.UNAVAILABLE if over else grpc.StatusCode.UNKNOWN
    context.abort(code, str(error))
    raise AssertionError  # `context.abort` raises
