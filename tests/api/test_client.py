"""Each method of the client: the request that it sends and the result for each answer."""

import json
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import httpx
import pytest

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadAnswer,
    EsaError,
    PartialFailure,
    PlansRefused,
    UrlsRefused,
)
from pulumi_esa_prefetch.api.models import Job, Plan, PlanSpec
from pulumi_esa_prefetch.api.rate_limiter import BELOW_QUOTA
from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.settings.settings import Settings, read_settings
from tests.api.answering import (
    JOB_ID,
    NOON,
    PLAN,
    PLAN_ID,
    REQUEST_ID,
    Script,
    client_of,
    ok,
    refusal,
)

JOB: dict[str, Any] = {
    "RequestId": REQUEST_ID,
    "Id": JOB_ID,
    "Name": "example",
    "SiteId": 190007158391808,
    "InsertWay": "textBox",
    "TaskType": "preload",
    "Domains": "testurl.com",
    "UrlCount": 2,
    "UrlSubmitted": 1,
    "TaskSubmitted": 1,
    "ErrorInfo": "",
    "FailedFileOss": "",
    "FileId": "665d3b48621bccf3fe29e1a7",
    "CreatedAt": "2023-06-05T10:04:20+0800",
    "AliUid": "15685865xxx14622",
}
WINDOW = (
    datetime(2024, 6, 3, 16, tzinfo=UTC),
    datetime.fromisoformat("2024-06-04T10:02:09+08:00"),
)


def sent(
    app: Script, number: int = 0
) -> tuple[str, str, dict[str, str], dict[str, str]]:
    request = app.requests[number]
    form = parse_qs(request.content.decode(), keep_blank_values=True)
    return (
        app.actions[number],
        request.method,
        dict(request.url.params),
        {name: values[0] for name, values in form.items()},
    )


def test_list_instance_quotas_names_the_quotas_and_the_site() -> None:
    quota = {"QuotaName": "preload", "QuotaValue": "500", "QuotaValueType": "num"}
    answer = {"RequestId": REQUEST_ID, "Status": "online", "InstanceId": "esa-1"}
    app = Script(ok({**answer, "Quotas": [quota]}), ok({**answer, "Quotas": None}))
    client = client_of(app)

    found = client.list_instance_quotas(quota_names=["preload", "wildcard"], site_id=7)
    none = client.list_instance_quotas(quota_names=["preload"], instance_id="esa-1")

    asked = {"QuotaNames": "preload,wildcard", "SiteId": "7"}
    assert sent(app) == ("ListInstanceQuotas", "GET", asked, {})
    assert sent(app, 1)[2] == {"InstanceId": "esa-1", "QuotaNames": "preload"}
    assert [(one.name, one.value, one.value_type) for one in found.quotas] == [
        ("preload", "500", "num")
    ]
    assert none.quotas == ()


def test_purge_caches_sends_the_content_in_the_query_and_is_repeated_after_a_lost_answer() -> (
    None
):
    app = Script(
        httpx.Response(502), ok({"RequestId": REQUEST_ID, "TaskId": "1234, 5678"})
    )

    purge = client_of(app).purge_caches(site_id=7, files=["https://x/a", "https://x/é"])

    content = '{"Files":["https://x/a","https://x/é"]}'
    asked = {"Content": content, "SiteId": "7", "Type": "file"}
    assert sent(app) == sent(app, 1) == ("PurgeCaches", "POST", asked, {})
    assert purge.task_ids == ("1234", "5678")


