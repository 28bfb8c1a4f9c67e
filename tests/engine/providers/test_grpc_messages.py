import traceback
from typing import Any, NoReturn

import pytest
from pulumi.runtime.proto import provider_pb2

from pulumi_embedded_engine.providers.grpc_messages import exception_message, read_diff


def _raise(error: Exception) -> NoReturn:
    raise error


def _trace(error: Exception) -> str:
    try:
        _raise(error)
    except Exception:  # noqa: BLE001 - as the dynamic host does
        return traceback.format_exc()


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (Exception("no such plan"), "no such plan"),
        (KeyError("x"), "KeyError: 'x'"),
        (ValueError("two\nlines"), "ValueError: two\nlines"),
    ],
)
def test_an_exception_is_reported_by_its_own_message(
    error: Exception, message: str
) -> None:
    assert exception_message(_trace(error)) == message


def test_the_last_exception_of_a_chain_counts() -> None:
    inner = _trace(KeyError("inner"))
    outer = _trace(RuntimeError("outer"))

    message = exception_message(f"{inner}\nDuring handling, another one:\n\n{outer}")

    assert message == "RuntimeError: outer"


def test_a_dotted_class_name_is_left_out() -> None:
    assert (
        exception_message("some.module.PlanError: the plan is gone")
        == "the plan is gone"
    )


def test_other_text_stays_as_it_is() -> None:
    assert exception_message("plain words: here") == "plain words: here"


def test_a_kind_of_change_of_a_newer_protocol_is_read_as_an_update() -> None:
    change: Any = provider_pb2.PropertyDiff()
    change.kind = 99

    answer = provider_pb2.DiffResponse(hasDetailedDiff=True, detailedDiff={"a": change})

    detailed = read_diff(answer).detailed
    assert detailed is not None
    assert detailed["a"].kind == "update"
