import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from pulumi_embedded_engine.errors import EngineError
from pulumi_embedded_engine.model.property_values import Secret
from pulumi_embedded_engine.model.state_records import (
    PendingOperation,
    Resource,
    Snapshot,
)
from pulumi_embedded_engine.state import checkpoint
from pulumi_embedded_engine.state.passphrase_secrets import PassphraseSecrets
from tests.support.engine_stacks import PASSPHRASE

GOLDEN = Path(__file__).parents[2] / "golden" / "state" / "checkpoint.json"
NOW = datetime(2026, 1, 2, tzinfo=UTC)


def written(snapshot: Snapshot) -> checkpoint.Deployment:
    return checkpoint.deployment_of(snapshot, salt="", encrypt=None, now=NOW)


def test_a_checkpoint_of_the_cli_is_read_with_its_secrets() -> None:
    deployment = checkpoint.parse_checkpoint(GOLDEN.read_bytes())
    secrets = PassphraseSecrets(deployment.salt, lambda: PASSPHRASE)

    snapshot = checkpoint.snapshot_of(deployment, secrets.decrypt)

    checkpoint.require_integrity(deployment, snapshot)
    stack, component = snapshot.resources
    assert stack.outputs["a"] == Secret("hush")
    assert stack.outputs["b"] == {"x": Secret(1), "y": 2.5}
    assert component.parent == stack.urn


def test_records_of_the_cli_are_written_back_byte_by_byte() -> None:
    deployment = checkpoint.parse_checkpoint(GOLDEN.read_bytes())

    back = checkpoint.deployment_of(
        checkpoint.snapshot_of(deployment, None),
        salt=deployment.salt,
        encrypt=None,
        now=NOW,
    )

    assert json.dumps(back.body["resources"]) == json.dumps(
        deployment.body["resources"]
    )
    assert back.body["secrets_providers"] == deployment.body["secrets_providers"]


def test_pending_operations_and_unknown_parts_survive() -> None:
    pending = PendingOperation(Resource("u", True, "t"), "creating")
    snapshot = Snapshot((), (pending,), {"integrity_error": {}}, {"later": [1]})

    assert checkpoint.snapshot_of(written(snapshot), None) == snapshot


def test_an_empty_stack_has_no_resources_key() -> None:
    assert set(written(Snapshot()).body) == {"manifest", "metadata"}


@pytest.mark.parametrize(
    ("fields", "feature"),
    [
        ({"taint": True}, "taint"),
        ({"replace_with": ("x",)}, "replaceWith"),
        ({"refresh_before_update": True}, "refreshBeforeUpdate"),
        ({"extra": {"viewOf": "u"}}, "views"),
    ],
)
def test_a_feature_raises_the_version(fields: dict[str, Any], feature: str) -> None:
    record = Resource("u", True, "t").with_(**fields)

    outer = checkpoint.render_checkpoint(
        written(Snapshot((record,))), "organization/p/s"
    )

    assert outer["version"] == 4
    assert outer["features"] == [feature]


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"{", "not JSON"),
        (b"[]", "not a JSON object"),
        (b"{}", "no 'checkpoint'"),
        (b'{"version":5,"checkpoint":{}}', "version 5"),
        (b'{"version":"x","checkpoint":{}}', "version 'x'"),
        (b'{"version":3.0,"checkpoint":{}}', "version 3.0"),
        (b'{"version":true,"checkpoint":{}}', "version True"),
        (b'{"version":4,"features":["foo"],"checkpoint":{}}', "foo"),
        (b'{"version":3,"checkpoint":{"latest":[1]}}', "not a JSON object"),
        (
            b'{"version":3,"checkpoint":{"latest":{"resources":[5]}}}',
            "not a JSON object",
        ),
        (
            b'{"version":3,"checkpoint":{"latest":{"resources":{"a":1}}}}',
            "not a JSON list",
        ),
        (b'{"version":3,"checkpoint":{"latest":{"resources":{}}}}', "not a JSON list"),
        (b"\xff\xfe", "not JSON"),
        (b"[" * 100_000, "not JSON"),
    ],
)
def test_what_cannot_be_read_is_one_sentence(content: bytes, says: str) -> None:
    with pytest.raises(EngineError, match=says) as error:
        checkpoint.snapshot_of(checkpoint.parse_checkpoint(content), None)

    assert "\n" not in str(error.value)


@pytest.mark.parametrize(
    "content",
    [
        b'{"version":3,"checkpoint":{}}',
        b'{"version":3,"checkpoint":{"latest":null}}',
        b'{"version":3,"checkpoint":{"latest":{"manifest":{"version":"","magic":""}}}}',
        b'{"version":1,"checkpoint":{"latest":{}}}',
    ],
)
def test_a_checkpoint_without_contents_is_an_empty_stack(content: bytes) -> None:
    deployment = checkpoint.parse_checkpoint(content)
    snapshot = checkpoint.snapshot_of(deployment, None)

    checkpoint.require_integrity(deployment, snapshot)
    assert snapshot == Snapshot()


def test_a_wrong_magic_is_refused() -> None:
    body = dict(written(Snapshot()).body)
    body["manifest"] = body["manifest"] | {"magic": "wrong"}

    with pytest.raises(EngineError, match="integrity"):
        checkpoint.require_integrity(checkpoint.Deployment(3, (), body), Snapshot())


def test_another_secrets_provider_names_the_cli() -> None:
    body = {"secrets_providers": {"type": "cloud", "state": {}}}

    with pytest.raises(EngineError, match="pulumi CLI"):
        _ = checkpoint.Deployment(3, (), body).salt
