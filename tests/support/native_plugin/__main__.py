# ruff: noqa: N802, ARG002 - the methods are named and shaped by the protocol
"""A provider plugin as the SDK serves it (a folder with PulumiPlugin.yaml, grpc.aio), for tests; logs each request.

Each request is a line of JSON in $GOLD_LOG. $GOLD_CTL holds, by label or id, what shall go wrong or be found:
`unready` (Create, Update or Read answers a partial failure), `fail`, `gone`, `remote`, `invalid`, `moved` (DiffConfig
asks for a replacement), `gate` (a file for which each Create waits). `zone` needs a replacement; a tag is compared by
its key.
"""

import asyncio
import contextlib
import json
import os
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import grpc
from google.protobuf import any_pb2, empty_pb2, json_format, struct_pb2
from pulumi.provider.experimental.provider import (
    CheckResponse,
    ConfigureResponse,
    Provider,
)
from pulumi.provider.experimental.server import ProviderServicer
from pulumi.runtime.proto import provider_pb2, provider_pb2_grpc, status_pb2

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
Kind = provider_pb2.PropertyDiff
Answer = provider_pb2.DiffResponse


def control() -> dict[str, Any]:
    path = Path(os.environ.get("GOLD_CTL", ""))
    loaded: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return loaded


def wait_at(gate: str | None) -> None:
    while gate and not Path(gate).exists():
        time.sleep(0.01)


def log(method: str, **facts: Any) -> None:
    if os.environ.get("GOLD_LOG"):
        with Path(os.environ["GOLD_LOG"]).open("a") as file:
            file.write(json.dumps({"method": method, **facts}, sort_keys=True) + "\n")


def plain(struct: Any) -> dict[str, Any]:
    found: dict[str, Any] = json_format.MessageToDict(struct)
    return found


def struct(values: Mapping[str, Any]) -> struct_pb2.Struct:
    made = struct_pb2.Struct()
    made.update(values)
    return made


def outputs(inputs: Mapping[str, Any], serial: Any) -> dict[str, Any]:
    return {**inputs, "state": "ready", "serial": serial}


def differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> dict[str, Any]:
    pairs: dict[str, Any] = {}
    for key in ("label", "size", "zone", "token"):
        pairs[key] = old.get(key), new.get(key)
    tags, wanted = old.get("tags") or {}, new.get("tags") or {}
    for key in sorted({*tags, *wanted}):
        pairs[f"tags.{key}"] = tags.get(key), wanted.get(key)
    detailed = {}
    for path, (before, after) in pairs.items():
        if before != after:
            kind = Kind.ADD if before is None else Kind.UPDATE
            kind = Kind.DELETE if after is None else kind
            detailed[path] = Kind(
                kind=Kind.UPDATE_REPLACE if path == "zone" else kind, inputDiff=True
            )
    return detailed


class Boxes(Provider):
    """What the SDK's own servicer asks for; the rest is answered below, message by message."""

    async def check_config(self, request: Any) -> Any:
        return CheckResponse(request.new_inputs)

    async def configure(self, request: Any) -> ConfigureResponse:
        return ConfigureResponse(
            accept_secrets=True, supports_preview=True, accept_resources=True
        )

    async def cancel(self) -> None:
        return


