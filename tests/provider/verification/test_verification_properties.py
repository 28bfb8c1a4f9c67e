"""When the edge is measured or judged again, what a record holds, and why a gate fails; pure."""

from typing import Any

import pytest
from pulumi.output import UNKNOWN

from pulumi_esa_prefetch.api.errors import LONGEST_SENTENCE
from pulumi_esa_prefetch.provider.verification.properties import (
    GateInputs,
    RecordInputs,
    RecordState,
    is_to_judge,
    is_to_measure,
    wrong_properties,
)
from pulumi_esa_prefetch.provider.verification.words import failure, figure
from pulumi_esa_prefetch.warmth.edge_answer import EdgeAnswer
from pulumi_esa_prefetch.warmth.measurement import CAVEATS, Measurement, measure
from pulumi_esa_prefetch.warmth.sampling import url_digest
from tests.provider.world import ID

URLS = [f"https://www.example.com/{n}.js" for n in range(10)]
NEWS: dict[str, Any] = {
    "plan": ID,
    "starts": 1.0,
    "urls": URLS,
    "sample": 4.0,
    "seed": 0.0,
    "triggers": {"release": 1.0},
}


def answered(status: str, size: int = 4) -> Measurement:
    return measure(URLS, size=size, seed=0, ask=lambda url: EdgeAnswer(url, status))


def outputs(**changed: Any) -> dict[str, Any]:
    inputs = RecordInputs.model_validate(NEWS)
    state = RecordState.of(inputs, answered("HIT"), ())
    return state.model_dump(exclude_none=True) | changed


def test_what_was_measured_is_not_measured_again() -> None:
    same = NEWS | {"urls": [*reversed(URLS), URLS[0]], "__provider": "x"}

    assert not is_to_measure(outputs(), NEWS)
    assert not is_to_measure(outputs(__provider="x"), same)


@pytest.mark.parametrize(
    "change",
    [
        {"starts": 2.0},
        {"plan": f"{ID}x"},
        {"urls": URLS[:9]},
        {"sample": 5.0},
        {"seed": 1.0},
        {"triggers": {"release": True}},
        {"triggers": None},
        {"starts": UNKNOWN},
        {"urls": UNKNOWN},
    ],
)
def test_another_start_plan_list_sample_or_trigger_is_measured(
    change: dict[str, Any],
) -> None:
    assert is_to_measure(outputs(), NEWS | change)


def test_a_measurement_that_was_interrupted_or_cannot_be_read_is_made_anew() -> None:
    assert is_to_measure(outputs(interrupted=True), NEWS)
    assert is_to_measure(outputs(asked="x"), NEWS)


def test_a_record_has_the_figures_and_the_digests_of_all_that_was_ever_asked() -> None:
    before = url_digest("https://www.example.com/before")
    inputs = RecordInputs.model_validate(NEWS)

    state = RecordState.of(inputs, answered("MISS"), {before, url_digest(URLS[0])})

    assert before in state.asked
    assert set(answered("MISS").digests) < set(state.asked)
    assert (state.warm_ratio, state.checked, state.wanted) == (0.0, 4, 4)
    assert state.by_status == {"MISS": 4}
    assert state.population == len(URLS)


def test_an_interruption_counts_only_if_answers_are_lacking() -> None:
    inputs = RecordInputs.model_validate(NEWS)

    lacking, complete = (
        RecordState.of(inputs, answered("HIT", size), (), interrupted=True)
        for size in (3, 4)
    )

    assert (lacking.interrupted, complete.interrupted) == (True, False)


@pytest.mark.parametrize(
    ("change", "reasons"),
    [
        ({"urls": []}, ["urls must be a list of 1 to 10000 URLs"]),
        ({"urls": "x", "sample": UNKNOWN}, ["urls must be a list of 1 to 10000 URLs"]),
        ({"sample": 0.0}, ["sample must be a whole number from 1 to 10000"]),
        ({"sample": 1.5}, ["sample must be a whole number from 1 to 10000"]),
        ({"triggers": [1]}, ["triggers must be a mapping of JSON values"]),
        ({"plan": None}, ["plan must be the id of a plan's resource"]),
        ({"size": 1.0}, ["size is not an input"]),
    ],
)
def test_a_wrong_property_is_named(change: dict[str, Any], reasons: list[str]) -> None:
    found = wrong_properties(RecordInputs, NEWS | change)

    assert [reason for _, reason in found] == reasons


