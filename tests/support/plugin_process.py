# ruff: noqa: N802, ARG002 - the methods are named and shaped by the protocol
"""A provider plugin for tests: a real gRPC server in its own process, which logs its calls.

Started with a path, it prints its port and appends one JSON line per call there. Objects are in memory. Inputs control
it: with `fail` the object is created but fails to initialize; `size` is updated in place, `zone` needs a replacement.
"""

import json
import os
import sys
import threading
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2
from pulumi.runtime.proto import (
    plugin_pb2,
    provider_pb2,
    provider_pb2_grpc,
    status_pb2,
)

LOG = os.environ.get("PLUGIN_LOG", "")
P = provider_pb2


def _plain(struct: Any) -> Any:
    return json_format.MessageToDict(struct)


def _struct(values: Any) -> struct_pb2.Struct:
    struct = struct_pb2.Struct()
    struct.update(values)
    return struct


def _log(method: str, **facts: Any) -> None:
    if LOG:
        with Path(LOG).open("a") as file:
            file.write(json.dumps({"method": method, **facts}, sort_keys=True) + "\n")


class Plugin(provider_pb2_grpc.ResourceProviderServicer):
    """A provider with previews, secrets and detailed diffs."""

    def __init__(self) -> None:
        self._serial = 0

    def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    def GetPluginInfo(self, request: Any, context: Any) -> Any:
        return plugin_pb2.PluginInfo(version="1.2.3")

    def CheckConfig(self, request: Any, context: Any) -> Any:
        news = _plain(request.news)
        _log("check_config", news=news)
        if news.get("bad"):
            failure = P.CheckFailure(property="bad", reason="must not be set")
            return P.CheckResponse(inputs=request.news, failures=[failure])
        return P.CheckResponse(inputs=request.news)

    def DiffConfig(self, request: Any, context: Any) -> Any:
        olds, news = _plain(request.olds), _plain(request.news)
        _log("diff_config", olds=olds, news=news)
        replaces = ["region"] if olds.get("region") != news.get("region") else []
        some = olds != news
        return P.DiffResponse(
            changes=P.DiffResponse.DIFF_SOME if some else P.DiffResponse.DIFF_NONE,
            replaces=replaces,
        )

    def Configure(self, request: Any, context: Any) -> Any:
        _log(
            "configure",
            args=_plain(request.args),
            variables=dict(request.variables),
        )
        return P.ConfigureResponse(
            acceptSecrets=True, acceptResources=True, supportsPreview=True
        )

    def Check(self, request: Any, context: Any) -> Any:
        _log("check", olds=_plain(request.olds), news=_plain(request.news))
        return P.CheckResponse(inputs=request.news)

    def Diff(self, request: Any, context: Any) -> Any:
        olds, news = _plain(request.old_inputs), _plain(request.news)
        _log("diff", id=request.id, olds=olds, news=news)
        detailed = {}
        for key in sorted(olds.keys() | news.keys()):
            if olds.get(key) != news.get(key):
                kind = P.PropertyDiff.UPDATE
                if key == "zone":
                    kind = P.PropertyDiff.UPDATE_REPLACE
                detailed[key] = P.PropertyDiff(kind=kind, inputDiff=True)
        return P.DiffResponse(
            changes=P.DiffResponse.DIFF_SOME if detailed else P.DiffResponse.DIFF_NONE,
            diffs=list(detailed),
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    def Create(self, request: Any, context: Any) -> Any:
        props = _plain(request.properties)
        _log("create", props=props, preview=request.preview, timeout=request.timeout)
        if request.preview:
            unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
            return P.CreateResponse(properties=_struct({**props, "serial": unknown}))
        self._serial += 1
        outs = {**props, "serial": self._serial}
        id_ = f"id-{props.get('name', 'x')}"
        if props.get("fail"):
            self._half(context, id_, outs, props)
        return P.CreateResponse(id=id_, properties=_struct(outs))

    def Update(self, request: Any, context: Any) -> Any:
        news = _plain(request.news)
        _log("update", id=request.id, news=news, preview=request.preview)
        outs = {**news, "serial": 99}
        if news.get("fail") and not request.preview:
            self._half(context, request.id, outs, news)
        return P.UpdateResponse(properties=_struct(outs))

    def Read(self, request: Any, context: Any) -> Any:
        state = _plain(request.properties)
        _log("read", id=request.id, props=state)
        if "gone" in request.id:
            return P.ReadResponse()
        inputs = {"name": request.id.removeprefix("id-"), "size": 1.0, "zone": "a"}
        inputs.update({k: v for k, v in state.items() if k != "serial"})
        return P.ReadResponse(
            id=request.id,
            properties=_struct({"serial": 1, **inputs}),
            inputs=_struct(inputs),
        )

    def Delete(self, request: Any, context: Any) -> Any:
        _log("delete", id=request.id, props=_plain(request.properties))
        return empty_pb2.Empty()

    def Invoke(self, request: Any, context: Any) -> Any:
        args = _plain(request.args)
        _log("invoke", token=request.tok, args=args)
        if args.get("refuse"):
            failure = P.CheckFailure(property="refuse", reason="refused")
            return P.InvokeResponse(failures=[failure])
        fields: dict[str, Any] = {"return": _struct({"answer": 42, **args})}
        return P.InvokeResponse(**fields)

    def Cancel(self, request: Any, context: Any) -> Any:
        _log("cancel")
        return empty_pb2.Empty()

    def _half(self, context: Any, id_: str, outs: Any, inputs: Any) -> None:
        detail = any_pb2.Any()
        detail.Pack(
            P.ErrorResourceInitFailed(
                id=id_,
                properties=_struct(outs),
                inputs=_struct(inputs),
                reasons=["it did not become ready"],
            )
        )
        status = status_pb2.Status(code=2, message="half made", details=[detail])
        metadata = (("grpc-status-details-bin", status.SerializeToString()),)
        context.set_trailing_metadata(metadata)
        context.abort(grpc.StatusCode.UNKNOWN, "half made")


def main() -> None:
    """Serve until killed."""
    server = grpc.server(futures.ThreadPoolExecutor(max_workers=8))
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(Plugin(), server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    threading.Event().wait()


if __name__ == "__main__":
    main()
