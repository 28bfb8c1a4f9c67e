"""Applying a function to an input now if it is known, later if it is an output; looks into no value."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from pulumi import Input, Output

T = TypeVar("T")
U = TypeVar("U")


def applied(value: Input[T], read: Callable[[T], U]) -> Input[U]:
    """``read(value)``: a plain value is read at once, so that what is wrong with it is said at once."""
    if isinstance(value, Output | Awaitable):
        return Output.from_input(value).apply(read)
    return read(value)
