"""A provider in the manner of those for a code host's API: a client made by `configure`, from the stack's config."""

import json
import urllib.error
import urllib.request
from typing import Any

import pulumi
from pulumi.dynamic import (
    ConfigureRequest,
    CreateResult,
    DiffResult,
    ReadResult,
    Resource,
    ResourceProvider,
    UpdateResult,
)


class LabelProvider(ResourceProvider):
    url: str
    token: str

    def configure(self, req: ConfigureRequest) -> None:
        self.url = req.config.require("host:url")
        self.token = req.config.require("host:token")

    def create(self, props: dict[str, Any]) -> CreateResult:
        self._ask("PUT", props["name"], {"color": props["color"]})
        return CreateResult(props["name"], props)

    def diff(self, _id: str, olds: dict[str, Any], news: dict[str, Any]) -> DiffResult:
        changed = [key for key in ("name", "color") if olds.get(key) != news[key]]
        return DiffResult(
            changes=bool(changed),
            replaces=[key for key in changed if key == "name"],
            delete_before_replace=True,
        )

    def update(
        self, id_: str, _olds: dict[str, Any], news: dict[str, Any]
    ) -> UpdateResult:
        self._ask("PUT", id_, {"color": news["color"]})
        return UpdateResult(news)

    def read(self, id_: str, props: dict[str, Any]) -> ReadResult:
        found = self._ask("GET", id_)
        if found is None:
            return ReadResult("", {})
        return ReadResult(id_, {**props, "name": id_, "color": found["color"]})

    def delete(self, id_: str, _props: dict[str, Any]) -> None:
        self._ask("DELETE", id_)

    def _ask(self, method: str, name: str, body: object = None) -> Any:
        request = urllib.request.Request(
            f"{self.url}/labels/{name}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {self.token}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=10) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise RuntimeError(
                f"the host answered {json.load(error)['message']}"
            ) from None


class Label(Resource, module="host", name="Label"):
    color: pulumi.Output[str]

    def __init__(self, name: str, color: str) -> None:
        label = pulumi.Config().get("name") or name
        super().__init__(LabelProvider(), name, {"name": label, "color": color})


def program() -> None:
    bug = Label("bug", pulumi.Config().require("color"))
    pulumi.export("color", bug.color)
