from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.api.errors import BadAnswer
from pulumi_esa_prefetch.api.models import CreatedPlans, Done, Job, JobPage, Plan
from pulumi_esa_prefetch.api.reading import plans_reader, reader, reader_of
from tests.api.answering import JOB_ID, PLAN, PLAN_ID


def test_an_answer_that_cannot_be_understood_names_the_field_and_the_request() -> None:
    read = reader("Start", Plan)

    with pytest.raises(BadAnswer) as caught:
        read({**PLAN, "EndTime": "whenever"})

    assert str(caught.value).startswith(
        "Start: ESA's answer cannot be understood: EndTime: Value error, 'whenever' is not"
    )
    assert str(caught.value).endswith("(request 65C66B7B-671A-8297-9187-2R5477247B76)")


def test_an_answer_about_another_plan_is_refused() -> None:
    with pytest.raises(
        BadAnswer, match=f"asked about {PLAN_ID}, and the answer is about x"
    ):
        reader_of("Start", Plan, PLAN_ID)({**PLAN, "Id": "x"})


def test_the_case_of_an_id_makes_no_difference() -> None:
    plan = reader_of("Start", Plan, PLAN_ID)({**PLAN, "Id": PLAN_ID.upper()})

    assert plan.id == PLAN_ID.upper()


_FIELDS = [
    *(
        "Id",
        "JobId",
        "StartTime",
        "EndTime",
        "Interval",
        "SliceLen",
        "Status",
        "AliUid",
    ),
    *("RequestId", "Executions", "SuccessExecutions", "FailedExecutions", "TotalCount"),
    *("FailedMessages", "SuccessCount", "Jobs", "SiteId", "CreatedAt", "UrlCount"),
]
_LEAVES = (
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=6)
    | st.sampled_from(
        ["2024-06-02T02:43:35Z", "0001-01-01T00:00:00+0800", "1e400", PLAN_ID]
    )
)
_ANSWERS: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(_FIELDS),
    st.recursive(
        _LEAVES,
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(_FIELDS), inner, max_size=4)
        ),
        max_leaves=8,
    ),
    max_size=8,
)


@given(_ANSWERS)
def test_any_answer_is_a_model_or_a_sentence(content: dict[str, Any]) -> None:
    readers: list[Any] = [
        *(
            reader("Action", model)
            for model in (Job, Plan, CreatedPlans, JobPage, Done)
        ),
        reader_of("Action", Plan, PLAN_ID),
        plans_reader("Action", JOB_ID),
    ]
    for read in readers:
        try:
            read(content)
        except BadAnswer as error:
            assert str(error).isprintable()  # noqa: PT017
