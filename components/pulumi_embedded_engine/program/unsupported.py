"""What a program may ask for and only the pulumi CLI has: each ends the run with one sentence; registers nothing."""

from collections.abc import Callable, Mapping
from typing import Any, Final, NoReturn

import grpc
from pulumi.runtime.proto import resource_pb2_grpc

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.program.default_providers import NoDefaultProvider
from pulumi_embedded_engine.program.event_queue import Closed, Inbox


class Lacks(EngineError):
    """The sentence for something that the program uses and this engine does not have."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the program uses {what}, which this engine does not have: run it with "
            "the pulumi CLI"
        )


_LACKED: Final[Mapping[str, Callable[[Any], str]]] = {
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


class Lacking(resource_pb2_grpc.ResourceMonitorServicer):
    """The part of the resource monitor that refuses.

    What is lacking stops the run, so that a program that goes on without it changes nothing. What was made before it
    is recorded; with a preview nothing was made, for the preview refuses first.
    """

    def __init__(self, inbox: Inbox, tell_alone: Callable[[str], None]) -> None:
        self._inbox = inbox
        self._tell_alone = tell_alone

    def refuse(
        self, context: grpc.ServicerContext, error: EngineError, urn: str = ""
    ) -> NoReturn:
        """Answer with an error about the resource with that URN; some end the run, as with the CLI."""
        if isinstance(error, Lacks | NoDefaultProvider):
            try:
                self._inbox.refuse(error, urn)
            except Closed as closed:
                error = closed  # the program hears only that all is over
        self.answer(context, error)

    def answer(self, context: grpc.ServicerContext, error: EngineError) -> NoReturn:
        """Answer with an error that is told once if it ends the program, and without a traceback."""
        if not isinstance(error, Closed):
            self._tell_alone(str(error))
        abort(context, error)


def _refusing(
    what: Callable[[Any], str],
) -> Callable[[Lacking, Any, grpc.ServicerContext], NoReturn]:
    def method(self: Lacking, request: Any, context: grpc.ServicerContext) -> NoReturn:
        self.refuse(context, Lacks(what(request)))

    return method


for _name, _what in _LACKED.items():
    setattr(Lacking, _name, _refusing(_what))


def abort(context: grpc.ServicerContext, error: EngineError) -> NoReturn:
    """Answer a call with an error."""
    over = isinstance(error, Closed)
    code = grpc.StatusCode.UNAVAILABLE if over else grpc.StatusCode.UNKNOWN
    context.abort(code, str(error))
    raise AssertionError  # abort raises
