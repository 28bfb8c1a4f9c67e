"""Pulumi's resource monitor: the gRPC service with which a program registers, reads and invokes; decides nothing."""

import threading
from collections.abc import Callable, Mapping
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2
from pulumi.runtime.proto import (
    provider_pb2,
    resource_pb2,
)

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.goals import Goal, ProgramEndedEvent, RegisterResult
from pulumi_embedded_engine.model.operation_context import (
    ORGANIZATION,
    OperationContext,
    OperationRequest,
)
from pulumi_embedded_engine.model.property_values import has_assets
from pulumi_embedded_engine.model.property_wire import read_struct, write_struct
from pulumi_embedded_engine.model.urns import (
    is_provider_type,
    make_urn,
    package_of,
    provider_urn,
    type_of,
)
from pulumi_embedded_engine.program.default_providers import DefaultProviders
from pulumi_embedded_engine.program.event_queue import EventQueue
from pulumi_embedded_engine.program.registration_requests import (
    goal_of,
    read_goal_of,
    unsupported_feature,
)
from pulumi_embedded_engine.program.unsupported_features import (
    UnsupportedCalls,
    UnsupportedFeature,
    abort_call,
)
from pulumi_embedded_engine.providers.provider import Provider

# The features that the engine supports, and those that it rejects itself: the SDK would show a traceback.
FEATURES: Final = {
    "secrets": resource_pb2.RESOURCE_MONITOR_FEATURE_SECRETS,
    "resourceReferences": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_REFERENCES,
    "outputValues": resource_pb2.RESOURCE_MONITOR_FEATURE_OUTPUT_VALUES,
    "aliasSpecs": resource_pb2.RESOURCE_MONITOR_FEATURE_ALIAS_SPECS,
    "replacementTrigger": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACEMENT_TRIGGER,
    "deletedWith": resource_pb2.RESOURCE_MONITOR_FEATURE_DELETED_WITH,
    "replaceWith": resource_pb2.RESOURCE_MONITOR_FEATURE_REPLACE_WITH,
    "transforms": resource_pb2.RESOURCE_MONITOR_FEATURE_TRANSFORMS,
    "invokeTransforms": resource_pb2.RESOURCE_MONITOR_FEATURE_INVOKE_TRANSFORMS,
    "parameterization": resource_pb2.RESOURCE_MONITOR_FEATURE_PARAMETERIZATION,
    "resourceHooks": resource_pb2.RESOURCE_MONITOR_FEATURE_RESOURCE_HOOKS,
    "errorHooks": resource_pb2.RESOURCE_MONITOR_FEATURE_ERROR_HOOKS,
    "stateMigrations": resource_pb2.RESOURCE_MONITOR_FEATURE_STATE_MIGRATIONS,
}
_RESULTS: Final[Mapping[str, Any]] = {
    "success": resource_pb2.SUCCESS,
    "fail": resource_pb2.FAIL,
    "skip": 2,  # in the protocol, but not in the SDK's copy of it
}


class _InvokeFailed(EngineError):
    """A provider function failed: the program may handle the error."""


