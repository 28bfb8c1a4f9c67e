"""Pulumi's provider protocol for the stand-in's two types; makes no request of ESA's itself."""

import json
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any

import grpc
from alibabacloud_esa20240910.client import Client
from alibabacloud_tea_openapi import utils_models
from google.protobuf.empty_pb2 import Empty
from google.protobuf.json_format import MessageToDict
from google.protobuf.struct_pb2 import Struct
from pulumi.runtime.proto import plugin_pb2
from pulumi.runtime.proto import provider_pb2 as wire
from pulumi.runtime.proto.provider_pb2_grpc import ResourceProviderServicer

from tests.standin.esa import KINDS, Kind, Properties, Refused

# ruff: noqa: N802 -- the protocol's names

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
Context = grpc.ServicerContext


def _said(method: Callable[..., Any]) -> Callable[..., Any]:
    """Let a refusal of ESA's reach the engine as its text."""

    @wraps(method)
    def run(self: "Alicloud", request: Any, context: Context) -> Any:
        try:
            return method(self, request, context)
        except Refused as refusal:
            context.abort(grpc.StatusCode.UNKNOWN, str(refusal))

    return run


class Alicloud(ResourceProviderServicer):
    """The provider's side of the protocol. `detailed`: whether its diffs say how each property changes.

    The real plugin's do.
    """

    def __init__(self, environ: Mapping[str, str], *, detailed: bool = True) -> None:
        self._environ = environ
        self._detailed = detailed
        self._client: Client | None = None

    @property
    def client(self) -> Client:
        assert self._client is not None, "Configure comes first"
        return self._client

    def GetPluginInfo(self, _: Empty, _context: Context) -> plugin_pb2.PluginInfo:
        return plugin_pb2.PluginInfo(version="4.0.0")

    def Attach(self, _: plugin_pb2.PluginAttach, _context: Context) -> Empty:
        return Empty()

    def Cancel(self, _: Empty, _context: Context) -> Empty:
        return Empty()

    def CheckConfig(self, request: Any, _: Context) -> wire.CheckResponse:
        return wire.CheckResponse(inputs=request.news)

    def DiffConfig(self, _: Any, _context: Context) -> wire.DiffResponse:
        return wire.DiffResponse(changes=wire.DiffResponse.DIFF_NONE)

    def Configure(self, request: Any, _: Context) -> wire.ConfigureResponse:
        self._client = esa_client(plain(request.args), self._environ)
        return wire.ConfigureResponse(supportsPreview=True)

    def Check(self, request: Any, _: Context) -> wire.CheckResponse:
        return wire.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, _: Context) -> wire.DiffResponse:
        kind = kind_of(request.urn)
        old, new = plain(request.olds), plain(request.news)
        changes = changed(kind, old, new)
        some, none = wire.DiffResponse.DIFF_SOME, wire.DiffResponse.DIFF_NONE
        answer = wire.DiffResponse(
            changes=some if changes else none,
            diffs=sorted(changes),
            replaces=sorted(changes & kind.replaces),
            hasDetailedDiff=self._detailed,
        )
        if self._detailed:
            for key in changes:
                answer.detailedDiff[key].CopyFrom(change_of(key, old, new, kind))
        return answer

    @_said
    def Create(self, request: Any, _: Context) -> wire.CreateResponse:
        kind = kind_of(request.urn)
        inputs = plain(request.properties)
        if request.preview:
            return wire.CreateResponse(properties=struct(inputs | unknown(kind)))
        id_ = kind.create(self.client, inputs)
        found = kind.read(self.client, id_) or {}
        return wire.CreateResponse(id=id_, properties=struct(inputs | found))

    @_said
    def Read(self, request: Any, _: Context) -> wire.ReadResponse:
        kind = kind_of(request.urn)
        found = kind.read(self.client, request.id)
        if found is None:
            return wire.ReadResponse(id="")
        state = plain(request.properties) | found
        inputs = plain(request.inputs)
        read = {key: state[key] for key in inputs if state.get(key) is not None}
        return wire.ReadResponse(
            id=request.id, properties=struct(state), inputs=struct(inputs | read)
        )

    @_said
    def Update(self, request: Any, _: Context) -> wire.UpdateResponse:
        kind = kind_of(request.urn)
        old, new = plain(request.olds), plain(request.news)
        state = {key: old[key] for key in old.keys() - kind.inputs} | new
        if not request.preview:
            kind.update(self.client, request.id, new, changed(kind, old, new))
            state |= kind.read(self.client, request.id) or {}
        return wire.UpdateResponse(properties=struct(state))

    @_said
    def Delete(self, request: Any, _: Context) -> Empty:
        kind_of(request.urn).delete(self.client, request.id)
        return Empty()


def kind_of(urn: str) -> Kind:
    return KINDS[urn.split("::")[2].rpartition("$")[2]]


def changed(kind: Kind, old: Properties, new: Properties) -> frozenset[str]:
    """The inputs that differ from the state, as text: so does the real plugin."""
    return frozenset(key for key in kind.inputs if old.get(key) != new.get(key))


def change_of(
    key: str, old: Properties, new: Properties, kind: Kind
) -> wire.PropertyDiff:
    word = "UPDATE"
    if key not in old:
        word = "ADD"
    elif key not in new:
        word = "DELETE"
    suffix = "_REPLACE" if key in kind.replaces else ""
    return wire.PropertyDiff(kind=wire.PropertyDiff.Kind.Value(word + suffix))


def unknown(kind: Kind) -> Properties:
    return dict.fromkeys(kind.computed, UNKNOWN)


def plain(message: Struct) -> Properties:
    return dict(MessageToDict(message))


def struct(values: Mapping[str, Any]) -> Struct:
    message = Struct()
    message.update({key: value for key, value in values.items() if value is not None})
    return message


def esa_client(config: Mapping[str, Any], environ: Mapping[str, str]) -> Client:
    """The official client, by what `alicloud:*` and the environment say, in the plugin's order."""
    endpoints = config.get("endpoints") or "[]"
    listed = json.loads(endpoints) if isinstance(endpoints, str) else endpoints
    endpoint = next((each["esa"] for each in listed if each.get("esa")), None)
    # Its types do not say that it takes None for what is left out.
    settings: Any = utils_models
    return Client(
        settings.Config(
            endpoint=endpoint
            or environ.get("ALIBABA_CLOUD_ENDPOINT_ESA")
            or environ.get("ESA_ENDPOINT"),
            region_id=config.get("region") or "cn-hangzhou",
            protocol=config.get("protocol") or "HTTPS",
            access_key_id=config.get("accessKey")
            or environ.get("ALIBABA_CLOUD_ACCESS_KEY_ID"),
            access_key_secret=config.get("secretKey")
            or environ.get("ALIBABA_CLOUD_ACCESS_KEY_SECRET"),
            read_timeout=60_000,
            connect_timeout=60_000,
        )
    )
