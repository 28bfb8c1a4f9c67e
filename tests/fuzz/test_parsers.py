"""Every parser on what is nearly right: it is read, or refused in one sentence."""

import pytest
from hypothesis import strategies as st

from tests.fuzz.conftest import ForAll
from tests.fuzz.damage import cut, damaged, dumped
from tests.fuzz.targets import TARGETS, Target

KNOWN = [(name, content) for name, t in TARGETS.items() for content in t.examples()]


def contents(target: Target) -> st.SearchStrategy[bytes]:
    documents = [damaged(*target.documents).map(dumped)] if target.documents else []
    texts = (st.sampled_from(target.texts).flatmap(cut),) if target.texts else ()
    return st.one_of(
        *documents, *texts, *(one.flatmap(cut) for one in documents), st.binary()
    )


@pytest.mark.parametrize("name", TARGETS)
def test_any_content_is_read_or_refused_in_a_sentence(
    name: str, for_all: ForAll
) -> None:
    target = TARGETS[name]

    for_all(target.law, contents(target))


@pytest.mark.parametrize(
    ("name", "content"),
    KNOWN,
    ids=[f"{name} {number}" for number, (name, _) in enumerate(KNOWN)],
)
def test_what_is_right_and_what_broke_it_once_breaks_no_parser(
    name: str, content: bytes
) -> None:
    TARGETS[name].law(content)
