"""The emulator's parsers, each as a law over bytes; a law that is broken raises."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path

from werkzeug.test import Client

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.dialects import DialectError
from pulumi_esa_emulator.faults.fault_file import FaultDocument
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.emulator_options import EmulatorOptions, make_emulator
from pulumi_esa_emulator.identity.ram_policies import RamPolicy
from pulumi_esa_emulator.messages.documents import DocumentError, Model, parse_document
from pulumi_esa_emulator.state.data_file import DataFileError
from pulumi_esa_emulator.state.seed import Seed
from tests.fuzz.sentences import assert_sentence

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CONTROLS = [
    "clock",
    "faults",
    "faults/stall",
    "dialects",
    "keys",
    "sites",
    "edge",
    "reset",
]
_PLACE = tempfile.TemporaryDirectory(prefix="esa-prefetch-fuzz-")
_ROOT = Path(_PLACE.name)


def read_seed(content: bytes) -> None:
    """A seed, and the state that it makes."""
    document = _parsed(content, Seed)
    if document is None:
        return
    try:
        app = create_app(seed=document, clock=ManualClock(NOW))
    except DocumentError as error:
        assert_sentence(error)
        return
    assert Client(app).get("/_emulator/state").status_code == 200


def read_faults(content: bytes) -> None:
    """A fault file, and a request under it."""
    document = _parsed(content, FaultDocument)
    if document is not None:
        create_app(faults=document, clock=ManualClock(NOW))


def read_policy(content: bytes) -> None:
    """A RAM policy, and what it says of one action."""
    policy = _parsed(content, RamPolicy)
    if policy is not None:
        assert policy.model_dump_json()


def read_data_file(content: bytes) -> None:
    """What an emulator kept on disk, read by the next."""
    file = _ROOT / "data"
    file.write_bytes(content)
    try:
        emulator = make_emulator(EmulatorOptions(data=file, clock="manual"))
    except (DataFileError, DocumentError, DialectError) as error:
        assert_sentence(error)
        return
    try:
        assert Client(emulator).get("/_emulator/state").status_code == 200
    finally:
        emulator.close()


def take_control(content: bytes) -> None:
    """Any body at each control path, one after the other, and then a look at everything."""
    client = Client(create_app(clock=ManualClock(NOW)))
    for control in CONTROLS:
        answer = client.post(
            f"/_emulator/{control}", data=content, content_type="application/json"
        )
        assert answer.status_code < 500
        if answer.status_code >= 400:
            assert_sentence(answer.get_json()["error"])
    for control in ("state", "history", "faults", "keys", "clock", "dialects"):
        assert client.get(f"/_emulator/{control}").status_code == 200


def answer_request(content: bytes) -> None:
    """Any body and parameters at the API: refused as ESA refuses."""
    client = Client(create_app(clock=ManualClock(NOW)))
    head, _, body = content.partition(b"\n")
    text = "".join(c for c in head.decode("latin-1") if c.isprintable())
    for headers in ({"x-acs-action": text}, {"authorization": text}):
        answer = client.post("/", data=body, headers=headers, query_string=text)
        assert 400 <= answer.status_code < 500
        assert json.loads(answer.data)["Code"]


def _parsed(content: bytes, model: type[Model]) -> Model | None:
    try:
        return parse_document(content, model, "it")
    except DocumentError as error:
        assert_sentence(error)
        return None
