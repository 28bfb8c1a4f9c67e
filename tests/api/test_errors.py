"""The tree of errors and their sentences."""

import inspect
import re

import pytest

from pulumi_esa_prefetch.api import errors
from pulumi_esa_prefetch.api.error_codes import CLASSES
from pulumi_esa_prefetch.api.errors import ApiError, EsaError, NoAnswer, Throttled

TREE = {
    name: kind
    for name, kind in vars(errors).items()
    if inspect.isclass(kind) and issubclass(kind, EsaError)
}


def test_the_tree_in_the_docstring_has_every_class_below_its_parent() -> None:
    lines = re.findall(r"^([ │├└─]*)(\w+) {2,}", errors.__doc__ or "", re.MULTILINE)
    path: list[str] = []

    for branch, name in lines:
        depth = len(branch) // 4
        path[depth:] = [name]
        if depth:
            assert TREE[name].__bases__ == (TREE[path[depth - 1]],)

    assert {name for _, name in lines} == set(TREE)


def test_every_code_maps_to_a_class_of_api_error() -> None:
    assert all(issubclass(kind, ApiError) for kind in CLASSES.values())


@pytest.mark.parametrize("name", sorted(TREE))
def test_every_class_says_in_one_sentence_what_happened(name: str) -> None:
    assert (TREE[name].__doc__ or "").strip()


def test_a_sentence_is_one_line_however_it_is_made() -> None:
    error = NoAnswer("two\nlines \x1b[31mand colour")

    assert str(error) == "two lines ?[31mand colour"


def test_an_error_without_advice_ends_with_its_facts() -> None:
    error = Throttled("Start", "", 429, "Slow down.", None)

    assert str(error) == "Start: Slow down (HTTP 429)"


def test_an_ambiguous_error_says_so_by_its_attribute() -> None:
    assert NoAnswer("lost").ambiguous
    assert not errors.Unreachable("refused").ambiguous
    assert errors.BadAnswer("odd").ambiguous