class Servicer(ProviderServicer):
    """One kind of object, `box:index:Box`."""

    _creating = 0

    async def Attach(self, request: Any, context: Any) -> Any:
        return empty_pb2.Empty()

    async def DiffConfig(self, request: Any, context: Any) -> Any:
        if control().get("moved"):
            return Answer(changes=Answer.DIFF_SOME, replaces=["region"])
        return Answer(changes=Answer.DIFF_NONE)

    async def Check(self, request: Any, context: Any) -> Any:
        failures = [
            provider_pb2.CheckFailure(property="size", reason="must not be negative")
            for key in control().get("invalid", [])
            if plain(request.news).get("label") == key
        ]
        return provider_pb2.CheckResponse(inputs=request.news, failures=failures)

    async def Diff(self, request: Any, context: Any) -> Any:
        detailed = differences(plain(request.olds), plain(request.news))
        return Answer(
            changes=Answer.DIFF_SOME if detailed else Answer.DIFF_NONE,
            detailedDiff=detailed,
            hasDetailedDiff=True,
        )

    async def Create(self, request: Any, context: Any) -> Any:
        inputs = plain(request.properties)
        if request.preview:
            return provider_pb2.CreateResponse(
                properties=struct(outputs(inputs, UNKNOWN))
            )
        self._creating += 1
        log("creating", now=self._creating)
        await asyncio.to_thread(wait_at, control().get("gate"))
        self._creating -= 1
        label = str(inputs["label"])
        await self._fail(context, "create", label)
        await self._unready(
            context, "create", label, f"id-{label}", outputs(inputs, 1), inputs
        )
        return provider_pb2.CreateResponse(
            id=f"id-{label}", properties=struct(outputs(inputs, 1))
        )

    async def Update(self, request: Any, context: Any) -> Any:
        inputs, old = plain(request.news), plain(request.olds)
        made = outputs(inputs, UNKNOWN if request.preview else old.get("serial", 0) + 1)
        if not request.preview:
            label = str(inputs["label"])
            await self._fail(context, "update", label)
            await self._unready(context, "update", label, request.id, made, inputs)
        return provider_pb2.UpdateResponse(properties=struct(made))

    async def Read(self, request: Any, context: Any) -> Any:
        wanted = control()
        if request.id in wanted.get("gone", []):
            return provider_pb2.ReadResponse()
        label = request.id.removeprefix("id-")
        await self._fail(context, "read", label)
        remote = wanted.get("remote", {}).get(request.id, {})
        inputs = {"label": label, **plain(request.inputs), **remote}
        made = {**outputs(inputs, 1), **plain(request.properties), **remote}
        await self._unready(context, "read", label, request.id, made, inputs)
        return provider_pb2.ReadResponse(
            id=request.id, properties=struct(made), inputs=struct(inputs)
        )

    async def Delete(self, request: Any, context: Any) -> Any:
        await self._fail(context, "delete", request.id.removeprefix("id-"))
        return empty_pb2.Empty()

    async def Invoke(self, request: Any, context: Any) -> Any:
        arguments = plain(request.args)
        if arguments.get("raise"):
            await context.abort(grpc.StatusCode.UNKNOWN, "no box of that name")
        if arguments.get("refuse"):
            failure = provider_pb2.CheckFailure(property="refuse", reason="refused")
            return provider_pb2.InvokeResponse(failures=[failure])
        fields: dict[str, Any] = {"return": struct({"answer": 42, **arguments})}
        return provider_pb2.InvokeResponse(**fields)

    async def _fail(self, context: Any, call: str, label: str) -> None:
        if label in control().get("fail", {}).get(call, []):
            await context.abort(grpc.StatusCode.UNKNOWN, f"cannot {call} {label}")

    async def _unready(
        self, context: Any, call: str, label: str, id_: str, made: Any, inputs: Any
    ) -> None:
        reasons = control().get("unready", {}).get(call, {}).get(label)
        if reasons is None:
            return
        detail = any_pb2.Any()
        detail.Pack(
            provider_pb2.ErrorResourceInitFailed(
                id=id_,
                properties=struct({**made, "state": "waiting"}),
                reasons=reasons,
                inputs=struct({**inputs, **control().get("recorded", {})}),
            )
        )
        status = status_pb2.Status(code=2, message="not ready", details=[detail])
        metadata = (("grpc-status-details-bin", status.SerializeToString()),)
        context.set_trailing_metadata(metadata)
        await context.abort(grpc.StatusCode.UNKNOWN, "not ready")


class Log(grpc.aio.ServerInterceptor):
    """Logs each request before it is handled."""

    async def intercept_service(self, continuation: Any, details: Any) -> Any:
        handler = await continuation(details)
        method = details.method.rpartition("/")[2]

        async def logged(request: Any, context: Any) -> Any:
            log(method, request=json_format.MessageToDict(request))
            return await handler.unary_unary(request, context)

        return grpc.unary_unary_rpc_method_handler(
            logged, handler.request_deserializer, handler.response_serializer
        )


async def serve() -> None:
    server = grpc.aio.server(interceptors=[Log()])
    servicer = Servicer(sys.argv[1:], "1.2.3", Boxes(), sys.argv[-1])
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    log(
        "started",
        environ={k: v for k, v in os.environ.items() if k.startswith("PULUMI_")},
        cwd=str(Path.cwd()),
        python=sys.executable,
        arguments=len(sys.argv),
    )
    sys.stdout.write(f"{port}\n")
    sys.stdout.flush()
    await server.wait_for_termination()


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve())
