"""The whole probe against the emulator: in each dialect alone, in drawn combinations, and under faults."""

import random
from typing import Any

import pytest

from pulumi_esa_emulator.dialects import DIALECTS
from pulumi_esa_prefetch.probe.judgements import Verdict
from pulumi_esa_prefetch.probe.key_questions import NEEDS_PROFILE
from pulumi_esa_prefetch.probe.questions import BY_NAME
from pulumi_esa_prefetch.probe.url_budget import MOST_URLS
from tests.probe.probing import ProbedEsa, answers_of, drawn_dialects

FAST = {
    "cursor-per-plan",
    "new-plan-waits",
    "start-late-accepted",
    "start-running-accepted",
    "delete-running-runs-on",
    "reset-requeues",
    "bad-plans-reported",
    "window-over-failed",
}
FAULTS: list[dict[str, Any]] = [
    {"kind": "throttle"},
    {"kind": "server-error", "when": "before"},
    {"kind": "server-error", "when": "after"},
    {"kind": "reset", "when": "before"},
    {"kind": "reset", "when": "after"},
    {"kind": "truncated"},
    {"kind": "html", "when": "before"},
    {"kind": "html", "when": "after"},
    {"kind": "content-type"},
    {"kind": "extra-keys"},
    {"kind": "missing-keys"},
    {"kind": "times"},
    {"kind": "shuffled"},
    {"kind": "stale", "seconds": 3},
    {"kind": "expired-token"},
    {"kind": "denied"},
    {"kind": "skewed-clock", "seconds": 3600},
]


def faults(seed: int, *kinds: dict[str, Any]) -> dict[str, Any]:
    """One call in ten has one of these faults."""
    share = 0.1 / len(kinds)
    drawn = [
        kind | {"name": f"{n}", "probability": share} for n, kind in enumerate(kinds)
    ]
    return {"seed": seed, "faults": drawn}


def proven(esa: ProbedEsa) -> dict[str, str | None]:
    """The answers of a probe, none of them wrong; nothing of it is left."""
    found = answers_of(esa.probe(denied_key=True))
    truth = esa.truth()
    assert {name: answer for name, answer in found.items() if answer} == {
        name: truth[name] for name, answer in found.items() if answer
    }
    assert esa.prefetched <= MOST_URLS
    assert esa.jobs == ["job-1"]
    return found


@pytest.mark.parametrize(
    "dialect",
    [
        None,
        *(
            pytest.param(
                one.name, marks=() if one.name in FAST else (pytest.mark.slow,)
            )
            for one in DIALECTS
        ),
    ],
)
def test_it_names_each_dialect_that_is_alone(dialect: str | None) -> None:
    esa = ProbedEsa([dialect] if dialect else [])

    assert proven(esa) == esa.truth()


@pytest.mark.parametrize(
    "draw", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 200))]
)
def test_it_names_all_dialects_of_a_drawn_combination(draw: int) -> None:
    esa = ProbedEsa(drawn_dialects(random.Random(draw)))

    assert proven(esa) == esa.truth()


@pytest.mark.parametrize(
    "draw", [0, *(pytest.param(n, marks=pytest.mark.slow) for n in range(1, 200))]
)
def test_where_one_call_in_ten_fails_no_answer_is_wrong(draw: int) -> None:
    dialects = drawn_dialects(random.Random(draw))
    found = proven(ProbedEsa(dialects, faults(draw, *FAULTS), seed=draw))

    assert sum(answer is not None for answer in found.values()) > len(found) / 2


@pytest.mark.slow
@pytest.mark.parametrize("draw", range(3))
@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_where_one_call_in_ten_fails_in_the_same_way_no_answer_is_wrong(
    fault: dict[str, Any], draw: int
) -> None:
    dialects = drawn_dialects(random.Random(draw))

    proven(ProbedEsa(dialects, faults(draw, fault), seed=draw))


def test_without_a_key_that_is_denied_the_code_of_ram_is_not_settled() -> None:
    answers = ProbedEsa(["denied-is-forbidden-ram"]).probe().answers

    unsettled = {q: a for q, a in answers.items() if not isinstance(a, Verdict)}
    assert unsettled == {"denied": NEEDS_PROFILE}


def test_the_table_has_the_emulators_rules_and_values() -> None:
    truth = ProbedEsa().truth()
    values = {(one.rule.replace("_", "-"), str(one.value)) for one in DIALECTS} | set(
        truth.items()
    )

    assert {question for question, _ in values} == BY_NAME.keys()
    assert all(value in BY_NAME[question].answers for question, value in values)
