"""Applying a function to an input now if it is known, later if it is an output; looks into no value."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from pulumi import Input, Output, RunError

T = TypeVar("T")
U = TypeVar("U")
_place: ContextVar[str] = ContextVar("place", default="")


@contextmanager
def error_prefix(prefix: str) -> Iterator[None]:
    """Let an error of what is applied in it say where, now or later."""
    outer = _place.set(f"{_place.get()}{prefix}")
    try:
        with _said(prefix):
            yield
    finally:
        _place.reset(outer)


def map_input(value: Input[T], read: Callable[[T], U]) -> Input[U]:
    """``read(value)``: a plain value is read at once, so that what is wrong with it is said at once."""
    place = _place.get()

    def later(known: T) -> U:
        with _said(place):
            return read(known)

    if isinstance(value, Output | Awaitable):
        return Output.from_input(value).apply(later)
    return read(value)


@contextmanager
def _said(prefix: str) -> Iterator[None]:
    try:
        yield
    except RunError as error:
        raise RunError(f"{prefix}{error}") from None
