"""Which values Pulumi cannot carry to a provider, wherever they are: plain, nested, in an output."""

import asyncio
import enum
from datetime import date
from decimal import Decimal
from typing import Any

import pulumi
import pytest
from pulumi import Output, RunError

from pulumi_esa_prefetch.resources.input_mapping import error_prefix
from pulumi_esa_prefetch.resources.property_values import checked_later, wrong_values

EXACT = 2**53
ROUNDED = "is a number beyond 2**53, which Pulumi would round: pass it as a string"


class Text(enum.StrEnum):
    A = "a"


class Plain(enum.Enum):
    A = "a"


@pulumi.input_type
class Settings:
    def __init__(self) -> None:
        pulumi.set(self, "a", 1)


def faults(value: Any) -> list[str]:
    return list(wrong_values({"build": value}, "triggers"))


@pytest.mark.parametrize(
    "value",
    [
        *(
            None,
            True,
            0,
            EXACT,
            -EXACT,
            1.5,
            float(EXACT),
            "",
            "图",
            Text.A,
            Settings(),
        ),
        *([], [1, ["a"]], (1, 2), {}, {"": {"a b": [None]}}),
        *(Output.from_input(EXACT + 1), [Output.secret({1: 2})]),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_pulumi_carries_is_no_fault_and_an_output_is_left_for_later(
    value: Any,
) -> None:
    assert faults(value) == []


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (EXACT + 1, f"triggers.build {ROUNDED}"),
        (-EXACT - 1, f"triggers.build {ROUNDED}"),
        (10**400, f"triggers.build {ROUNDED}"),
        (1764480000123456789.0, f"triggers.build {ROUNDED}"),
        (float("nan"), "triggers.build is no finite number: pass it as a string"),
        (float("-inf"), "triggers.build is no finite number: pass it as a string"),
        ([1, {"a": EXACT + 1}], f"triggers.build[1].a {ROUNDED}"),
        (
            date(2026, 11, 30),
            "triggers.build is of type date: pass it as a string",
        ),
        (b"a", "triggers.build is of type bytes: pass it as a string"),
        (range(3), "triggers.build is of type range: pass it as a string"),
        (Decimal(1), "triggers.build is of type Decimal: pass it as a string"),
        (Plain.A, "triggers.build is of type Plain: pass it as a string"),
        (object(), "triggers.build is of type object: pass it as a string"),
        (
            pulumi.FileAsset("urls.txt"),
            "triggers.build is of type FileAsset: pass it as a string",
        ),
        ({"a"}, "triggers.build is of type set: pass a sorted list"),
        (
            "caf\udce9",
            "triggers.build is no valid text: it holds half a surrogate pair",
        ),
        ({1: "x"}, "triggers.build has a key of type int: make it a string"),
        (
            {"\udce9": 1},
            "a key of triggers.build is no valid text: it holds half a surrogate pair",
        ),
        (
            {"a\nb\x1b": {1, 2}},
            "triggers.build.a b? is of type set: pass a sorted list",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)
def test_each_other_value_is_a_clause_with_its_place(value: Any, said: str) -> None:
    assert faults(value) == [said]


def test_all_wrong_values_are_reported() -> None:
    assert faults([{1}, {2: b""}]) == [
        "triggers.build[0] is of type set: pass a sorted list",
        "triggers.build[1] has a key of type int: make it a string",
        "triggers.build[1].2 is of type bytes: pass it as a string",
    ]


async def resolved(value: Any) -> Any:
    return await Output.from_input(value).future()


async def big() -> int:
    return EXACT + 1


@pytest.mark.parametrize(
    "later",
    [
        lambda: Output.from_input(EXACT + 1),
        lambda: Output.secret(EXACT + 1),
        lambda: Output.from_input(Output.from_input(EXACT + 1)),
        big,
    ],
    ids=["output", "secret", "nested", "awaitable"],
)
def test_a_value_that_comes_later_is_refused_when_it_comes(later: Any) -> None:
    async def check() -> None:
        with error_prefix("ScheduledPrefetch 'x': "):
            value = checked_later({"a": [later()], "b": 1}, "triggers")
        await resolved(value)

    with pytest.raises(RunError) as refused:
        asyncio.run(check())

    assert str(refused.value) == f"ScheduledPrefetch 'x': triggers.a[0] {ROUNDED}"


def test_a_value_that_comes_later_and_is_right_stays_as_it_is_and_secret() -> None:
    async def check() -> tuple[Any, bool]:
        value = checked_later({"a": [Output.secret(EXACT), (1,)]}, "")
        return await resolved(value), await Output.from_input(value).is_secret()

    assert asyncio.run(check()) == ({"a": [EXACT, [1]]}, True)
