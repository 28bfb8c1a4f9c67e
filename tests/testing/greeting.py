"""A dynamic provider for the tests of the fixtures: a file with a text."""

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


class FileProvider(ResourceProvider):
    """Keeps a file as declared; its id is the path."""

    def create(self, props: dict[str, Any]) -> CreateResult:
        path = Path(props["path"])
        path.write_text(props["content"])
        return CreateResult(str(path), {**props, "size": len(props["content"])})

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        moved = olds["path"] != news["path"]
        return DiffResult(
            changes=moved or olds["content"] != news["content"],
            replaces=["path"] if moved else [],
        )

    def update(
        self, _id: str, _olds: dict[str, Any], news: dict[str, Any]
    ) -> UpdateResult:
        if news["content"] == "refused":
            raise ValueError("this content is refused")
        Path(_id).write_text(news["content"])
        return UpdateResult({**news, "size": len(news["content"])})

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        path = Path(id_)
        if not path.exists():
            return ReadResult("", {})
        content = path.read_text()
        return ReadResult(id_, {**props, "content": content, "size": len(content)})

    def delete(self, _id: str, _props: dict[str, Any]) -> None:
        Path(_id).unlink(missing_ok=True)


class File(Resource, module="files", name="File"):
    """A file with a text."""

    size: pulumi.Output[int]

    def __init__(
        self,
        name: str,
        path: pulumi.Input[str],
        content: pulumi.Input[str],
        opts: pulumi.ResourceOptions | None = None,
    ) -> None:
        props = {"path": path, "content": content, "size": None}
        super().__init__(FileProvider(), name, props, opts)


def program() -> None:
    """Declare one file, or as many as the configuration says."""
    config = pulumi.Config()
    hidden = config.get_bool("hidden")
    content = (config.require_secret if hidden else config.require)("content")
    for number in range(config.get_int("count") or 1):
        name = f"greeting-{number}"
        file = File(name, f"{config.require('folder')}/{name}.txt", content)
        pulumi.export(f"size-{number}", file.size)
