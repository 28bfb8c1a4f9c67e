"""Providers in the manner of a project with many of them: a base class that diffs, reads and updates for all."""

import hashlib
from abc import abstractmethod
from pathlib import Path
from typing import Any

import pulumi
from pulumi.dynamic import (
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)


class BaseProvider(ResourceProvider):
    """Every change is a delete and a create, every read a refresh of the properties."""

    @abstractmethod
    def refresh(self, props: dict[str, Any]) -> dict[str, Any]: ...

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = [key for key, value in news.items() if olds.get(key) != value]
        return DiffResult(changes=bool(changed), stables=["path"])

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        return ReadResult(id_, self.refresh(dict(props)))

    def update(
        self, id_: str, olds: dict[str, Any], news: dict[str, Any]
    ) -> UpdateResult:
        self.delete(id_, olds)
        return UpdateResult(self.create(news).outs)


class SharedFileProvider(BaseProvider):
    def refresh(self, props: dict[str, Any]) -> dict[str, Any]:
        path = Path(props["path"])
        text = path.read_bytes() if path.exists() else b""
        return {**props, "sha256": hashlib.sha256(text).hexdigest()}

    def create(self, props: dict[str, Any]) -> CreateResult:
        Path(props["path"]).write_text(props["contents"])
        return CreateResult(f"file-{props['path']}", self.refresh(props))

    def delete(self, _id: str, props: dict[str, Any]) -> None:
        Path(props["path"]).unlink(missing_ok=True)


class SharedFile(Resource, module="share", name="File"):
    sha256: pulumi.Output[str]

    def __init__(self, name: str, path: str, contents: pulumi.Input[str]) -> None:
        props = {"path": path, "contents": contents, "sha256": None}
        super().__init__(SharedFileProvider(), name, props)


class Folder(pulumi.ComponentResource):
    """A component, as such projects group their resources."""

    def __init__(self, name: str, path: str, contents: pulumi.Input[str]) -> None:
        super().__init__("share:index:Folder", name)
        file = SharedFile("readme", f"{path}/readme", contents)
        self.register_outputs({"sha256": file.sha256})


def program() -> None:
    config = pulumi.Config()
    Folder("folder", config.require("path"), config.require_secret("contents"))
