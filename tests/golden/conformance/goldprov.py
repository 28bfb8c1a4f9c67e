"""The recording provider of the recorded runs: writes down each call, behaves as told; talks to nobody.

Each call is a line of JSON in $GOLD_LOG. $GOLD_CTL holds, by label or id, what shall go wrong or be
found: `remote`, `remote_inputs`, `gone`, `gone_none`, `fail_create|read|update|delete`, `raise_check`,
`id_suffix`, `sleep`, `say`. The names of module and classes stand in the recorded states: they cannot
change.
"""

import json
import os
import sys
import time
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CheckFailure,
    CheckResult,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)


class SimulatedFailure(Exception):
    pass


def control() -> dict[str, Any]:
    path = Path(os.environ.get("GOLD_CTL", ""))
    loaded: dict[str, Any] = json.loads(path.read_text()) if path.is_file() else {}
    return loaded


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {str(k): plain(v) for k, v in sorted(value.items()) if k != "__provider"}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    return {f"<{type(value).__name__}>": repr(value)}


def record(method: str, **arguments: Any) -> None:
    row = {"method": method, **{key: plain(value) for key, value in arguments.items()}}
    with Path(os.environ["GOLD_LOG"]).open("a") as log:
        log.write(json.dumps(row) + "\n")


class Rec(ResourceProvider):
    serialize_as_secret_always = False

    def configure(self, req: Any) -> None:
        keys = ("goldkey", "goldsecret", "proj:goldkey")
        record("configure", config={key: req.config.get(key) for key in keys})

    def check(self, olds: Any, news: Any) -> CheckResult:
        record("check", olds=olds, news=news)
        if news.get("label") in control().get("raise_check", []):
            raise SimulatedFailure(f"check raised for {news.get('label')}")
        size = news.get("size")
        negative = isinstance(size, int | float) and size < 0
        failures = (
            [CheckFailure("size", "size must not be negative")] if negative else []
        )
        return CheckResult(news, failures)

    def create(self, props: Any) -> CreateResult:
        record("create", props=props)
        wanted, name = control(), props.get("label")
        pause = wanted.get("sleep", 0)
        time.sleep(pause.get(name, 0) if isinstance(pause, dict) else pause)
        for line in wanted.get("say", []):
            sys.stdout.write(f"{line}\n")
            sys.stdout.flush()
        if name in wanted.get("fail_create", []):
            raise SimulatedFailure(f"cannot create {name}")
        id_ = f"id-{name}{wanted.get('id_suffix', '')}"
        return CreateResult(id_, {**props, "state": "ready", "serial": 1})

    def read(self, id_: str, props: Any) -> ReadResult:
        record("read", id=id_, props=props)
        wanted = control()
        if id_ in wanted.get("fail_read", []):
            raise SimulatedFailure(f"cannot read {id_}")
        if id_ in wanted.get("gone_none", []):
            return ReadResult(None, {})
        if id_ in wanted.get("gone", []):
            return ReadResult("", {})
        found = {
            "label": id_.removeprefix("id-"),
            "state": "ready",
            "serial": 1,
        } | dict(props or {})
        found |= wanted.get("remote", {}).get(id_, {})
        return ReadResult(id_, found, wanted.get("remote_inputs", {}).get(id_))

    def diff(self, id_: str, olds: Any, news: Any) -> DiffResult:
        record("diff", id=id_, olds=olds, news=news)
        changed = [
            key
            for key in ("label", "size", "zone", "token")
            if olds.get(key) != news.get(key)
        ]
        if olds.get("state") not in (None, "ready"):
            changed.append("state")
        return DiffResult(
            changes=bool(changed),
            replaces=[key for key in changed if key in ("label", "zone")],
            stables=[] if "label" in changed else ["label"],
            delete_before_replace=bool(news.get("dbr")),
        )

    def update(self, id_: str, olds: Any, news: Any) -> UpdateResult:
        record("update", id=id_, olds=olds, news=news)
        if news.get("label") in control().get("fail_update", []):
            raise SimulatedFailure(f"cannot update {news.get('label')}")
        return UpdateResult(
            {**news, "state": "ready", "serial": int(olds.get("serial") or 0) + 1}
        )

    def delete(self, id_: str, props: Any) -> None:
        record("delete", id=id_, props=props)
        if id_ in control().get("fail_delete", []):
            raise SimulatedFailure(f"cannot delete {id_}")


class SecretRec(Rec):
    serialize_as_secret_always = True


class Thing(Resource, module="gold", name="Thing"):
    label: pulumi.Output[str]
    size: pulumi.Output[int]
    zone: pulumi.Output[str]
    state: pulumi.Output[str]
    serial: pulumi.Output[int]

    def __init__(
        self, name: str, size: Any = 1, zone: Any = "z1", opts: Any = None, **more: Any
    ) -> None:
        label = more.pop("label", name)
        props = {
            "label": label,
            "size": size,
            "zone": zone,
            "state": None,
            "serial": None,
            **more,
        }
        super().__init__(Rec(), name, props, opts)

    @staticmethod
    def get(name: str, id_: Any, opts: Any = None) -> "Thing":
        by_id = pulumi.ResourceOptions.merge(opts, pulumi.ResourceOptions(id=id_))
        return Thing(name, None, None, by_id, label=None)