def test_describe_purge_tasks_reads_a_page() -> None:
    task = {"TaskId": 1234, "Content": "https://x/a\nhttps://x/b", "Status": "Failed"}
    page = {"RequestId": REQUEST_ID, "TotalCount": 51}
    app = Script(
        ok(page | {"Tasks": [task | {"Process": "40%", "Description": "No"}]}),
        ok({"RequestId": REQUEST_ID, "TotalCount": 0}),
        ok(page),
    )
    client = client_of(app)

    found = client.describe_purge_tasks(
        site_id=7, start_time=NOON, end_time=WINDOW[1], page_number=2
    )

    asked = {
        "SiteId": "7",
        "Type": "file",
        "StartTime": "2024-06-01T12:00:00Z",
        "EndTime": "2024-06-04T02:02:09Z",
        "PageNumber": "2",
        "PageSize": "50",
    }
    assert sent(app) == ("DescribePurgeTasks", "GET", asked, {})
    (read,) = found.tasks or ()
    assert (read.task_id, read.status, read.description) == ("1234", "failed", "No")
    assert read.content == ("https://x/a", "https://x/b")
    assert not client.describe_purge_tasks(site_id=7).tasks
    with pytest.raises(BadAnswer, match="DescribePurgeTasks: the answer has no list"):
        client.describe_purge_tasks(site_id=7)


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("QuotaExceeded.Refresh", "the quota is used up: ask for less, raise it, or"),
        ("PurgeQuotaExceeded", "the quota is used up"),
        ("QuotaPerMinuteExceeded.Refresh", "try again later, or set esa-prefetch:max"),
    ],
)
def test_a_quota_that_is_used_up_says_what_to_do(code: str, said: str) -> None:
    client = client_of(Script(refusal(400, code)), deadline=0.5)

    with pytest.raises(ApiError, match=said):
        client.purge_caches(site_id=7, files=["https://x/a"])


def test_create_scheduled_preload_job_sends_urls_one_per_line() -> None:
    app = Script(ok(JOB))

    job = client_of(app).create_scheduled_preload_job(
        site_id=190007158391808,
        name="example",
        insert_way="textBox",
        url_list=["http://testurl.com/a.txt", "http://testurl.com/b.txt"],
    )

    assert sent(app) == (
        "CreateScheduledPreloadJob",
        "POST",
        {},
        {
            "SiteId": "190007158391808",
            "Name": "example",
            "InsertWay": "textBox",
            "UrlList": "http://testurl.com/a.txt\nhttp://testurl.com/b.txt",
        },
    )
    assert job.id == JOB_ID
    assert job.created_at == datetime(2023, 6, 5, 2, 4, 20, tzinfo=UTC)
    assert job.request_id == REQUEST_ID
    assert job.error_info is None


def test_one_string_of_urls_is_sent_unchanged() -> None:
    app = Script(ok(JOB))

    client_of(app).create_scheduled_preload_job(
        site_id="1", name="x", insert_way="textBox", url_list="http://a/1\nhttp://a/2"
    )

    assert sent(app)[3]["UrlList"] == "http://a/1\nhttp://a/2"


@pytest.mark.parametrize(
    ("refused", "words"),
    [
        ({"ErrorInfo": "InvalidDomain"}, "InvalidDomain"),
        (
            {"ErrorInfo": "QuotaExcess", "FailedFileOss": "https://x.oss/1"},
            "QuotaExcess, listed in https://x.oss/1",
        ),
        ({"FailedFileOss": "https://x.oss/1"}, "it gives no reason, listed in https"),
    ],
)
def test_a_job_whose_urls_were_refused_is_an_error_that_keeps_the_job(
    refused: dict[str, str], words: str
) -> None:
    app = Script(ok({**JOB, **refused}))

    with pytest.raises(UrlsRefused, match=words) as caught:
        client_of(app).create_scheduled_preload_job(
            site_id=1, name="x", insert_way="oss", oss_url="https://x.oss/urls"
        )

    assert isinstance(caught.value, PartialFailure)
    assert caught.value.job.id == JOB_ID
    assert f"created job {JOB_ID}" in str(caught.value)
    assert REQUEST_ID in str(caught.value)
    assert len(app.requests) == 1


