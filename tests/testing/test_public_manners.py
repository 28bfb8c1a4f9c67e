"""Two manners in which public dynamic providers are written, each with a whole life on both engines."""

from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

import pytest

from pulumi_embedded_engine.testing import PulumiEngine
from tests.testing import base_class_program, label_program
from tests.testing.label_server import TOKEN, LabelServer, label_server

pytestmark = pytest.mark.engines("embedded", "pulumi")


@pytest.fixture
def host() -> Iterator[LabelServer]:
    with label_server() as server:
        yield server


@pytest.mark.thorough
def test_a_provider_that_is_configured_and_asks_an_api(
    pulumi_engine: PulumiEngine, host: LabelServer
) -> None:
    stack = pulumi_engine.stack(
        label_program.program,
        config={"host:url": host.url, "color": "red"},
        secrets={"host:token": TOKEN},
    )

    assert stack.up().outputs == {"color": "red"}
    stack.config["color"] = "blue"
    assert stack.preview().step("bug").changed == {"color"}
    assert stack.up().ops == {"bug": "update"}
    assert host.labels == {"bug": {"color": "blue"}}
    host.labels["bug"] = {"color": "green"}
    assert stack.refresh().step("bug").changed == {"color"}
    stack.config["name"] = "defect"
    assert stack.up().ops == {"bug": "replace"}
    assert host.labels == {"defect": {"color": "blue"}}
    assert host.seen[-2:] == ["DELETE bug", "PUT defect"]
    stack.secrets["host:token"] = "another"
    stack.config["color"] = "black"
    refused = stack.up(expect_failure=True)
    assert "the host answered Bad credentials" in refused.texts("error", "bug")[0]
    # `destroy` runs no program: its providers have the configuration of the last `up`.
    stack.secrets["host:token"] = TOKEN
    assert stack.up().ops == {"bug": "update"}
    assert stack.destroy().ops == {"bug": "delete"}
    assert host.labels == {}


@pytest.mark.thorough
def test_a_provider_of_a_base_class_within_a_component(
    pulumi_engine: PulumiEngine, tmp_path: Path
) -> None:
    readme = tmp_path / "readme"
    stack = pulumi_engine.stack(
        base_class_program.program,
        config={"path": str(tmp_path)},
        secrets={"contents": "one"},
    )

    assert stack.up().ops == {"folder": "create", "readme": "create"}
    made = stack.state["readme"]
    assert made.outputs["sha256"] == sha256(b"one").hexdigest()
    assert "contents" in made.secrets
    stack.secrets["contents"] = "two"
    changed = stack.up()
    assert changed.ops == {"folder": "same", "readme": "update"}
    assert changed.step("readme").changed == {"contents"}
    readme.write_text("somebody's")
    assert stack.refresh().step("readme").changed == {"sha256"}
    assert stack.destroy().ops == {"folder": "delete", "readme": "delete"}
    assert not readme.exists()
