"""A provider with objects in memory behind real gRPC; it fails, adopts objects and loses them as the test wants."""
# ruff: noqa: ARG002, N802 - methods and their arguments are the protocol's

import threading
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import (
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

PACKAGE = "prop"
THING = "prop:index:Thing"
DRIFTED = 99

# A change of zone or container needs another object.
_FIXED = ("zone", "within")
_INPUTS = ("size", "zone", "note", "ref", "within")

Fault = Literal["refuses", "half"]


@dataclass(frozen=True)
class ProviderObject:
    """An object that exists."""

    id: str
    urn: str
    props: Mapping[str, Any]


@dataclass(frozen=True)
class ProviderTraits:
    """How the provider behaves: whether it adopts existing objects, how it replaces, what its Read returns."""

    adopts: bool = False
    deletes_first: bool = False
    reads_inputs: bool = False


class ObjectStore:
    """All objects, and the next faults; every change is made under a lock."""

    def __init__(self) -> None:
        self.reset(ProviderTraits())

    def reset(self, traits: ProviderTraits) -> None:
        """A new, empty store."""
        self.traits = traits
        self.faults: dict[tuple[str, str], Fault] = {}
        self.mutation_count = 0
        self.made = 0
        self._things: dict[str, ProviderObject] = {}
        self._lock = threading.Lock()

    def objects(self) -> dict[str, ProviderObject]:
        """The objects by id."""
        with self._lock:
            return dict(self._things)

    def restore(self, objects: Mapping[str, ProviderObject]) -> None:
        """Set the objects to an earlier content."""
        with self._lock:
            self._things = dict(objects)

    def named(self, name: str) -> list[str]:
        """The ids of the objects with that name."""
        return [t.id for t in self.objects().values() if name_of(t.urn) == name]

    def change_by_name(self, name: str) -> None:
        """Somebody else changes an object."""
        for id_ in self.named(name):
            self._put(id_, {"size": DRIFTED})

    def delete_by_name(self, name: str) -> None:
        """Somebody else deletes an object."""
        for id_ in self.named(name):
            self.remove(id_)

    def make(self, urn: str, props: Mapping[str, Any]) -> str:
        """Create an object, or adopt an existing one like it."""
        with self._lock:
            self.mutation_count += 1
            for thing in self._things.values():
                if (
                    self.traits.adopts
                    and thing.urn == urn
                    and _same_object(thing, props)
                ):
                    self._things[thing.id] = replace(thing, props=dict(props))
                    return thing.id
            self.made += 1
            id_ = f"thing-{self.made}"
            self._things[id_] = ProviderObject(id_, urn, dict(props))
            return id_

    def change(self, id_: str, props: Mapping[str, Any]) -> bool:
        """Set the properties of an object; False if it does not exist."""
        with self._lock:
            self.mutation_count += 1
            known = self._things.get(id_)
            if known is not None:
                self._things[id_] = replace(known, props=dict(props))
            return known is not None

    def remove(self, id_: str) -> None:
        """Delete an object and everything inside it; a missing object is no error."""
        with self._lock:
            self.mutation_count += 1
            self._things.pop(id_, None)
            inside = [t.id for t in self._things.values() if t.props["within"] == id_]
        for other in inside:
            self.remove(other)

    def _put(self, id_: str, changes: Mapping[str, Any]) -> None:
        with self._lock:
            thing = self._things[id_]
            self._things[id_] = replace(thing, props={**thing.props, **changes})


def name_of(urn: str) -> str:
    return urn.rpartition("::")[2]


def _same_object(thing: ProviderObject, props: Mapping[str, Any]) -> bool:
    return all(thing.props[key] == props[key] for key in _FIXED)


class _Refusal(Exception):
    """The error that the provider answers."""

    def __init__(self, sentence: str, trailer: bytes = b"") -> None:
        super().__init__(sentence)
        self.trailer = trailer


class SimulatedProvider(provider_pb2_grpc.ResourceProviderServicer):
    """The gRPC methods of the provider; their names are the protocol's."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def Attach(self, request: plugin_pb2.PluginAttach, context: Any) -> Any:
        return empty_pb2.Empty()

    def Handshake(self, request: Any, context: Any) -> Any:
        return _unknown_call(context, provider_pb2.ProviderHandshakeResponse())

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.0.0")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        return _unknown_call(context, provider_pb2.CheckResponse())

    def DiffConfig(self, request: Any, context: Any) -> Any:
        return _unknown_call(context, provider_pb2.DiffResponse())

    def Configure(self, request: Any, context: Any) -> Any:
        return provider_pb2.ConfigureResponse(acceptSecrets=False)

    def Cancel(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def Check(self, request: Any, context: Any) -> Any:
        failures = []
        if self._takes("check", request.urn):
            failures = [provider_pb2.CheckFailure(property="size", reason="too odd")]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    def Diff(self, request: Any, context: Any) -> Any:
        if self._takes("diff", request.urn):
            _fail(context, _Refusal("cannot compare"))
        old, new = _plain(request.olds), _plain(request.news)
        changed = [key for key in _INPUTS if old.get(key) != new.get(key)]
        kinds = provider_pb2.DiffResponse
        return provider_pb2.DiffResponse(
            changes=kinds.DIFF_SOME if changed else kinds.DIFF_NONE,
            diffs=changed,
            replaces=[key for key in changed if key in _FIXED],
            deleteBeforeReplace=self._store.traits.deletes_first,
        )

    def Create(self, request: Any, context: Any) -> Any:
        fault = self._takes("create", request.urn)
        if fault == "refuses":
            _fail(context, _Refusal("not today"))
        props = _plain(request.properties)
        id_ = self._store.make(request.urn, props)
        outputs = _outputs(id_, props)
        if fault == "half":
            _fail(context, _init_failed(id_, outputs))
        return provider_pb2.CreateResponse(id=id_, properties=outputs)

    def Update(self, request: Any, context: Any) -> Any:
        fault = self._takes("update", request.urn)
        if fault == "refuses":
            _fail(context, _Refusal("not today"))
        props = _plain(request.news)
        if not self._store.change(request.id, props):
            _fail(context, _Refusal(f"there is no {request.id}"))
        if fault == "half":
            _fail(context, _init_failed(request.id, _outputs(request.id, props)))
        return provider_pb2.UpdateResponse(properties=_outputs(request.id, props))

    def Read(self, request: Any, context: Any) -> Any:
        if self._takes("read", request.urn):
            _fail(context, _Refusal("cannot look"))
        thing = self._store.objects().get(request.id)
        if thing is None:
            return provider_pb2.ReadResponse()
        answer = provider_pb2.ReadResponse(
            id=thing.id, properties=_outputs(thing.id, thing.props)
        )
        if self._store.traits.reads_inputs:
            answer.inputs.CopyFrom(_struct(thing.props))
        return answer

    def Delete(self, request: Any, context: Any) -> Any:
        if self._takes("delete", request.urn):
            _fail(context, _Refusal("it stays"))
        self._store.remove(request.id)
        return empty_pb2.Empty()

    def _takes(self, method: str, urn: str) -> Fault | None:
        return self._store.faults.pop((method, name_of(urn)), None)


def _unknown_call(context: Any, answer: Any) -> Any:
    context.set_code(grpc.StatusCode.UNIMPLEMENTED)
    return answer


def _fail(context: Any, refusal: _Refusal) -> None:
    if refusal.trailer:
        context.set_trailing_metadata((("grpc-status-details-bin", refusal.trailer),))
    context.abort(grpc.StatusCode.UNKNOWN, str(refusal))


def _init_failed(id_: str, outputs: struct_pb2.Struct) -> _Refusal:
    """The object exists, but failed to initialize."""
    detail = any_pb2.Any()
    detail.Pack(
        provider_pb2.ErrorResourceInitFailed(
            id=id_, properties=outputs, reasons=["not ready yet"]
        )
    )
    status = status_pb2.Status(
        code=grpc.StatusCode.UNKNOWN.value[0], message="half", details=[detail]
    )
    return _Refusal("half", status.SerializeToString())


def _outputs(id_: str, props: Mapping[str, Any]) -> struct_pb2.Struct:
    return _struct({**props, "token": f"token of {id_}"})


def _plain(struct: struct_pb2.Struct) -> dict[str, Any]:
    plain: dict[str, Any] = json_format.MessageToDict(struct)
    return plain


def _struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(dict(values))
    return struct


@contextmanager
def serving(store: ObjectStore) -> Iterator[int]:
    """Serve the provider on a free port."""
    server = grpc.server(ThreadPoolExecutor(max_workers=8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(
        SimulatedProvider(store), server
    )
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    try:
        yield port
    finally:
        server.stop(grace=0).wait()