def test_get_scheduled_preload_job_returns_a_job_with_refused_urls() -> None:
    app = Script(ok({**JOB, "ErrorInfo": "invalid domain:test.com"}))

    job = client_of(app).get_scheduled_preload_job(job_id=JOB_ID)

    assert sent(app) == ("GetScheduledPreloadJob", "GET", {"Id": JOB_ID}, {})
    assert job.error_info == "invalid domain:test.com"
    assert (job.url_count, job.site_id) == (2, 190007158391808)


def test_an_observer_gets_each_answer_as_esa_wrote_it() -> None:
    app, seen = Script(ok(JOB), ok(JOB)), list[tuple[str, Any]]()
    client = client_of(app)

    client.observed(lambda *shown: seen.append(shown)).get_scheduled_preload_job(
        job_id=JOB_ID
    )
    client.get_scheduled_preload_job(job_id=JOB_ID)

    ((action, content),) = seen
    assert (action, content["CreatedAt"]) == (
        "GetScheduledPreloadJob",
        "2023-06-05T10:04:20+0800",
    )


def test_reset_scheduled_preload_job_gives_the_job() -> None:
    app = Script(ok({**JOB, "TaskSubmitted": 0}))

    job = client_of(app).reset_scheduled_preload_job(job_id=JOB_ID)

    assert sent(app) == ("ResetScheduledPreloadJob", "POST", {"Id": JOB_ID}, {})
    assert job.task_submitted == 0


def test_delete_scheduled_preload_job_gives_the_request_id() -> None:
    app = Script(ok({"RequestId": REQUEST_ID}))

    request_id = client_of(app).delete_scheduled_preload_job(job_id=JOB_ID)

    assert sent(app) == ("DeleteScheduledPreloadJob", "POST", {"Id": JOB_ID}, {})
    assert request_id == REQUEST_ID


def test_delete_scheduled_preload_execution_gives_the_request_id() -> None:
    app = Script(ok({"RequestId": REQUEST_ID}))

    request_id = client_of(app).delete_scheduled_preload_execution(plan_id=PLAN_ID)

    assert sent(app) == ("DeleteScheduledPreloadExecution", "POST", {"Id": PLAN_ID}, {})
    assert request_id == REQUEST_ID


def test_an_answer_without_any_field_of_esa_is_an_error() -> None:
    client = client_of(Script(ok({})))

    with pytest.raises(BadAnswer, match="RequestId: Field required"):
        client.delete_scheduled_preload_execution(plan_id=PLAN_ID)
    with pytest.raises(BadAnswer, match="neither an id nor a request id"):
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)


def test_a_complete_answer_with_a_wrong_media_type_is_read() -> None:
    app = Script(httpx.Response(200, html=json.dumps(PLAN)))

    plan = client_of(app).start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert plan.status == "waiting"
    assert len(app.requests) == 1


def page(*numbers: int, total: int | str | None) -> httpx.Response:
    jobs = [{"Id": f"{number:024x}"} for number in numbers]
    return ok({"Jobs": jobs, "TotalCount": total, "RequestId": REQUEST_ID})


def test_list_scheduled_preload_jobs_goes_to_the_last_page() -> None:
    app = Script(page(1, 2, total="5"), page(3, 4, total="5"), page(5, total="5"))

    jobs = client_of(app).list_scheduled_preload_jobs(
        site_id=7, start_time=WINDOW[0], end_time=WINDOW[1]
    )

    assert [job.id for job in jobs] == [f"{number:024x}" for number in range(1, 6)]
    assert [sent(app, number)[2]["PageNumber"] for number in range(3)] == [
        "1",
        "2",
        "3",
    ]
    assert sent(app)[:3] == (
        "ListScheduledPreloadJobs",
        "GET",
        {
            "SiteId": "7",
            "StartTime": "1717430400000",
            "EndTime": "1717466529000",
            "PageNumber": "1",
            "PageSize": "50",
        },
    )