def gate(minimum: float = 0.9, **figures: Any) -> GateInputs:
    known: dict[str, Any] = {"plan": ID, "starts": 1, "minimum": minimum}
    found = outputs()
    seen = {n: found[n] for n in GateInputs.model_fields if n in found}
    return GateInputs(**seen | known | figures)


@pytest.mark.parametrize(
    ("figures", "parts"),
    [
        (
            {
                "by_status": {"HIT": 35, "MISS": 10, "NONE": 2, "DYNAMIC": 3},
                "checked": 50,
                "wanted": 50,
                "population": 120,
                "warm_ratio": 35 / 47,
                "low": 0.6321,
                "high": 0.8299,
            },
            [
                (
                    "35 of 47 URLs are warm: 74.4 % (95 % interval 63.7 % to 82.9 %), below the minimum of 90 %; "
                    "others: 10 MISS, 2 NONE: run the plan again"
                ),
                "DYNAMIC (3 URLs) is a fault of configuration",
                "only the first request of a URL counts",
                "one place on the network sees one edge location",
            ],
        ),
        (
            {"by_status": {"BYPASS": 4}, "warm_ratio": None},
            ["no URL could be verified: BYPASS (4 URLs) is a fault of configuration"],
        ),
        (
            {"checked": 0, "wanted": 0, "by_status": {}, "warm_ratio": None},
            ["nothing was measured, for each URL of the list was asked before"],
        ),
        (
            {"checked": 3},
            ["ended the measurement after 3 of 4 URLs: change the triggers"],
        ),
        (
            {"checked": 1, "interrupted": True},
            ["was interrupted after 1 of 4 URLs: the next up asks other URLs"],
        ),
        (
            {"by_status": {"HIT": 3, "FAILED": 1}, "minimum": 0.8},
            [
                "3 of 4 URLs are warm: 75 % (95 %",
                "below the minimum of 80 %; others: 1 FAILED",
            ],
        ),
    ],
)
def test_a_gate_fails_in_one_sentence(
    figures: dict[str, Any], parts: list[str]
) -> None:
    said = failure(gate(**figures))

    assert said is not None
    assert said.startswith(f"plan {ID} is not verified as warm: ")
    assert len(said) < LONGEST_SENTENCE
    assert ". " not in said
    for part in parts:
        assert part in said


@pytest.mark.parametrize(("hits", "minimum"), [(0, 0.0), (3, 0.75), (4, 1.0)])
def test_a_gate_lets_the_minimum_pass(hits: int, minimum: float) -> None:
    assert failure(gate(minimum, by_status={"HIT": hits, "MISS": 4 - hits})) is None


def test_nothing_measured_passes_no_minimum() -> None:
    nothing: dict[str, Any] = {"checked": 0, "warm_ratio": None, "by_status": {}}

    assert failure(gate(0.0, wanted=0, **nothing))
    assert failure(gate(0.0, wanted=4, **nothing))


def test_a_figure_is_shown_with_its_interval_and_its_limits() -> None:
    said = figure(gate())

    assert said.startswith("4 of 4 URLs are warm: 100 % (95 % interval ")
    assert said.endswith(" ".join(CAVEATS))


def test_a_gate_is_judged_again_for_other_figures_or_another_minimum() -> None:
    passed = gate().model_dump(exclude_none=True)

    assert not is_to_judge(passed | {"__provider": "x"}, passed)
    assert is_to_judge(passed, passed | {"minimum": 0.5})
    assert is_to_judge(passed, passed | {"by_status": {"HIT": 3.0}})
    assert is_to_judge(passed, passed | {"low": UNKNOWN})
