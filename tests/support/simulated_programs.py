"""Programs as data, and a runner that calls the resource monitor as the SDK does; knows no provider."""

from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, fields
from typing import Any, cast

import grpc
from google.protobuf import empty_pb2, struct_pb2
from pulumi.runtime.proto import alias_pb2, resource_pb2, resource_pb2_grpc

from pulumi_embedded_engine.model.property_values import (
    SECRET,
    SIGNATURE,
    UNKNOWN_STRING,
)
from tests.support.simulated_provider import THING

PROJECT, STACK = "proj", "dev"
COMPONENT = "prop:index:Box"
ROOT_NAME = f"{PROJECT}-{STACK}"


class ShortRepr:
    """A dataclass whose repr has only the fields that differ from the default."""

    def __repr__(self) -> str:
        shown = [
            f"{item.name}={getattr(self, item.name)!r}"
            for item in fields(cast("Any", self))
            if getattr(self, item.name) != item.default
        ]
        return f"{type(self).__name__}({', '.join(shown)})"

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        del cycle
        printer.text(repr(self))


@dataclass(frozen=True, repr=False)
class Node(ShortRepr):
    """One resource of a program; references are names of earlier nodes."""

    name: str
    box: bool = False
    parent: str = ""
    size: int = 1
    zone: int = 1
    secret: bool = False
    ref: str = ""
    within: str = ""
    depends_on: tuple[str, ...] = ()
    protect: bool | None = None
    retain: bool | None = None
    deletes_first: bool | None = None
    ignores_size: bool = False
    hides_token: bool = False
    earlier_name: str = ""

    @property
    def needs(self) -> set[str]:
        """The nodes whose results it waits for."""
        return {self.parent, self.ref, self.within, *self.depends_on} - {""}


@dataclass(frozen=True)
class NodeResult:
    """The result of a node's registration; without an id, all of its outputs are unknown."""

    urn: str
    id: str = ""
    outputs: Mapping[str, Any] = field(default_factory=dict)

    @property
    def token(self) -> Any:
        """An output that only the provider knows."""
        return self.outputs.get("token", UNKNOWN_STRING)


Program = tuple[Node, ...]


def run_program(program: Program, address: str) -> int:
    """Register all nodes, independent ones in parallel; returns the exit code of the process."""
    with grpc.insecure_channel(address) as channel:
        try:
            _Registration(resource_pb2_grpc.ResourceMonitorStub(channel)).all(program)
        except grpc.RpcError:
            return 1
    return 0


class _Registration:
    def __init__(self, stub: Any) -> None:
        self._stub = stub
        self._answers: dict[str, Future[NodeResult]] = {}
        self._root = ""

    def all(self, program: Program) -> None:
        request = resource_pb2.RegisterResourceRequest(
            type="pulumi:pulumi:Stack", name=ROOT_NAME
        )
        self._root = self._stub.RegisterResource(request).urn
        with ThreadPoolExecutor(len(program) + 1) as pool:
            for node in program:
                self._answers[node.name] = pool.submit(self._one, node)
        answers = {name: answer.result() for name, answer in self._answers.items()}
        self._outputs(
            self._root, {name: answer.token for name, answer in answers.items()}
        )
        self._stub.SignalAndWaitForShutdown(empty_pb2.Empty())

    def _one(self, node: Node) -> NodeResult:
        known = {name: self._answers[name].result() for name in node.needs}
        request = self._common(node, known)
        if not node.box:
            self._thing(request, node, known)
        answer = self._stub.RegisterResource(request)
        if node.box:
            self._outputs(answer.urn, {"made": True})
        failed = answer.result != resource_pb2.SUCCESS
        return NodeResult(
            answer.urn,
            "" if failed else answer.id,
            {} if failed else _fields(answer.object),
        )

    def _common(
        self, node: Node, known: Mapping[str, NodeResult]
    ) -> resource_pb2.RegisterResourceRequest:
        request = resource_pb2.RegisterResourceRequest(
            type=COMPONENT if node.box else THING,
            name=node.name,
            custom=not node.box,
            parent=known[node.parent].urn if node.parent else self._root,
            acceptSecrets=True,
            acceptResources=True,
            supportsPartialValues=True,
            supportsResultReporting=True,
        )
        request.dependencies.extend(
            sorted({known[name].urn for name in node.needs - {node.parent}})
        )
        if node.protect is not None:
            request.protect = node.protect
        if node.retain is not None:
            request.retainOnDelete = node.retain
        if node.earlier_name:
            spec = alias_pb2.Alias.Spec(name=node.earlier_name)
            request.aliases.append(alias_pb2.Alias(spec=spec))
        return request

    def _thing(
        self,
        request: resource_pb2.RegisterResourceRequest,
        node: Node,
        known: Mapping[str, NodeResult],
    ) -> None:
        note: Any = "hush" if node.secret else "plain"
        properties = {
            "size": node.size,
            "zone": node.zone,
            "note": {SIGNATURE: SECRET, "value": note} if node.secret else note,
            "ref": known[node.ref].token if node.ref else "",
            "within": (known[node.within].id or UNKNOWN_STRING) if node.within else "",
        }
        request.object.update(properties)
        for key, name in (("ref", node.ref), ("within", node.within)):
            urns = [known[name].urn] if name else []
            request.propertyDependencies[key].urns.extend(urns)
        if node.within:
            request.deletedWith = known[node.within].urn
        if node.deletes_first is not None:
            request.deleteBeforeReplace = node.deletes_first
            request.deleteBeforeReplaceDefined = True
        if node.ignores_size:
            request.ignoreChanges.append("size")
        if node.hides_token:
            request.additionalSecretOutputs.append("token")

    def _outputs(self, urn: str, outputs: Mapping[str, Any]) -> None:
        struct = struct_pb2.Struct()
        struct.update(dict(outputs))
        self._stub.RegisterResourceOutputs(
            resource_pb2.RegisterResourceOutputsRequest(urn=urn, outputs=struct)
        )


def _fields(struct: struct_pb2.Struct) -> dict[str, Any]:
    """Outputs as the SDK passes them on: a secret stays a secret."""
    return {key: _value(value) for key, value in struct.fields.items()}


def _value(value: struct_pb2.Value) -> Any:
    if value.HasField("struct_value"):
        return _fields(value.struct_value)
    if value.HasField("number_value"):
        return value.number_value
    return value.string_value