@pytest.mark.parametrize(
    ("pages", "expected"),
    [
        ([ok({"Jobs": [], "TotalCount": "0"})], 0),
        ([ok({"TotalCount": 0})], 0),
        ([page(1, 2, total=None), page(3, total=None), page(total=None)], 3),
        ([page(1, 2, total=None), page(1, 2, total=None)], 2),  # knows no pages
        ([page(1, 2, total=3), page(2, 3, total=3)], 3),  # shifted meanwhile
        ([page(1, 2, total=3), page(total=2)], 2),  # one was deleted meanwhile
    ],
    ids=["none", "no list", "no count", "no pages", "shifted", "deleted"],
)
def test_a_list_of_jobs_ends_with_the_last_page_of_any_server(
    pages: list[Any], expected: int
) -> None:
    app = Script(*pages)

    assert len(client_of(app).list_scheduled_preload_jobs(site_id=7)) == expected
    assert len(app.requests) == len(pages)


@pytest.mark.parametrize(
    "pages",
    [[page(1, total=3), page(total=3)], [ok({"RequestId": "R"})], [ok({"Jobs": None})]],
    ids=["short", "absent", "null"],
)
def test_an_incomplete_list_of_jobs_is_an_error(pages: list[Any]) -> None:
    with pytest.raises(BadAnswer, match="ListScheduledPreloadJobs"):
        client_of(Script(*pages)).list_scheduled_preload_jobs(site_id=7)


def specs() -> list[PlanSpec]:
    return [
        PlanSpec(start_time=WINDOW[0], end_time=WINDOW[1], interval=30, slice_len=5),
        PlanSpec(interval=60, slice_len=10),
    ]


def created(**changes: object) -> httpx.Response:
    return ok(
        {
            "RequestId": REQUEST_ID,
            "TotalCount": 2,
            "SuccessCount": 2,
            "SuccessExecutions": [PLAN, {**PLAN, "Id": "b" * 24}],
            "FailedExecutions": [],
            "FailedMessages": [],
            **changes,
        }
    )


def test_create_scheduled_preload_executions_sends_one_json_field() -> None:
    app = Script(created())

    answer = client_of(app).create_scheduled_preload_executions(
        job_id=JOB_ID, executions=specs()
    )

    assert sent(app) == (
        "CreateScheduledPreloadExecutions",
        "POST",
        {"Id": JOB_ID},
        {
            "Executions": '[{"EndTime":"2024-06-04T02:02:09Z","Interval":30,"SliceLen":5,'
            '"StartTime":"2024-06-03T16:00:00Z"},{"Interval":60,"SliceLen":10}]'
        },
    )
    assert [plan.id for plan in answer.plans] == [PLAN_ID, "b" * 24]
    assert (answer.total_count, answer.success_count) == (2, 2)


@pytest.mark.parametrize(
    ("changes", "made", "words"),
    [
        (
            {
                "SuccessCount": 1,
                "SuccessExecutions": [PLAN],
                "FailedExecutions": [{"Interval": 60, "Status": "running"}],
                "FailedMessages": ["overlap", "too many"],
            },
            [PLAN_ID],
            f"created 1 of 2 plans \\({PLAN_ID}\\): overlap; too many",
        ),
        (
            {"SuccessCount": 0, "SuccessExecutions": None, "FailedMessages": ["no"]},
            [],
            "created 0 of 2 plans: no",
        ),
        (
            {"SuccessCount": None, "SuccessExecutions": [PLAN], "FailedMessages": None},
            [PLAN_ID],
            "ESA gives no reason",
        ),
        (
            {"FailedMessages": ["but"]},
            [PLAN_ID, "b" * 24],
            "created 2 of 2 plans .*: but",
        ),
    ],
    ids=["one refused", "all refused", "silently refused", "contradiction"],
)
def test_plans_that_were_refused_inside_a_success_are_an_error_that_keeps_the_others(
    changes: dict[str, object], made: list[str], words: str
) -> None:
    app = Script(created(**changes))

    with pytest.raises(PlansRefused, match=words) as caught:
        client_of(app).create_scheduled_preload_executions(
            job_id=JOB_ID, executions=specs()
        )

    assert [plan.id for plan in caught.value.created.plans] == made
    assert "nil" not in str(caught.value)
    assert "None" not in str(caught.value)
    assert len(app.requests) == 1


