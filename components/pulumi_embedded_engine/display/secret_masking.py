"""Replaces secrets of the configuration by [secret] in all events; `property_printer` masks secret properties.

A property value that is a `Secret` is masked by the view that shows it.
"""

import json
import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any, Final

from pulumi_embedded_engine.config.config_values import go_json_quoted
from pulumi_embedded_engine.model.events import (
    Diagnostic,
    Event,
    Prelude,
    Sink,
    StackOutputs,
    StepDone,
    StepFailed,
    StepStarted,
)
from pulumi_embedded_engine.model.property_values import SIGNATURES, Secret, map_values
from pulumi_embedded_engine.model.state_records import Resource

MASK: Final = "[secret]"
# shorter texts occur inside many words, and masking them there would reveal them
MIN_BYTES: Final = 3
_COMMON_WORDS: Final = frozenset({"true", "false"})
# the fields of a record that views show, beside its names
_SHOWN_FIELDS: Final = ("inputs", "outputs", "init_errors", "replacement_trigger")

Transform = Callable[[Any], Any]


def mask_secrets(sink: Sink, secrets: Iterable[str]) -> Sink:
    """A sink that masks these texts in events and passes the events to `sink`; without texts it is `sink` itself.

    Names (URNs, types, ids, keys) are not masked, because they identify rows. Nor are `Secret` values: the view
    masks them, or was asked to show them.
    """
    hidden = {
        spelling
        for text in secrets
        if _worth_hiding(text)
        for spelling in (text, json.dumps(text)[1:-1], go_json_quoted(text)[1:-1])
    }
    if not hidden:
        return sink
    # the longest first: one secret may be part of another
    longest = sorted(hidden, key=len, reverse=True)
    pattern = re.compile("|".join(map(re.escape, longest)))

    def mask(leaf: Any) -> Any:
        # a signature identifies the kind of a map, so it must stay
        is_text = isinstance(leaf, str) and leaf not in SIGNATURES
        return pattern.sub(MASK, leaf) if is_text else leaf

    def masked_sink(event: Event) -> None:
        if isinstance(event, Diagnostic):
            event = replace(event, message=mask(event.message))
        sink(map_event_values(event, lambda value: map_values(value, mask)))

    return masked_sink


def with_secrets_masked(value: Any) -> Any:
    """The value with a mask instead of every secret."""
    return map_values(value, lambda leaf: MASK if isinstance(leaf, Secret) else leaf)


def map_event_values(event: Event, change: Transform) -> Event:
    """The event with `change` applied to every property value in it."""
    match event:
        case StepStarted() | StepDone() | StepFailed():
            step = event.metadata
            old, new = _record(step.old, change), _record(step.new, change)
            return replace(event, metadata=replace(step, old=old, new=new))
        case StackOutputs():
            return StackOutputs(change(event.old), change(event.new))
        case Prelude():
            return Prelude(change(event.config))
    return event


def _record(record: Resource | None, change: Transform) -> Resource | None:
    if record is None:
        return None
    return record.with_(
        **{name: change(getattr(record, name)) for name in _SHOWN_FIELDS}
    )


def _worth_hiding(text: str) -> bool:
    # the length in bytes, as the CLI counts: two Chinese characters are long enough
    return len(text.encode()) >= MIN_BYTES and text.lower() not in _COMMON_WORDS
