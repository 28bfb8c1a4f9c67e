"""Documents that are nearly right, for tests that feed parsers; knows no parser."""

import copy
import json
from collections.abc import Iterator
from typing import Any

from hypothesis import strategies as st

DEEP, DEEPER = "@deep@", "@deeper@"
_DEPTHS = {DEEP: 400, DEEPER: 100_000}
_ODD = (
    *("", " ", "\n", "a\nb", "\x00", "\ud800", "\u2028", "é", "%", "://", "~"),
    *("1e999", "-1", "0", "9" * 5000, "true", "null", "<nil>", "v1::", "v1:AA==:AA=="),
    *("2026-01-31T08:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59Z"),
    *("P999999999D", "2026-01-01T00:00:00Z/P999999999D", DEEP, DEEPER),
)

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-3, 5)
    | st.integers()
    | st.sampled_from([2**31, 2**63, -(2**63), 2**64, 10**30])
    | st.floats()
    | st.sampled_from(_ODD)
    | st.text(max_size=6)
)


def trees(*words: str) -> st.SearchStrategy[Any]:
    """Any JSON, with keys and texts among these words now and then."""
    keys = st.sampled_from([*words, "x"]) | st.text(max_size=4)
    return st.recursive(
        scalars | keys,
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(keys, inner, max_size=4)
        ),
        max_leaves=8,
    )


@st.composite
def damaged(draw: st.DrawFn, *documents: Any) -> Any:
    """One of the documents with a few places changed, removed, doubled or swapped."""
    found = [copy.deepcopy(draw(st.sampled_from(documents)))]
    words = sorted({step for step in _words(documents) if isinstance(step, str)})
    for _ in range(draw(st.integers(0, 3))):
        places = list(_places(found))
        holder, step = draw(st.sampled_from(places))
        what = draw(st.sampled_from(["change", "change", "remove", "add", "swap"]))
        if what == "remove" and holder is not found:
            del holder[step]
        elif what == "add" and isinstance(holder, dict):
            holder[draw(st.sampled_from([*words, "x"]))] = draw(trees(*words))
        elif what == "swap":
            other, place = draw(st.sampled_from(places))
            holder[step] = copy.deepcopy(other[place])
        else:
            holder[step] = draw(trees(*words))
    return found[0]


def dumped(document: Any) -> bytes:
    """The document as JSON, with what JSON can hold and Python's writer cannot."""
    text = json.dumps(document)
    for mark, depth in _DEPTHS.items():
        text = text.replace(f'"{mark}"', "[" * depth + "]" * depth)
    return text.encode()


@st.composite
def cut(draw: st.DrawFn, content: bytes) -> bytes:
    """The content with some bytes missing, doubled or others."""
    found = bytearray(content)
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(found)))
        end = min(len(found), start + draw(st.integers(0, 8)))
        found[start:end] = draw(
            st.binary(max_size=4)
            | st.sampled_from([b"[", b"{", b'"', b"\n", b": ", b"&a ", b"*a", b"<<: "])
        )
    return bytes(found)


def _places(holder: Any) -> Iterator[tuple[Any, Any]]:
    steps = holder if isinstance(holder, dict) else range(len(holder))
    for step in steps:
        yield holder, step
        if isinstance(holder[step], dict | list):
            yield from _places(holder[step])


def _words(value: Any) -> Iterator[Any]:
    if isinstance(value, dict):
        yield from value
    if isinstance(value, dict | list | tuple):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _words(item)
    else:
        yield value