def test_of_many_plans_a_few_are_named_and_all_are_kept() -> None:
    plans = [{**PLAN, "Id": f"{number:024x}"} for number in range(300)]
    app = Script(
        created(SuccessCount=300, SuccessExecutions=plans, FailedMessages=["quota"])
    )

    with pytest.raises(
        PlansRefused, match=r"and 295 more\): quota .* only those"
    ) as caught:
        client_of(app).create_scheduled_preload_executions(
            job_id=JOB_ID, executions=specs() * 200
        )

    assert len(caught.value.created.plans) == 300


def test_created_plans_without_ids_are_an_error() -> None:
    app = Script(created(SuccessExecutions=None))

    with pytest.raises(BadAnswer, match="counts 2 and lists 0") as caught:
        client_of(app).create_scheduled_preload_executions(
            job_id=JOB_ID, executions=specs()
        )

    assert caught.value.ambiguous


def test_list_scheduled_preload_executions_gives_every_plan_its_job() -> None:
    bare = {"Id": "b" * 24, "Status": "Running"}
    app = Script(ok({"RequestId": "R", "TotalCount": 2, "Executions": [PLAN, bare]}))

    plans = client_of(app).list_scheduled_preload_executions(job_id=JOB_ID)

    assert sent(app) == ("ListScheduledPreloadExecutions", "GET", {"Id": JOB_ID}, {})
    assert [(plan.id, plan.job_id, plan.status) for plan in plans] == [
        (PLAN_ID, JOB_ID, "waiting"),
        ("b" * 24, JOB_ID, "running"),
    ]
    assert {plan.request_id for plan in plans} == {"R"}
    assert plans[1].start_time is None


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"RequestId": "R"}, r"has no list in it \(request R\)"),
        ({"Executions": None, "TotalCount": 2}, "has no list"),
        ({"Executions": [], "TotalCount": 2}, "counts 2 and lists 0"),
        ({"Executions": [{}], "TotalCount": 2}, "counts 2 and lists 1"),
        ({"Executions": [{"Status": "running"}]}, "a plan's id cannot be read: Id: F"),
        ({"Executions": "none", "RequestId": "R"}, r"Executions: .*\(request R\)"),
    ],
)
def test_an_incomplete_list_of_plans_is_an_error_not_a_sign_of_gone_plans(
    content: dict[str, Any], words: str
) -> None:
    app = Script(ok(content))

    with pytest.raises(BadAnswer, match=words):
        client_of(app).list_scheduled_preload_executions(job_id=JOB_ID)

    assert len(app.requests) == 3


def test_a_count_of_zero_needs_no_list() -> None:
    client = client_of(Script(ok({"TotalCount": 0})))

    assert client.list_scheduled_preload_executions(job_id=JOB_ID) == []


def test_update_scheduled_preload_execution_sends_only_what_changes() -> None:
    app = Script(ok(PLAN))

    plan = client_of(app).update_scheduled_preload_execution(
        plan_id=PLAN_ID, end_time=WINDOW[1], interval=60
    )

    assert sent(app) == (
        "UpdateScheduledPreloadExecution",
        "POST",
        {"Id": PLAN_ID},
        {"EndTime": "2024-06-04T02:02:09Z", "Interval": "60"},
    )
    assert plan.interval == 60


