"""What is said of a value that cannot be read: of one that comes later as of one that is there."""

import asyncio

import pytest
from pulumi import Output, RunError

from pulumi_esa_prefetch.resources.input_mapping import error_prefix, map_input


def refuse(value: str) -> str:
    raise RunError(f"{value} is none")


def test_a_value_that_is_there_is_refused_with_its_place() -> None:
    with (
        pytest.raises(RunError, match=r"^a: b: x is none$"),
        error_prefix("a: "),
        error_prefix("b: "),
    ):
        map_input("x", refuse)


def test_a_value_that_comes_later_is_refused_with_its_place() -> None:
    async def later() -> None:
        with error_prefix("a: "), error_prefix("b: "):
            read = map_input(Output.from_input("x"), refuse)
        assert isinstance(read, Output)
        await read.future()

    with pytest.raises(RunError, match=r"^a: b: x is none$"):
        asyncio.run(later())


def test_a_place_is_left_also_by_an_error() -> None:
    with pytest.raises(RunError), error_prefix("a: "):
        map_input("x", refuse)

    with pytest.raises(RunError, match=r"^x is none$"):
        map_input("x", refuse)
