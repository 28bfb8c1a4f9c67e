"""Applies a function to an Input: at once to a plain value, later to an Output."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TypeVar

from pulumi import Input, Output, RunError

T = TypeVar("T")
U = TypeVar("U")
_prefix: ContextVar[str] = ContextVar("prefix", default="")


@contextmanager
def error_prefix(prefix: str) -> Iterator[None]:
    """Put a prefix before errors of the functions that this block applies, at once or later."""
    outer = _prefix.set(f"{_prefix.get()}{prefix}")
    try:
        with _prefixed(prefix):
            yield
    finally:
        _prefix.reset(outer)


def map_input(value: Input[T], read: Callable[[T], U]) -> Input[U]:
    """Return ``read(value)``: of a plain value at once, so that an error is raised where it is declared."""
    prefix = _prefix.get()

    def later(known: T) -> U:
        with _prefixed(prefix):
            return read(known)

    if isinstance(value, Output | Awaitable):
        return Output.from_input(value).apply(later)
    return read(value)


@contextmanager
def _prefixed(prefix: str) -> Iterator[None]:
    try:
        yield
    except RunError as error:
        raise RunError(f"{prefix}{error}") from None
