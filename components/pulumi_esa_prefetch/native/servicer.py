# ruff: noqa: ARG002, N802 -- names and arguments are those of provider.proto
"""The provider's gRPC calls: reads requests, runs the hooks in threads, writes answers and errors.

The core is synchronous. Its hooks run in a pool of ``parallel`` threads, so that only the engine's own ``--parallel``
and ESA's quota limit how many plans are handled at once. Errors are one sentence: an exception that leaves a call
would be shown with its stack. Components are made by the SDK's servicer.
"""

import asyncio
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from typing import Any, NoReturn, TypeVar

import grpc
import grpc.aio
from google.protobuf import any_pb2, empty_pb2
from google.protobuf.struct_pb2 import Struct
from pulumi.provider.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, status_pb2

from pulumi_esa_prefetch.api.errors import LONGEST_SENTENCE
from pulumi_esa_prefetch.api.safe_text import one_line
from pulumi_esa_prefetch.native import configuration, functions
from pulumi_esa_prefetch.native.component_inputs import read_inputs
from pulumi_esa_prefetch.native.components import PACKAGE, Components
from pulumi_esa_prefetch.native.detailed_diff import Kind
from pulumi_esa_prefetch.native.plan_resource import RecordedInPart
from pulumi_esa_prefetch.native.property_names import sentence_in_schema
from pulumi_esa_prefetch.native.resource_types import hooks_of
from pulumi_esa_prefetch.native.schema import schema_text
from pulumi_esa_prefetch.native.struct_values import (
    as_secrets,
    keep_secrecy,
    keep_secrets,
    read_struct,
    seal,
    write_struct,
)
from pulumi_esa_prefetch.provider import messages
from pulumi_esa_prefetch.provider.errors import PrefetchError
from pulumi_esa_prefetch.provider.hook_call import HookCall
from pulumi_esa_prefetch.provider.resource_hooks import one_sentence
from pulumi_esa_prefetch.provider.session import ProviderSession, open_session

T = TypeVar("T")
Props = dict[str, Any]

_FIRST_THREADS = 4
"""Until the provider is configured."""
_MIXED = ("triggers", "attempted")
"""Outputs that may be those of the state or of the declaration."""
_DETAILS = "grpc-status-details-bin"


class _Running:
    """How many hooks run, counted by their threads."""

    def __init__(self) -> None:
        self.count = 0
        self._lock = threading.Lock()

    @contextmanager
    def one_more(self) -> Iterator[None]:
        """Count one more within the block."""
        with self._lock:
            self.count += 1
        try:
            yield
        finally:
            with self._lock:
                self.count -= 1


