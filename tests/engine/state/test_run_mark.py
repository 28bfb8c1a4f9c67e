import json

import pytest

from pulumi_embedded_engine.state import run_mark

LATEST = '"checkpoint":{"stack":"s","latest":{"metadata":{"features":1}}}'


@pytest.mark.parametrize(
    "content",
    [
        '{"version":3,' + LATEST + "}",
        '{"version":1,' + LATEST + "}",
        '{\n    "version": 3,\n    ' + LATEST + "\n}\n",
        '{"version":4,"features":["taint"],' + LATEST + "}",
        '{"version": 4, "features": [\n "taint", "views"\n], ' + LATEST + "}",
        '{"version":4,"features":[],' + LATEST + "}",
    ],
)
def test_the_mark_is_a_feature_beside_those_that_are_there_and_comes_off_again(
    content: str,
) -> None:
    plain = content.encode()

    marked = run_mark.with_mark(plain)

    assert run_mark.is_marked(marked)
    assert not run_mark.is_marked(plain)
    outer, before = json.loads(marked), json.loads(plain)
    assert outer["version"] == 4
    assert outer["features"] == [*before.get("features", []), run_mark.FEATURE]
    assert outer["checkpoint"] == before["checkpoint"]
    assert run_mark.without_mark(marked) == plain == run_mark.without_mark(plain)


@pytest.mark.parametrize(
    "content",
    [
        "{" + LATEST + ',"version":3}',
        "{" + LATEST + ',"features":["taint"],"version":4}',
        '{"version":4,' + LATEST + ',"features":["taint"]}',
        '{"version":4,"features":null,' + LATEST + "}",
    ],
)
def test_a_checkpoint_in_another_order_is_read_in_the_usual_one(content: str) -> None:
    plain = run_mark.without_mark(content.encode())

    marked = run_mark.with_mark(plain)

    before = json.loads(content)
    assert {k: v for k, v in before.items() if v is not None} == json.loads(plain)
    assert json.loads(marked)["features"][-1] == run_mark.FEATURE
    assert len(json.loads(marked)["features"]) == len(before.get("features") or ()) + 1
    assert run_mark.without_mark(marked) == plain


def test_a_marked_checkpoint_that_was_formatted_anew_loses_its_mark_too() -> None:
    plain = ('{"version":4,"features":["taint"],' + LATEST + "}").encode()
    marked = run_mark.with_mark(plain)

    anew = json.dumps(json.loads(marked), indent=2, sort_keys=True).encode()

    assert run_mark.is_marked(anew)
    assert json.loads(run_mark.without_mark(anew)) == json.loads(plain)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"\xff", b'{"a":1}', b"null"])
def test_what_is_no_checkpoint_stays_as_it_is(content: bytes) -> None:
    assert run_mark.without_mark(content) == content
    assert run_mark.with_mark(content) == content
    assert not run_mark.is_marked(content)
