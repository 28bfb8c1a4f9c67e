"""What a program may ask for and only the pulumi CLI has: each ends the run with one sentence; registers nothing."""

from collections.abc import Callable
from typing import Any, NoReturn

import grpc
from pulumi.runtime.proto import resource_pb2_grpc

from pulumi_esa_prefetch.engine.defaults import NoDefaultProvider
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.inbox import Closed, Inbox


class Lacks(EngineError):
    """The sentence for something that the program uses and this engine does not have."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"the program uses {what}, which this engine does not have: run it with "
            "the pulumi CLI"
        )


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

    def RegisterStackTransform(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> NoReturn:
        """Transforms of all resources."""
        del request
        self.refuse(context, Lacks("transforms"))

    def RegisterStackInvokeTransform(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> NoReturn:
        """Transforms of all invokes."""
        del request
        self.refuse(context, Lacks("invoke transforms"))

    def RegisterResourceHook(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> NoReturn:
        """Functions to be called around steps."""
        self.refuse(context, Lacks(f"the resource hook '{request.name}'"))

    def RegisterErrorHook(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> NoReturn:
        """Functions to be called after failures."""
        self.refuse(context, Lacks(f"the error hook '{request.name}'"))

    def RegisterPackage(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> NoReturn:
        """Providers with parameters."""
        what = f"the provider '{request.name}' with parameters"
        self.refuse(context, Lacks(what))

    def Call(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> NoReturn:
        """Methods of resources."""
        self.refuse(context, Lacks(f"the method {request.tok}"))

    def ExistsResource(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> NoReturn:
        """Whether a provider knows an object."""
        what = f"a look-up whether {request.type} '{request.id}' exists"
        self.refuse(context, Lacks(what))


def abort(context: grpc.ServicerContext, error: EngineError) -> NoReturn:
    """Answer a call with an error."""
    over = isinstance(error, Closed)
    code = grpc.StatusCode.UNAVAILABLE if over else grpc.StatusCode.UNKNOWN
    context.abort(code, str(error))
    raise AssertionError  # abort raises