class NativeServicer(ProviderServicer):
    """One provider of one engine; a debugger may attach it to the next engine, which configures it anew."""

    def __init__(self, version: str, engine: str) -> None:
        components = Components(version, lambda: self._open)
        super().__init__(components, [], engine)
        self._version = version
        self._components = components
        self._reference = ""
        self._provider = ""
        self._session: ProviderSession | None = None
        self._pool = ThreadPoolExecutor(_FIRST_THREADS)
        self._running = _Running()
        self._interrupted = False

    @property
    def is_busy(self) -> bool:
        """Whether a hook runs."""
        return self._running.count > 0

    def interrupt(self) -> None:
        """Begin no call any more that changes something; what runs is finished and recorded."""
        self._interrupted = True
        self._components.cancel()
        if self._session is not None:
            self._session.interrupt()

    async def Attach(self, request: Any, context: Any) -> Any:
        """Belong to the engine that has attached this running provider (``PULUMI_DEBUG_PROVIDERS``)."""
        self.engine_address, self._interrupted = request.address, False
        self._session, self._provider = None, ""
        self._components.resume()
        messages.use_engine(request.address, sentence_in_schema)
        return empty_pb2.Empty()

    async def Cancel(self, request: Any, context: Any) -> Any:
        """Interrupt what runs."""
        self.interrupt()
        return empty_pb2.Empty()

    async def GetSchema(self, request: Any, context: Any) -> Any:
        """The package's schema."""
        return provider_pb2.GetSchemaResponse(schema=schema_text(self._version))

    async def CheckConfig(self, request: Any, context: Any) -> Any:
        """Name what is wrong with the provider's arguments, and record only its own."""
        args = read_struct(request.news)
        wrong = configuration.wrong_arguments(request.urn, args, os.environ)
        failures = (
            [provider_pb2.CheckFailure(property="", reason=wrong)] if wrong else []
        )
        names = configuration.kept_arguments(request.urn, args)
        kept = Struct(fields={name: request.news.fields[name] for name in names})
        inputs = as_secrets(kept, configuration.KEYS)
        return provider_pb2.CheckResponse(inputs=inputs, failures=failures)

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        """Other arguments never replace a resource: a plan is the same by any key and endpoint."""
        olds, news = read_struct(request.olds), read_struct(request.news)
        names = [n for n in sorted(olds | news) if olds.get(n) != news.get(n)]
        return provider_pb2.DiffResponse(changes=_changes(bool(names)), diffs=names)

    async def Configure(self, request: Any, context: Any) -> Any:
        """Read the settings, and open a session."""
        self._reference = f"{request.urn}::{request.id}"

        def configure() -> None:
            args = read_struct(request.args)
            if self._provider not in {"", request.urn}:
                raise PrefetchError(
                    "an attached plugin serves one provider of a stack: start another process for the other one"
                )
            self._provider = request.urn
            with one_sentence():
                config = configuration.read_configuration(request.urn, args, os.environ)
                self._session = open_session(
                    config.settings, config.limits, says_plans_at_exit=False
                )
            self._pool = ThreadPoolExecutor(config.parallel, "hook")

        await self._run(context, "", configure)
        if self._interrupted and self._session is not None:
            self._session.interrupt()
        return provider_pb2.ConfigureResponse(
            supportsPreview=True, acceptSecrets=True, acceptResources=True
        )

    async def Check(self, request: Any, context: Any) -> Any:
        """Check a resource's inputs."""
        olds, news = read_struct(request.olds), read_struct(request.news)
        checked = await self._run(
            context,
            request.urn,
            lambda: hooks_of(request.urn).check(self._open, olds, news),
        )
        failures = [
            provider_pb2.CheckFailure(property=name, reason=reason)
            for name, reason in checked.failures
        ]
        inputs = keep_secrets(write_struct(checked.props), request.news)
        return provider_pb2.CheckResponse(inputs=inputs, failures=failures)

    async def Diff(self, request: Any, context: Any) -> Any:
        """Compare a resource's inputs with the state, by property."""
        olds, news = read_struct(request.olds), read_struct(request.news)
        old_inputs = read_struct(request.old_inputs)
        found = await self._run(
            context,
            request.urn,
            lambda: hooks_of(request.urn).diff(
                self._open, request.id, olds, old_inputs, news
            ),
        )
        return provider_pb2.DiffResponse(
            changes=_changes(found.changes),
            replaces=["planId"] if found.replaces else [],
            deleteBeforeReplace=found.replaces,
            diffs=sorted(
                {path.partition(".")[0].partition("[")[0] for path in found.properties}
            ),
            detailedDiff={
                path: provider_pb2.PropertyDiff(kind=_kind(kind), inputDiff=True)
                for path, kind in found.properties.items()
            },
            hasDetailedDiff=True,
        )

    async def Create(self, request: Any, context: Any) -> Any:
        """Create a resource's record, or preview it."""
        news = read_struct(request.properties)

        def create() -> tuple[str, Props]:
            hooks = hooks_of(request.urn)
            if request.preview:
                return "", hooks.preview_create(self._open, news)
            return hooks.create(self._hook(request.timeout), news)

        before = request.properties
        id_, outputs = await self._run(context, request.urn, create, before)
        after = keep_secrets(write_struct(outputs), before)
        return provider_pb2.CreateResponse(id=id_, properties=after)

    async def Read(self, request: Any, context: Any) -> Any:
        """Read a resource; an answer without an id is one that is gone."""
        props, inputs = read_struct(request.properties), read_struct(request.inputs)
        found = await self._run(
            context,
            request.urn,
            lambda: hooks_of(request.urn).read(
                self._hook(request.timeout), request.id, props, inputs
            ),
        )
        if found is None:
            return provider_pb2.ReadResponse()
        id_, outs, declared = found
        sealed = seal(write_struct(outs), _MIXED, request.properties)
        return provider_pb2.ReadResponse(
            id=id_,
            properties=keep_secrets(sealed, request.properties),
            inputs=keep_secrets(write_struct(declared), request.inputs),
        )

    async def Update(self, request: Any, context: Any) -> Any:
        """Update a resource, or preview it."""
        olds, news = read_struct(request.olds), read_struct(request.news)

        def update() -> Props:
            hooks = hooks_of(request.urn)
            if request.preview:
                return hooks.preview_update(self._open, request.id, olds, news)
            hook = self._hook(request.timeout)
            return hooks.update(hook, request.id, olds, news)

        sources = request.olds, request.news
        outputs = await self._run(context, request.urn, update, *sources)
        after = keep_secrets(write_struct(outputs), request.news)
        return provider_pb2.UpdateResponse(properties=after)

    async def Delete(self, request: Any, context: Any) -> Any:
        """Delete a resource; of a plan, do what ``onDestroy`` declares."""
        props = read_struct(request.properties)
        await self._run(
            context,
            request.urn,
            lambda: hooks_of(request.urn).delete(
                self._hook(request.timeout), request.id, props
            ),
        )
        return empty_pb2.Empty()

    async def Invoke(self, request: Any, context: Any) -> Any:
        """Call a function of the schema."""
        args = read_struct(request.args)
        answer = await self._run(
            context, "", lambda: functions.call(self._hook(0.0), request.tok, args)
        )
        failures = [
            provider_pb2.CheckFailure(property=name, reason=reason)
            for name, reason in answer.failures
        ]
        after = keep_secrecy(write_struct(answer.outputs), request.args)
        returned = {"return": after}  # a keyword of Python
        return provider_pb2.InvokeResponse(failures=failures, **returned)

    async def Construct(self, request: Any, context: Any) -> Any:
        """Make a component; it may wait, and changes nothing itself. Its plans belong to this provider."""
        request.providers.setdefault(PACKAGE, self._reference)
        try:
            return await self._construct(request, context)
        except Exception as error:  # noqa: BLE001 -- of the SDK, of the engine, or ours
            # an answer of the engine, or of nobody
            said = error.details() if isinstance(error, grpc.Call) else error
            await _abort(context, one_line(said, LONGEST_SENTENCE))

    @staticmethod
    async def _construct_inputs(inputs: Any, input_dependencies: Any) -> Any:
        return await read_inputs(inputs, input_dependencies)

    @property
    def _open(self) -> ProviderSession:
        if self._session is None:
            raise PrefetchError("the engine has not configured this provider")
        return self._session

    def _hook(self, timeout: float) -> HookCall:
        """One call of a hook; ``timeout``: the resource's own deadline in seconds, 0 for the configured one."""
        if self._open.interrupted.is_set():
            raise PrefetchError("not begun, as the run was interrupted")
        return HookCall(self._open, seconds=timeout or None)

    async def _run(
        self,
        context: Any,
        urn: str,
        hook: Callable[[], T],
        *sources: Struct,
    ) -> T:
        """The result of a hook, which runs in a thread; a failure ends the call in one sentence.

        ``sources``: whose secrets stay secret in what a failure records.
        """

        def run() -> T:
            # Counted here: a call whose engine is gone is cancelled, and its hook still runs.
            with self._running.one_more(), messages.about(urn), one_sentence():
                return hook()

        try:
            loop = asyncio.get_running_loop()
            # with the span around the call
            return await loop.run_in_executor(self._pool, copy_context().run, run)
        except RecordedInPart as failure:
            await _abort_in_part(context, failure, sources)
        except PrefetchError as error:
            await _abort(context, sentence_in_schema(str(error)))