class ResourceMonitor(UnsupportedCalls):
    """Handles the calls of the program; each call keeps its thread until its step has ended."""

    def __init__(
        self,
        operation: OperationContext,
        request: OperationRequest,
        event_queue: EventQueue,
        defaults: DefaultProviders,
        find_provider: Callable[[str], Provider | None],
        replace_traceback: Callable[[str], None],
    ) -> None:
        super().__init__(event_queue, replace_traceback)
        self._operation, self._request = operation, request
        self._defaults = defaults
        self._find_provider = find_provider
        self._goals: dict[str, Goal] = {}
        self._component_providers: dict[str, Mapping[str, str]] = {}
        self.finished = threading.Event()

    def GetDeploymentInfo(  # noqa: N802 - the protocol's name
        self, request: Any, context: Any
    ) -> resource_pb2.DeploymentInfo:
        """Return project, stack and configuration of the run."""
        del request, context
        config = self._operation.config
        return resource_pb2.DeploymentInfo(
            project=self._operation.project.name,
            stack=self._operation.stack,
            organization=ORGANIZATION,
            config={key: value.text for key, value in config.items()},
            configSecretKeys=[key for key, value in config.items() if value.secret],
            dryRun=self._request.dry_run,
            parallel=self._request.parallel,
            supportedFeatures=FEATURES.values(),
        )

    def SupportsFeature(  # noqa: N802 - the protocol's name
        self, request: resource_pb2.SupportsFeatureRequest, context: Any
    ) -> resource_pb2.SupportsFeatureResponse:
        """Answer for one feature (used by older SDKs)."""
        del context
        return resource_pb2.SupportsFeatureResponse(hasSupport=request.id in FEATURES)

    def RegisterResource(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> resource_pb2.RegisterResourceResponse:
        """Register one resource and wait until its step has ended."""
        try:
            return self._register(request)
        except EngineError as error:
            self.reject(context, error, self._urn_of(request))

    def ReadResource(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> resource_pb2.ReadResourceResponse:
        """Read one external resource."""
        try:
            provider = request.provider or self._default(request, request.type)
            goal = read_goal_of(request, provider, self._operation.project.root)
            done = self._event_queue.register(goal)
        except EngineError as error:
            self.reject(context, error, self._urn_of(request))
        # There is no result field: as with the CLI, a failed read is answered like one without properties.
        return resource_pb2.ReadResourceResponse(
            urn=done.record.urn,
            id=done.record.id,
            properties=write_struct(done.record.outputs),
        )

    def RegisterResourceOutputs(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> empty_pb2.Empty:
        """Register the outputs of a component or of the stack."""
        try:
            outputs = read_struct(request.outputs)
            if has_assets(outputs):
                raise UnsupportedFeature(
                    f"assets or archives in the outputs of '{request.urn}'"
                )
            self._event_queue.register_outputs(request.urn, outputs)
        except EngineError as error:
            self.reject(context, error, request.urn)
        return empty_pb2.Empty()

    def Invoke(  # noqa: N802 - the protocol's name
        self, request: Any, context: grpc.ServicerContext
    ) -> resource_pb2.ResourceInvokeResponse:
        """Call a function of a provider."""
        try:
            return self._invoke(request)
        except _InvokeFailed as error:
            abort_call(context, error)
        except EngineError as error:
            self.fail_call(context, error)

    def SignalAndWaitForShutdown(  # noqa: N802 - the protocol's name
        self, request: Any, context: Any
    ) -> empty_pb2.Empty:
        """The program has registered everything: wait until all steps have ended."""
        del request, context
        self._event_queue.put(ProgramEndedEvent())
        self.finished.wait()
        return empty_pb2.Empty()

    def _register(self, request: Any) -> resource_pb2.RegisterResourceResponse:
        missing = unsupported_feature(request)
        if missing:
            raise UnsupportedFeature(f"{missing} for {request.type} '{request.name}'")
        parent = self._goals.get(request.parent)
        reference = self._provider_of(request, parent)
        goal = goal_of(request, reference, self._operation.project.root, parent)
        done = self._event_queue.register(goal)
        self._goals[done.record.urn] = goal
        if not request.custom:
            self._component_providers[done.record.urn] = {
                **self._component_providers.get(request.parent, {}),
                **request.providers,
            }
        return _response(request, done)

    def _urn_of(self, request: Any) -> str:
        stack, project = self._operation.stack, self._operation.project.name
        return make_urn(stack, project, request.parent, request.type, request.name)

    def _provider_of(self, request: Any, parent: Goal | None) -> str:
        if is_provider_type(request.type):
            return ""
        if not request.custom:
            inherit = parent.record.provider if parent else ""
            return str(request.provider or inherit)
        package = package_of(request.type)
        named = request.provider or request.providers.get(package, "")
        above = parent.record.provider if parent else ""
        if not named and above:
            parent_package = package_of(type_of(provider_urn(above)))
            named = above if parent_package == package else ""
        if not named:
            named = self._component_providers.get(request.parent, {}).get(package, "")
        return str(named or self._default(request, request.type))

    def _default(self, request: Any, type_: str) -> str:
        package = package_of(type_)
        return self._defaults.reference(
            package, request.version, request.pluginDownloadURL
        )

    def _invoke(self, request: Any) -> resource_pb2.ResourceInvokeResponse:
        reference = request.provider or self._component_providers.get(
            request.parent, {}
        ).get(package_of(request.tok), "")
        reference = reference or self._default(request, request.tok)
        provider = self._find_provider(reference)
        if provider is None:
            raise EngineError(f"invoke of {request.tok}: unknown provider {reference}")
        arguments = read_struct(request.args)
        try:
            done = provider.invoke(
                request.tok, arguments, preview=self._request.dry_run
            )
        except EngineError as error:
            message = f"invocation of {request.tok} returned an error: {error}"
            raise _InvokeFailed(message) from None
        failures = [
            provider_pb2.CheckFailure(property=f.property, reason=f.reason)
            for f in done.failures
        ]
        fields: dict[str, Any] = {"return": write_struct(done.outputs)}
        return resource_pb2.ResourceInvokeResponse(failures=failures, **fields)


def _response(
    request: Any, done: RegisterResult
) -> resource_pb2.RegisterResourceResponse:
    # A component's outputs are not returned: the program computes them in each run.
    outputs = done.record.outputs if request.custom else {}
    return resource_pb2.RegisterResourceResponse(
        urn=done.record.urn,
        id=done.record.id,
        object=write_struct(outputs),
        result=_RESULTS[done.result],
        unknown=done.unknown,
    )