def test_start_scheduled_preload_execution_gives_the_whole_plan() -> None:
    app = Script(ok(PLAN))

    plan = client_of(app).start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert sent(app) == ("StartScheduledPreloadExecution", "POST", {"Id": PLAN_ID}, {})
    assert plan == Plan(
        id=PLAN_ID,
        job_id=JOB_ID,
        start_time=datetime(2024, 5, 31, 9, 10, 48, 849000, tzinfo=UTC),
        end_time=datetime(2024, 5, 31, 10, 10, 48, 849000, tzinfo=UTC),
        interval=60,
        slice_len=10,
        status="waiting",
        ali_uid="15685865xxx14622",
        request_id=REQUEST_ID,
    )


def test_stop_scheduled_preload_execution_gives_the_whole_plan() -> None:
    app = Script(ok({**PLAN, "Status": "stopped"}))

    plan = client_of(app).stop_scheduled_preload_execution(plan_id=PLAN_ID)

    assert sent(app) == ("StopScheduledPreloadExecution", "POST", {"Id": PLAN_ID}, {})
    assert plan.status == "stopped"


@pytest.mark.parametrize("left_out", sorted(PLAN))
def test_a_start_succeeds_whatever_optional_field_its_answer_lacks(
    left_out: str,
) -> None:
    for content in (
        {name: value for name, value in PLAN.items() if name != left_out},
        {**PLAN, left_out: None},
        {**PLAN, left_out: ""},
    ):
        plan = client_of(Script(ok(content))).start_scheduled_preload_execution(
            plan_id=PLAN_ID
        )

        assert plan.id == PLAN_ID


def test_numbers_and_ids_of_other_json_types_are_read() -> None:
    content = {
        **PLAN,
        "Interval": "60",
        "SliceLen": 10.0,
        "AliUid": 15685865,
        "New": [1],
    }

    plan = client_of(Script(ok(content))).start_scheduled_preload_execution(
        plan_id=PLAN_ID
    )

    assert (plan.interval, plan.slice_len, plan.ali_uid) == (60, 10, "15685865")


def test_an_unknown_status_is_kept() -> None:
    content = {**PLAN, "Status": "Draining"}

    plan = client_of(Script(ok(content))).start_scheduled_preload_execution(
        plan_id=PLAN_ID
    )

    assert plan.status == "draining"


def test_models_cannot_be_changed() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Job(id="a").name = "b"  # type: ignore[misc]


def test_a_plan_to_create_needs_times_with_a_zone() -> None:
    with pytest.raises(ValueError, match="timezone"):
        PlanSpec(start_time=datetime(2024, 1, 1), interval=1, slice_len=1)  # noqa: DTZ001


def test_a_client_is_made_from_settings() -> None:
    app = Script(ok(PLAN))
    settings = read_settings(
        {
            "esa-prefetch:endpoint": "http://127.0.0.1:8866",
            "esa-prefetch:accessKey": "id",
            "esa-prefetch:secretKey": "secret",
            "esa-prefetch:maxQps": "1",
            "esa-prefetch:deadline": "9",
        }.get,
        {},
    )
    clock = ManualClock(NOON)
    client = EsaClient.from_settings(
        settings, clock=clock, transport=httpx.MockTransport(app)
    )

    for _ in range(3):
        client.start_scheduled_preload_execution(plan_id=PLAN_ID)

    assert isinstance(settings, Settings)
    assert app.headers[0]["host"] == "127.0.0.1:8866"
    assert "Credential=id," in app.headers[0]["authorization"]
    assert client._limits.seconds == 9
    assert clock.monotonic() == pytest.approx(2.0 / BELOW_QUOTA)


def test_every_public_method_has_a_test_under_its_name() -> None:
    methods = {name for name in vars(EsaClient) if "scheduled_preload" in name}
    named = {
        method
        for method in methods
        for test in globals()
        if test.startswith(f"test_{method}")
    }

    assert len(methods) == 11
    assert methods == named


@pytest.mark.parametrize("kind", [PlansRefused, UrlsRefused, BadAnswer])
def test_every_error_can_be_caught_as_one(kind: type[Exception]) -> None:
    assert issubclass(kind, EsaError)