def _kind(kind: Kind) -> Any:
    return kind.value


def _as_secret_as(sources: Sequence[Struct], props: Props) -> Struct:
    found = seal(write_struct(props), _MIXED, *sources)
    for source in sources:
        keep_secrets(found, source)
    return found


def _changes(differ: bool) -> Any:
    response = provider_pb2.DiffResponse
    return response.DIFF_SOME if differ else response.DIFF_NONE


async def _abort(context: Any, sentence: str) -> NoReturn:
    await context.abort(grpc.StatusCode.UNKNOWN, sentence)
    raise AssertionError(sentence)  # ``abort`` has raised


async def _abort_in_part(
    context: Any, failure: RecordedInPart, sources: Sequence[Struct]
) -> NoReturn:
    """Fail, and let the engine record what was done (``ErrorResourceInitFailed``)."""
    reason = sentence_in_schema(failure.reason)
    recorded = provider_pb2.ErrorResourceInitFailed(
        id=failure.id,
        properties=_as_secret_as(sources, failure.outputs),
        inputs=_as_secret_as(sources, failure.inputs),
        reasons=[reason],
    )
    detail = any_pb2.Any()
    detail.Pack(recorded)
    code = grpc.StatusCode.UNKNOWN
    status = status_pb2.Status(code=code.value[0], message=reason, details=[detail])
    await context.abort(code, reason, ((_DETAILS, status.SerializeToString()),))
    raise AssertionError(reason)  # ``abort`` has raised
