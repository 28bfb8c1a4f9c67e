"""Hides secret texts of the configuration in all that an operation tells; shows nothing itself.

A value known as a secret is masked where it is shown.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from operator import is_not
from typing import Any, Final

from pulumi_esa_prefetch.engine.config_values import quoted
from pulumi_esa_prefetch.engine.events import (
    Diagnostic,
    Event,
    Outputs,
    Prelude,
    StepDone,
    StepFailed,
    StepMetadata,
    StepStarted,
)
from pulumi_esa_prefetch.engine.records import Resource
from pulumi_esa_prefetch.engine.values import SIGNATURE

MASK: Final = "[secret]"
# what is shorter stands in many a word, and masking it would tell more than it hides
SHORTEST: Final = 3
_COMMON: Final = frozenset({"true", "false"})
# what displays show of a record beside its names
_SHOWN: Final = ("inputs", "outputs", "init_errors", "replacement_trigger")

Mask = Callable[[str], str]
Tell = Callable[[Event], None]


def masking(tell: Tell, secrets: Iterable[str]) -> Tell:
    """The way of events to `tell`, with a mask in the place of these texts; without any it is `tell` itself.

    Names (URNs, types, ids, keys) stay as they are, by them rows are told apart; and so do
    values known as secrets, which each display masks or was asked to show.
    """
    mask = _masker(secrets)
    return tell if mask is None else lambda event: tell(_event(event, mask))


def _masker(secrets: Iterable[str]) -> Mask | None:
    """A function that puts a mask in the place of any of these texts, also as JSON spells them."""
    hidden = {
        spelling
        for text in secrets
        if _worth_hiding(text)
        for spelling in (text, json.dumps(text)[1:-1], quoted(text)[1:-1])
    }
    if not hidden:
        return None
    # the longest first: one secret may be part of another
    pattern = re.compile(
        "|".join(map(re.escape, sorted(hidden, key=len, reverse=True)))
    )
    return lambda text: pattern.sub(MASK, text)


def _worth_hiding(text: str) -> bool:
    # in bytes, as the CLI counts: two Chinese characters are hidden
    return len(text.encode()) >= SHORTEST and text.lower() not in _COMMON


def _event(event: Event, mask: Mask) -> Event:
    match event:
        case StepStarted() | StepDone() | StepFailed():
            metadata = _step(event.metadata, mask)
            same = metadata is event.metadata
            return event if same else replace(event, metadata=metadata)
        case Diagnostic():
            return replace(event, message=mask(event.message))
        case Outputs():
            return Outputs(_value(event.old, mask), _value(event.new, mask))
        case Prelude():
            return Prelude(_value(event.config, mask))
    return event


def _step(step: StepMetadata, mask: Mask) -> StepMetadata:
    old, new = _record(step.old, mask), _record(step.new, mask)
    if old is step.old and new is step.new:
        return step
    return replace(step, old=old, new=new)


def _record(record: Resource | None, mask: Mask) -> Resource | None:
    if record is None:
        return None
    found = {name: _value(getattr(record, name), mask) for name in _SHOWN}
    # a copy is dear: most records hold no secret
    if all(found[name] is getattr(record, name) for name in _SHOWN):
        return record
    return record.with_(**found)


def _value(value: Any, mask: Mask) -> Any:
    """The value with masks in it, or the same object if there is nothing to mask."""
    if isinstance(value, str):
        return mask(value)
    if isinstance(value, Mapping):
        masked = {key: _value(item, mask) for key, item in value.items()}
        if all(masked[key] is item for key, item in value.items()):
            return value
        # a signature says what the map is
        return masked | {key: value[key] for key in (SIGNATURE,) if key in value}
    if isinstance(value, list | tuple):
        items = [_value(item, mask) for item in value]
        return items if any(map(is_not, items, value)) else value
    return value
