"""The errors of plain values and of outputs that cannot be read."""

import asyncio

import pytest
from pulumi import Output, RunError

from pulumi_esa_prefetch.resources.input_mapping import error_prefix, map_input


def refuse(value: str) -> str:
    raise RunError(f"{value} is none")


def test_a_plain_value_is_refused_with_the_prefix() -> None:
    with (
        pytest.raises(RunError, match=r"^a: b: x is none$"),
        error_prefix("a: "),
        error_prefix("b: "),
    ):
        map_input("x", refuse)


def test_an_output_is_refused_with_the_prefix() -> None:
    async def later() -> None:
        with error_prefix("a: "), error_prefix("b: "):
            read = map_input(Output.from_input("x"), refuse)
        assert isinstance(read, Output)
        await read.future()

    with pytest.raises(RunError, match=r"^a: b: x is none$"):
        asyncio.run(later())


def test_an_error_ends_the_prefix_too() -> None:
    with pytest.raises(RunError), error_prefix("a: "):
        map_input("x", refuse)

    with pytest.raises(RunError, match=r"^x is none$"):
        map_input("x", refuse)
