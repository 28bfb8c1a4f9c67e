"""Events to show, made in few words: resources of a stack `dev` of a project `proj`."""

import io
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from pulumi_embedded_engine.display.display_options import DisplayOptions
from pulumi_embedded_engine.display.secret_masking import mask_secrets
from pulumi_embedded_engine.display.view_factory import open_view
from pulumi_embedded_engine.model.events import (
    CancelEvent,
    Event,
    Prelude,
    PropertyChange,
    StepDone,
    StepMetadata,
    StepOp,
    StepStarted,
    Summary,
)
from pulumi_embedded_engine.model.operation_context import OperationKind
from pulumi_embedded_engine.model.state_records import Resource
from pulumi_esa_prefetch.clock import ManualClock

STACK = "urn:pulumi:dev::proj::pulumi:pulumi:Stack::proj-dev"
THING = "pulumi-python:dynamic/gold:Thing"
PROVIDER = "urn:pulumi:dev::proj::pulumi:providers:pulumi-python::default::4f2a"


def urn(name: str) -> str:
    return f"urn:pulumi:dev::proj::{THING}::{name}"


def thing(
    name: str, inputs: Mapping[str, Any] | None = None, **fields: Any
) -> Resource:
    defaults = {"custom": True, "type": THING, "parent": STACK, "provider": PROVIDER}
    return Resource(**{"urn": urn(name), "inputs": inputs or {}, **defaults, **fields})


def stack() -> Resource:
    return Resource(urn=STACK, custom=False, type="pulumi:pulumi:Stack")


def step(
    op: StepOp,
    old: Resource | None,
    new: Resource | None,
    *,
    detailed: Mapping[str, PropertyChange] | None = None,
    logical: bool = True,
) -> StepMetadata:
    record = new or old
    assert record is not None
    return StepMetadata(
        op=op,
        urn=record.urn,
        type=record.type,
        old=old,
        new=new,
        provider=record.provider,
        detailed_diff=detailed,
        logical=logical,
    )


def took(metadata: StepMetadata, *, planning: bool = False) -> list[Event]:
    return [StepStarted(metadata, planning), StepDone(metadata, planning)]


def ended(
    changes: Mapping[str, int], *, planning: bool = False, errored: int = 0
) -> list[Event]:
    return [Summary(changes, 0.4, planning, errored > 0, errored), CancelEvent()]


def view(
    kind: OperationKind = "up", *, planning: bool = False, **flags: Any
) -> DisplayOptions:
    return DisplayOptions(
        kind=kind,
        stack="dev",
        project="proj",
        planning=planning,
        **{"progress": False} | flags,
    )


def text(
    events: Iterable[Event], on: DisplayOptions, hidden: Iterable[str] = ()
) -> str:
    """What the display writes, standard output and error in one, without blanks at the ends."""
    out = io.StringIO()
    with open_view(on, out, out, ManualClock(datetime(2026, 1, 2, tzinfo=UTC))) as sink:
        tell = mask_secrets(sink, hidden)
        told = list(events)
        if not any(isinstance(event, Prelude) for event in told):
            tell(Prelude({}))
        for event in told:
            tell(event)
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines()).rstrip()
