"""A provider in its own process, called over gRPC; starts no process."""

import secrets
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import plugin_pb2, provider_pb2, provider_pb2_grpc

from pulumi_embedded_engine.model.diff import Diff
from pulumi_embedded_engine.model.property_values import (
    Properties,
    has_secret,
    has_unknown,
    mark_secrets_as_sent,
    secret,
)
from pulumi_embedded_engine.model.property_wire import (
    Encoding,
    read_struct,
    write_struct,
)
from pulumi_embedded_engine.model.urns import package_of, type_of
from pulumi_embedded_engine.providers.grpc_messages import (
    config_variables,
    diff_fields,
    failures_of,
    provider_error,
    read_diff,
    resource_fields,
    unimplemented,
)
from pulumi_embedded_engine.providers.provider import (
    CheckResult,
    DiffUnavailable,
    InitFailed,
    InvokeResult,
    ObjectResult,
    ProviderCall,
    ProviderError,
    ReadResult,
)
from pulumi_embedded_engine.providers.provider_process import ProviderConnection

_CANCEL_SECONDS: Final = 2.0
_SEED_BYTES: Final = 32  # for names that a provider makes up
_PLAIN_CONFIG: Final = Encoding(secrets=False, resources=False, unknowns=True)


class GrpcProvider:
    """One provider process; once its configuration has unknowns, it is not called for resources."""

    def __init__(self, host: ProviderConnection) -> None:
        self._host = host
        self._stub = provider_pb2_grpc.ResourceProviderStub(host.channel)
        self._known = True
        self._previews = False
        self._secrets = False
        self._resources = False
        self._fixed = False  # the handshake has answered what it accepts
        self._closing = threading.Event()

    def attach(self, engine: str) -> None:
        """Give a provider that was started by someone else the engine's address."""
        address = plugin_pb2.PluginAttach(address=engine)
        if self._optional(self._stub.Attach, address) is None:
            raise ProviderError(
                f"{self._host.label} does not implement Attach, which PULUMI_DEBUG_PROVIDERS needs"
            )

    def handshake(self, engine: str, folder: Path | None = None) -> None:
        """Introduce the engine; providers that do not implement this call get the same data later."""
        place = str(folder) if folder else None
        request = provider_pb2.ProviderHandshakeRequest(
            engine_address=engine,
            root_directory=place,
            program_directory=place,
            configure_with_urn=True,
            invoke_with_preview=True,
        )
        answer = self._optional(self._stub.Handshake, request)
        if answer is not None:
            self._secrets = answer.accept_secrets
            self._resources = answer.accept_resources
            self._previews = self._fixed = True
        self._optional(self._stub.GetPluginInfo, empty_pb2.Empty())

    def check(self, call: ProviderCall) -> CheckResult:
        """Check and complete `inputs`."""
        if not self._known:
            return CheckResult(call.inputs)
        encoding = self._encoding(unknowns=call.preview)
        request = provider_pb2.CheckRequest(
            **resource_fields(call.urn),
            olds=write_struct(call.old_inputs, encoding),
            news=write_struct(call.inputs, encoding),
            randomSeed=secrets.token_bytes(_SEED_BYTES),
        )
        return self._checked(self._ask(self._stub.Check, request), call.inputs)

    def diff(self, call: ProviderCall) -> Diff:
        """Compare the recorded object with `inputs`."""
        if not self._known:
            raise DiffUnavailable(
                "the provider of this resource has inputs that are not known during "
                "preview, so this preview may not show what an update will do"
            )
        encoding = self._encoding(unknowns=call.preview)
        request = provider_pb2.DiffRequest(**diff_fields(call, encoding))
        answer = self._ask(self._stub.Diff, request)
        return read_diff(answer)

    def create(self, call: ProviderCall) -> ObjectResult:
        """Create the object; in a preview only ask for its outputs."""
        if call.preview and not self._can_preview:
            return ObjectResult("", call.inputs if self._known else {})
        encoding = self._encoding(unknowns=call.preview)
        request = provider_pb2.CreateRequest(
            **resource_fields(call.urn),
            properties=write_struct(call.inputs, encoding),
            timeout=call.timeout,
            preview=call.preview,
        )
        answer = self._ask(self._stub.Create, request, call.inputs)
        if not answer.id and not call.preview:
            raise ProviderError(
                f"plugin returned empty resource.ID from create '{call.urn}'"
            )
        return ObjectResult(answer.id, self._outputs(answer.properties, call.inputs))

    def read(self, call: ProviderCall, state: Properties | None) -> ReadResult:
        """Read the object."""
        if not self._known:
            return ReadResult("", {}, {})
        encoding = self._encoding(unknowns=False)
        request = provider_pb2.ReadRequest(
            **resource_fields(call.urn), id=call.id, timeout=call.timeout
        )
        if state is not None:
            request.properties.CopyFrom(write_struct(state, encoding))
            request.inputs.CopyFrom(write_struct(call.old_inputs, encoding))
        answer = self._ask(self._stub.Read, request, state or {})
        outputs = inputs = None
        if answer.HasField("properties"):
            outputs = self._outputs(answer.properties, state or {})
        if answer.HasField("inputs"):
            inputs = self._outputs(answer.inputs, call.old_inputs)
        return ReadResult(answer.id, outputs, inputs)

    def update(self, call: ProviderCall) -> ObjectResult:
        """Update the object; in a preview only ask for its outputs."""
        if call.preview and not self._can_preview:
            return ObjectResult(call.id, call.inputs if self._known else {})
        encoding = self._encoding(unknowns=call.preview)
        request = provider_pb2.UpdateRequest(
            **diff_fields(call, encoding), timeout=call.timeout, preview=call.preview
        )
        answer = self._ask(self._stub.Update, request, call.inputs)
        return ObjectResult(call.id, self._outputs(answer.properties, call.inputs))

    def delete(self, call: ProviderCall) -> None:
        """Delete the object."""
        encoding = self._encoding(unknowns=False)
        request = provider_pb2.DeleteRequest(
            **resource_fields(call.urn),
            id=call.id,
            properties=write_struct(call.old_outputs, encoding),
            old_inputs=write_struct(call.old_inputs, encoding),
            timeout=call.timeout,
        )
        self._ask(self._stub.Delete, request)

    def invoke(
        self, token: str, arguments: Properties, *, preview: bool
    ) -> InvokeResult:
        """Call a function."""
        if not self._known:
            return InvokeResult({})
        encoding = self._encoding(unknowns=False)
        request = provider_pb2.InvokeRequest(
            tok=token, args=write_struct(arguments, encoding), preview=preview
        )
        answer = self._ask(self._stub.Invoke, request)
        outputs = read_struct(getattr(answer, "return"))
        if has_secret(arguments) and not self._secrets:
            outputs = {key: secret(value) for key, value in outputs.items()}
        return InvokeResult(outputs, failures_of(answer))

    def check_config(self, urn: str, old: Properties, new: Properties) -> CheckResult:
        """Check the provider's own configuration; without support for it, the configuration is accepted."""
        request = provider_pb2.CheckRequest(
            **resource_fields(urn),
            olds=write_struct(old, _PLAIN_CONFIG),
            news=write_struct(new, _PLAIN_CONFIG),
        )
        answer = self._optional(self._stub.CheckConfig, request)
        if answer is None:
            return CheckResult(new)
        inputs = mark_secrets_as_sent(read_struct(answer.inputs), new)
        return CheckResult(inputs, failures_of(answer))

    def diff_config(self, call: ProviderCall) -> Diff:
        """Compare the provider's own configurations; without support for it, the answer is `unknown`."""
        compared = diff_fields(replace(call, id=""), _PLAIN_CONFIG)
        request = provider_pb2.DiffRequest(**compared)
        answer = self._optional(self._stub.DiffConfig, request)
        return Diff("unknown") if answer is None else read_diff(answer)

    def configure(self, urn: str, id_: str, inputs: Properties) -> None:
        """Send the configuration."""
        if has_unknown(inputs):
            self._known = False
            return
        package = package_of(type_of(urn))
        request = provider_pb2.ConfigureRequest(
            variables=config_variables(package, inputs),
            args=write_struct(inputs),
            acceptSecrets=True,
            acceptResources=True,
            sends_old_inputs=True,
            sends_old_inputs_to_delete=True,
            **resource_fields(urn),
            id=id_,
        )
        answer = self._ask(self._stub.Configure, request)
        if not self._fixed:
            self._secrets = answer.acceptSecrets
            self._resources = answer.acceptResources
            self._previews = answer.supportsPreview

    def cancel(self) -> None:
        """Ask the provider to stop what it does; no answer is needed."""
        if self._closing.is_set():
            return
        try:
            self._stub.Cancel(empty_pb2.Empty(), timeout=_CANCEL_SECONDS)
        except (grpc.RpcError, ValueError):
            return

    def disconnect(self) -> None:
        """Close the channel: all running calls end."""
        self._host.channel.close()

    def close(self) -> None:
        """Cancel what runs, then end the process."""
        if self._closing.is_set():
            return
        self.cancel()
        self._closing.set()
        self._host.close()

    @property
    def _can_preview(self) -> bool:
        return self._known and self._previews

    def _encoding(self, *, unknowns: bool) -> Encoding:
        return Encoding(self._secrets, self._resources, unknowns)

    def _outputs(self, struct: struct_pb2.Struct, sent: Properties) -> Properties:
        values = read_struct(struct)
        return values if self._secrets else mark_secrets_as_sent(values, sent)

    def _checked(self, answer: Any, sent: Properties) -> CheckResult:
        inputs = self._outputs(answer.inputs, sent)
        return CheckResult(inputs, failures_of(answer))

    def _ask(
        self,
        method: Callable[[Any], Any],
        request: Any,
        sent: Properties | None = None,
    ) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            fault = provider_error(error, self._host.label, dead=self._host.dead)
            if isinstance(fault, InitFailed) and not self._secrets:
                fault.outputs = mark_secrets_as_sent(fault.outputs, sent or {})
            raise fault from None
        except ValueError:  # the channel was closed: the run has ended
            raise ProviderError(f"{self._host.label} was stopped", dead=True) from None

    def _optional(self, method: Callable[[Any], Any], request: Any) -> Any:
        try:
            return method(request)
        except grpc.RpcError as error:
            if unimplemented(error):
                return None
            raise provider_error(
                error, self._host.label, dead=self._host.dead
            ) from None
