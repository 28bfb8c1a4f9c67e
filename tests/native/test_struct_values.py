"""Secrets in properties: what comes back under the same name is as secret as it was."""

from typing import Any

import pytest
from pulumi.runtime import rpc

from pulumi_esa_prefetch.native.struct_values import keep_secrets, read_struct
from tests.native.plugin import Props, plain, struct


def secret(value: object) -> Props:
    return {rpc._special_sig_key: rpc._special_secret_sig, "value": value}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({"a": secret("x")}, {"a": secret("y"), "b": "z"}),
        ({"t": {"a": secret("x"), "b": "1"}}, {"t": {"a": secret("y"), "b": "1"}}),
        ({"t": [{"a": secret("x")}]}, {"t": secret([{"a": "x"}])}),
        ({"t": secret({"a": "x"})}, {"t": secret({"a": "x"})}),
        ({"t": "x"}, {"t": "x"}),
        ({"gone": secret("x")}, {"t": "x"}),
    ],
)
def test_a_property_is_secret_where_it_was_before(before: Props, after: Props) -> None:
    opened: Any = read_struct(struct(after))

    assert plain(keep_secrets(struct(opened), struct(before))) == after


def test_a_secret_that_is_not_known_yet_stays_one() -> None:
    found = keep_secrets(struct({"a": rpc.UNKNOWN}), struct({"a": secret("x")}))

    assert plain(found) == {"a": secret(rpc.UNKNOWN)}
