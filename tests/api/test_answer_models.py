"""Models from answers that are incomplete, wrong or about another plan."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.api.answer_models import (
    model_reader,
    object_reader,
    plans_reader,
)
from pulumi_esa_prefetch.api.errors import AnotherId, BadAnswer, PlanUnreadable
from pulumi_esa_prefetch.api.models import (
    CreatedPlans,
    DeleteAnswer,
    Job,
    JobPage,
    Plan,
)
from tests.api.answering import JOB_ID, PLAN, PLAN_ID

OTHER_ID = "b" * 24


def test_an_answer_that_cannot_be_understood_names_the_field_and_the_request() -> None:
    read = model_reader("Start", Plan)

    with pytest.raises(BadAnswer) as caught:
        read({**PLAN, "EndTime": "whenever"})

    assert str(caught.value).startswith(
        "Start: ESA's answer cannot be understood: EndTime: 'whenever' is not"
    )
    assert str(caught.value).endswith("(request 65C66B7B-671A-8297-9187-2R5477247B76)")


def test_an_answer_about_another_plan_is_refused() -> None:
    with pytest.raises(
        BadAnswer, match=f"asked about {PLAN_ID}, and the answer is about x"
    ):
        object_reader("Start", Plan, PLAN_ID)({**PLAN, "Id": "x"})


def test_the_case_of_an_id_makes_no_difference() -> None:
    plan = object_reader("Start", Plan, PLAN_ID)({**PLAN, "Id": PLAN_ID.upper()})

    assert plan.id == PLAN_ID


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
            model_reader("Action", model)
            for model in (Job, Plan, CreatedPlans, JobPage, DeleteAnswer)
        ),
        object_reader("Action", Plan, PLAN_ID),
        plans_reader("Action", JOB_ID),
    ]
    for read in readers:
        try:
            read(content)
        except BadAnswer as error:
            assert str(error).isprintable()  # noqa: PT017


@pytest.mark.parametrize("said", ["a:b:c", 17, ["x"], {"Id": "x"}, "f" * 25])
def test_a_plan_with_an_invalid_job_id_keeps_its_other_fields(said: object) -> None:
    plan = model_reader("Start", Plan)({**PLAN, "JobId": said})

    assert (plan.id, plan.status, plan.job_id) == (PLAN_ID, "waiting", None)
    assert plan.unreadable_job == str(said)


@pytest.mark.parametrize("said", [None, "", "  "])
def test_a_missing_job_id_is_not_invalid(said: object) -> None:
    plan = model_reader("Start", Plan)({**PLAN, "JobId": said})

    assert (plan.job_id, plan.unreadable_job) == (None, None)


@pytest.mark.parametrize("said", ["a:b:c", "x", 17, 0, [], ["x"], {}, True])
def test_an_answer_with_an_invalid_id_is_about_another_plan(
    said: object,
) -> None:
    with pytest.raises(AnotherId, match=f"asked about {PLAN_ID}"):
        object_reader("Start", Plan, PLAN_ID)({**PLAN, "Id": said})


@pytest.mark.parametrize("said", ["a:b:c", 17, PLAN_ID + "0", None, "", [PLAN_ID]])
def test_an_entry_without_a_valid_id_may_be_any_plan_that_is_not_listed(
    said: object,
) -> None:
    content = {"Executions": [PLAN, {**PLAN, "Id": said}], "TotalCount": 2}

    plans = plans_reader("List", JOB_ID)(content)

    assert plans.find(PLAN_ID) == plans[0]
    assert [(each.id, each.status) for each in plans.unreadable] == [(None, "waiting")]
    with pytest.raises(PlanUnreadable, match="an entry without a plan's id"):
        plans.find(OTHER_ID)


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"StartTime": "2016-12-31T23:59:60Z"}, "StartTime: '2016-12-31T23:59:60Z' is"),
        ({"EndTime": "0001-01-01T00:00:00+0800"}, "EndTime: '0001-01-01T00:00:00+0"),
        ({"SliceLen": 1.5}, "SliceLen: Input should be a valid integer"),
        ({"Status": ["running"]}, "Status: Input should be a valid string"),
    ],
)
def test_a_plan_that_cannot_be_read_hides_no_other_and_is_not_missing(
    odd: dict[str, Any], reason: str
) -> None:
    unreadable = {**PLAN, "Id": OTHER_ID.upper(), **odd}

    plans = plans_reader("List", JOB_ID)({"Executions": [unreadable, PLAN]})

    assert [plan.id for plan in plans] == [PLAN_ID]
    with pytest.raises(PlanUnreadable) as caught:
        plans.find(OTHER_ID)
    assert f"plan {OTHER_ID} cannot be read: {reason}" in str(caught.value)
    assert plans.find("c" * 24) is None


def test_a_plan_with_one_readable_entry_of_two_cannot_be_read() -> None:
    content = {"Executions": [PLAN, {**PLAN, "SliceLen": 1.5}]}

    plans = plans_reader("List", JOB_ID)(content)

    assert plans == []
    with pytest.raises(PlanUnreadable):
        plans.find(PLAN_ID)


@pytest.mark.parametrize("odd", [17, "x", None, [PLAN]])
def test_an_entry_that_is_no_object_is_kept_apart(odd: object) -> None:
    plans = plans_reader("List", JOB_ID)({"Executions": [PLAN, odd]})

    assert [plan.id for plan in plans] == [PLAN_ID]
    assert [entry.id for entry in plans.unreadable] == [None]


def test_a_plan_that_is_listed_twice_has_a_status_only_if_both_agree() -> None:
    read, again = plans_reader("List", JOB_ID), {**PLAN, "Id": PLAN_ID.upper()}

    [same] = read({"Executions": [PLAN, again]})
    [torn] = read({"Executions": [PLAN, {**again, "Status": "running"}, again]})

    assert (same.id, same.status) == (PLAN_ID, "waiting")
    assert (torn.id, torn.status) == (PLAN_ID, None)


EVIL = "a\x1b[2Jb\x9b31m\x07c\u202e\u2066\u200b\u061c\x7f\r\nd\u2028e\ud800\U000e0041\u3164"
FIT = "a?[2Jb?31m?c????? d e???"


def test_no_text_of_a_model_moves_the_cursor_or_changes_the_text_direction() -> None:
    odd = {**PLAN, "Status": EVIL, "AliUid": EVIL, "RequestId": EVIL}
    plan = model_reader("Start", Plan)(odd)
    job = model_reader("Get", Job)({"Id": EVIL, "Name": EVIL, "ErrorInfo": EVIL})
    created = model_reader("Create", CreatedPlans)({"FailedMessages": [EVIL, EVIL]})

    assert plan.status == FIT.lower()
    assert (plan.ali_uid, plan.request_id) == (FIT, FIT)
    assert (job.id, job.name, job.error_info) == (FIT, FIT, FIT)
    assert created.failed_messages == (FIT, FIT)


@pytest.mark.parametrize(
    "legit",
    ["预热 – é e\u0301", "🚀 ❤\ufe0f", "👩\u200d🚀", "नमस्ते", "العربية"],  # noqa: RUF001
)
def test_letters_of_all_scripts_and_emoji_stay(legit: str) -> None:
    job = model_reader("Get", Job)({"Id": JOB_ID, "Name": legit})

    assert job.name == legit
