"""What a seed can hold; a bad seed gives an error of one sentence."""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.messages.documents import (
    DocumentError,
    parse_document,
    read_document,
)
from pulumi_esa_emulator.state.seed import Seed
from stacks.prefetch.demo.settings import ROOT
from tests.emulator.conftest import EmulatorFactory
from tests.emulator.seeds import JOB, plan, plan_id, seed


def refusal(document: object) -> str:
    text = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(DocumentError) as error:
        create_app(seed=parse_document(text, Seed, "seed.json"))
    return str(error.value)


def test_a_seed_cut_off_anywhere_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "seed.json"
    text = json.dumps(seed(plan(), urls=2)).encode()

    for cut in range(len(text)):
        path.write_bytes(text[:cut])
        with pytest.raises(DocumentError, match=r"seed\.json: invalid JSON"):
            read_document(path, Seed)


def test_the_smallest_seed_needs_a_site_and_no_ids(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(
        {
            "sites": [{"SiteId": 1}],
            "jobs": [{"SiteId": 1, "plans": [{"Interval": 1, "SliceLen": 1}]}],
        }
    )

    state = emulator.control.get("/_emulator/state").json()

    [job] = state["jobs"]
    [one] = job["plans"]
    assert len(job["Id"]) == len(one["Id"]) == 24
    assert (one["JobId"], one["Status"]) == (job["Id"], "waiting")


def test_times_are_relative_to_the_emulators_now(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan(StartTime="-1d", EndTime="2036-06-01T00:00:00Z")))

    found = emulator.plan(plan_id())

    assert found["StartTime"] == "2026-05-31T20:00:00.000+08:00"
    assert found["EndTime"] == "2036-06-01T08:00:00.000+08:00"


def test_an_invalid_time_is_refused_with_the_valid_forms() -> None:
    said = refusal(seed(plan(StartTime="soon")))

    assert "'soon' is not a time such as now, +2h, -1d12h or 2024" in said


def test_the_seed_of_the_guide_is_valid(new_emulator: EmulatorFactory) -> None:
    guide = (ROOT / "docs/local-esa.md").read_text()
    example = guide.partition("```json\n")[2].partition("```")[0]

    state = new_emulator(json.loads(example)).control.get("/_emulator/state").json()

    assert {one["Status"] for one in state["jobs"][0]["plans"]} == {
        "waiting",
        "stopped",
    }


def test_a_url_list_can_be_a_string_of_lines(new_emulator: EmulatorFactory) -> None:
    document = seed()
    document["jobs"][0]["UrlList"] = "http://a.example/1\nhttp://a.example/2"

    state = new_emulator(document).control.get("/_emulator/state").json()

    assert state["jobs"][0]["UrlCount"] == 2


def test_the_keys_of_a_seed_are_added_to_the_others(
    new_emulator: EmulatorFactory,
) -> None:
    key = {"AccessKeyId": "k", "AccessKeySecret": "s"}
    emulator = new_emulator({**seed(), "keys": [key]})

    ids = [one["AccessKeyId"] for one in emulator.control.get("/_emulator/keys").json()]

    assert ids == ["emulator-key", "k"]


@pytest.mark.parametrize(
    ("document", "sentence"),
    [
        (b"", "seed.json: invalid JSON"),
        (b"\xff\xfe", "seed.json: invalid JSON"),
        ([], "seed.json: input should be an object"),
        ({"site": []}, "seed.json: site: extra inputs are not permitted."),
        ({"sites": [{}]}, "seed.json: sites[0].SiteId: field required."),
        ({"sites": [{"SiteId": -1}]}, "sites[0].SiteId"),
        (
            {"sites": [{"SiteId": 1}, {"SiteId": 1}]},
            "The seed lists a site twice.",
        ),
        (
            {"jobs": [{"SiteId": 5, "Name": "n"}]},
            "The seed's job 'n' is of site 5, which the seed does not list.",
        ),
        (seed(plan(), plan()), f"The seed uses the id {plan_id()} twice."),
        (seed(plan(Id="x")), "jobs[0].plans[0].Id: 'x' is not an id of 24 hex digits."),
        (seed(plan(Interval=0)), "jobs[0].plans[0].Interval"),
        (seed(plan(Status="sleeping")), "jobs[0].plans[0].Status"),
        (seed(plan(StartTime="soon")), "jobs[0].plans[0].StartTime: 'soon' is not a"),
        (
            seed(plan(StartTime="+2h", EndTime="+1h")),
            f"The seed's plan {plan_id()} ends before it starts.",
        ),
    ],
)
def test_a_bad_seed_ends_in_one_sentence(document: object, sentence: str) -> None:
    said = refusal(document)

    assert sentence in said
    assert "\n" not in said


def test_a_bad_keys_secret_is_not_repeated() -> None:
    key = {"AccessKeyId": "k", "AccessKeySecret": "hush", "Policy": 5}

    assert "hush" not in refusal({**seed(), "keys": [key]})


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False)
        | st.sampled_from([JOB, "+1h", "waiting", "x"]),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        *(
                            "sites",
                            "jobs",
                            "plans",
                            "SiteId",
                            "Id",
                            "Status",
                            "UrlList",
                        ),
                        *(
                            "StartTime",
                            "EndTime",
                            "Interval",
                            "SliceLen",
                            "Name",
                            "oss",
                        ),
                    ]
                ),
                inner,
                max_size=5,
            )
        ),
        max_leaves=12,
    )
)
def test_any_document_is_loaded_or_refused_in_one_sentence(document: Any) -> None:
    said = ""
    try:
        create_app(
            seed=parse_document(json.dumps(document).encode(), Seed, "seed.json")
        )
    except DocumentError as error:
        said = str(error)

    assert "\n" not in said
