"""What each action accepts, refuses and answers."""

import json

import pytest

from tests.emulator.conftest import EmulatorFactory, InProcessEmulator
from tests.emulator.seeds import JOB, SITE, open_plan, plan, plan_id, seed
from tests.emulator.signed_client import SignedClient

OTHER_UID = "1000000000000000"
NO_ID = "0" * 24


def make_job(emulator: InProcessEmulator, **fields: object) -> object:
    ask = {
        "InsertWay": "textBox",
        "Name": "n",
        "SiteId": SITE,
        "UrlList": "http://a.example/1",
        **fields,
    }
    given = {name: value for name, value in ask.items() if value is not None}
    response = emulator.esa.ask("CreateScheduledPreloadJob", **given)
    body = response.json()
    return body if response.status_code == 200 else (response.status_code, body["Code"])


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"InsertWay": None}, (400, "MissingInsertWay")),
        ({"Name": ""}, (400, "MissingName")),
        ({"SiteId": None}, (400, "MissingSiteId")),
        ({"SiteId": "one"}, (400, "InvalidParameter.SiteId")),
        ({"SiteId": "9" * 25}, (400, "InvalidParameter.SiteId")),
        ({"SiteId": "0"}, (400, "InvalidParameter.SiteId")),
        ({"SiteId": 77}, (404, "SiteNotFound")),
        ({"InsertWay": "testBox"}, (400, "InvalidParameter.InsertWay")),
        ({"UrlList": None}, (400, "MissingUrlList")),
        ({"InsertWay": "oss"}, (400, "MissingOssUrl")),
    ],
)
def test_a_job_that_is_invalid_is_refused(
    new_emulator: EmulatorFactory, fields: dict[str, object], refusal: tuple[int, str]
) -> None:
    emulator = new_emulator()

    assert make_job(emulator, **fields) == refusal
    assert not emulator.app.history[0].effect


@pytest.mark.parametrize(
    ("fields", "refusal"),
    [
        ({"SiteId": SITE}, (400, "MissingQuotaNames")),
        ({"QuotaNames": "preload"}, (400, "MissingSiteId")),
        ({"QuotaNames": "preload", "SiteId": 77}, (404, "SiteNotFound")),
        ({"QuotaNames": "preload", "InstanceId": "none"}, (404, "InstanceNotExist")),
        (
            {"QuotaNames": "preload", "InstanceId": "esa-site-77"},
            (404, "SiteNotFound"),
        ),
    ],
)
def test_quotas_of_no_instance_are_refused(
    new_emulator: EmulatorFactory, fields: dict[str, object], refusal: tuple[int, str]
) -> None:
    assert new_emulator().esa.code("ListInstanceQuotas", **fields) == refusal


def test_quotas_that_are_not_known_are_left_out(new_emulator: EmulatorFactory) -> None:
    answer = new_emulator().esa.ask(
        "ListInstanceQuotas", QuotaNames="wildcard", SiteId=SITE
    )

    assert answer.json()["Quotas"] == []


def test_refused_urls_are_reported_in_a_200(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(SiteName="a.example", UrlQuota=2))
    urls = (
        "http://a.example/1\r\nftp://a.example/2\r\nhttp://b.example/3\r\n"
        "https://www.a.example/4\r\nhttp://a.example/5"
    )

    job = make_job(emulator, UrlList=urls)

    assert isinstance(job, dict)
    assert job["ErrorInfo"] == "InvalidUrl,InvalidDomain,QuotaExcess"
    assert (job["UrlCount"], job["Domains"]) == (2, "a.example,www.a.example")
    assert job["FailedFileOss"].startswith("https://")


def test_the_content_of_an_oss_file_comes_from_the_seed(
    new_emulator: EmulatorFactory,
) -> None:
    url = "https://bucket.oss-cn-hangzhou.aliyuncs.com/1.txt"
    emulator = new_emulator(
        {**seed(), "oss": {url: ["http://a.example/1", "http://a.example/2"]}}
    )

    known = make_job(emulator, InsertWay="oss", OssUrl=url, UrlList=None)
    unknown = make_job(emulator, InsertWay="oss", OssUrl=f"{url}x", UrlList=None)

    assert isinstance(known, dict)
    assert isinstance(unknown, dict)
    assert (known["UrlCount"], known.get("ErrorInfo")) == (2, None)
    assert (unknown["UrlCount"], unknown["ErrorInfo"]) == (0, "OtherErrors")


def test_a_signed_oss_url_is_used_and_kept_without_its_signature(
    new_emulator: EmulatorFactory,
) -> None:
    url = "https://bucket.oss-cn-hangzhou.aliyuncs.com/1.txt"
    signed = f"{url}?Expires=1893456000&Signature=geheim"
    emulator = new_emulator({**seed(), "oss": {signed: ["http://a.example/1"]}})

    job = make_job(emulator, InsertWay="oss", OssUrl=signed, UrlList=None)

    assert isinstance(job, dict)
    assert job["UrlCount"] == 1
    assert emulator.app.history[0].parameters["OssUrl"] == url


def test_a_full_site_takes_no_more_jobs(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(JobLimit=2))

    answers = [make_job(emulator) for _ in range(2)]

    assert isinstance(answers[0], dict)
    assert answers[1] == (400, "InvalidJob.JobCountOfSiteFull")


def test_jobs_are_listed_in_pages_and_by_time(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed())
    for _ in range(4):
        emulator.clock.advance(1)
        make_job(emulator)
    noon = 1_780_315_200_000

    page = emulator.esa.body(
        "ListScheduledPreloadJobs", SiteId=SITE, PageNumber=2, PageSize=2
    )
    rest = emulator.esa.body(
        "ListScheduledPreloadJobs", SiteId=SITE, PageNumber=4, PageSize=2
    )
    some = emulator.esa.body(
        "ListScheduledPreloadJobs",
        SiteId=SITE,
        StartTime=noon + 1000,
        EndTime=noon + 2000,
    )

    assert (page["TotalCount"], len(page["Jobs"])) == ("5", 2)
    assert (rest["TotalCount"], rest["Jobs"]) == ("5", [])
    assert (some["TotalCount"], len(some["Jobs"])) == ("2", 2)
    assert page["Jobs"][0]["ExecutionCount"] == 0


@pytest.mark.parametrize(
    ("name", "value"),
    [("PageNumber", "0"), ("PageSize", "501"), ("StartTime", "9" * 18)],
)
def test_a_list_that_is_invalid_is_refused(
    new_emulator: EmulatorFactory, name: str, value: str
) -> None:
    refusal = new_emulator().esa.code(
        "ListScheduledPreloadJobs", SiteId=SITE, **{name: value}
    )

    assert refusal == (400, f"InvalidParameter.{name}")


UPSIDE_DOWN = (
    '[{"Interval":1,"SliceLen":1},{"Interval":1,"SliceLen":1,'
    '"StartTime":"2024-06-03T16:00:00Z","EndTime":"2024-06-03T15:00:00Z"}]'
)


@pytest.mark.parametrize(
    ("executions", "code"),
    [
        ("", "MissingExecutions"),
        ("[]", "InvalidParameter.Executions"),
        ("{}", "InvalidParameter.Executions"),
        ("[1]", "InvalidParameter.Executions"),
        ("[" * 100_000, "InvalidParameter.Executions"),
        ('[{"SliceLen":1}]', "MissingInterval"),
        ('[{"Interval":1}]', "MissingSliceLen"),
        ('[{"Interval":true,"SliceLen":1}]', "InvalidParameter.Interval"),
        ('[{"Interval":1.5,"SliceLen":1}]', "InvalidParameter.Interval"),
        ('[{"Interval":1e400,"SliceLen":1}]', "InvalidParameter.Interval"),
        ('[{"Interval":1,"SliceLen":2147483648}]', "InvalidParameter.SliceLen"),
        ('[{"Interval":1,"SliceLen":1,"StartTime":5}]', "InvalidParameter.StartTime"),
        (
            '[{"Interval":1,"SliceLen":1,"StartTime":"soon"}]',
            "InvalidParameter.StartTime",
        ),
        (UPSIDE_DOWN, "InvalidEndTime.Mismatch"),
    ],
)
def test_one_invalid_plan_refuses_all_and_none_is_created(
    new_emulator: EmulatorFactory, executions: str, code: str
) -> None:
    emulator = new_emulator(seed())

    refusal = emulator.esa.code(
        "CreateScheduledPreloadExecutions", Id=JOB, Executions=executions
    )

    assert refusal == (400, code)
    assert emulator.control.get("/_emulator/state").json()["jobs"][0]["plans"] == []


def test_an_update_changes_the_given_fields_and_an_empty_one_is_removed(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan()))

    changed = emulator.esa.body(
        "UpdateScheduledPreloadExecution", Id=plan_id(), EndTime="", SliceLen=7
    )
    again = emulator.esa.body(
        "UpdateScheduledPreloadExecution", Id=plan_id(), SliceLen="07"
    )

    assert "EndTime" not in changed
    assert (changed["SliceLen"], changed["Interval"]) == (7, 60)
    assert again["SliceLen"] == 7
    assert [entry.effect for entry in emulator.app.history] == [True, False]


def test_an_update_of_one_end_of_the_window_is_checked_against_the_stored_other_end(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan()))

    refusal = emulator.esa.code(
        "UpdateScheduledPreloadExecution",
        Id=plan_id(),
        StartTime="2036-01-01T00:00:00Z",
    )

    assert refusal == (400, "InvalidEndTime.Mismatch")


@pytest.mark.parametrize(
    ("action", "an_id"),
    [
        ("GetScheduledPreloadJob", JOB),
        ("ResetScheduledPreloadJob", JOB),
        ("DeleteScheduledPreloadJob", JOB),
        ("ListScheduledPreloadExecutions", JOB),
        ("CreateScheduledPreloadExecutions", JOB),
        ("UpdateScheduledPreloadExecution", plan_id()),
        ("StartScheduledPreloadExecution", plan_id()),
        ("StopScheduledPreloadExecution", plan_id()),
        ("DeleteScheduledPreloadExecution", plan_id()),
    ],
)
def test_objects_of_another_account_are_denied(
    new_emulator: EmulatorFactory, action: str, an_id: str
) -> None:
    emulator = new_emulator(seed(open_plan(), AliUid=OTHER_UID))

    assert emulator.esa.code(action, Id=an_id) == (403, "InvalidUid.PermissionDenied")
    assert not emulator.app.history[0].effect


def test_sites_of_another_account_are_denied(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(AliUid=OTHER_UID))

    assert make_job(emulator) == (403, "InvalidUid.PermissionDenied")
    assert emulator.esa.code("ListScheduledPreloadJobs", SiteId=SITE) == (
        403,
        "InvalidUid.PermissionDenied",
    )


def test_ids_are_accepted_in_upper_and_lower_case(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed())

    assert emulator.esa.body("GetScheduledPreloadJob", Id=JOB.upper())["Id"] == JOB


@pytest.mark.parametrize("an_id", ["x", "0" * 23, "0" * 25, "g" * 24, "٣" * 24])
def test_an_id_is_24_hex_digits(new_emulator: EmulatorFactory, an_id: str) -> None:
    refusal = new_emulator().esa.code("GetScheduledPreloadJob", Id=an_id)

    assert refusal == (400, "InvalidParameter.ObjectId")


def test_an_operation_that_changes_is_not_a_get(new_emulator: EmulatorFactory) -> None:
    esa = new_emulator().esa
    request = esa.http.build_request("GET", "/", params={"Id": plan_id()})
    signed = esa.sign(
        request, "StartScheduledPreloadExecution", {"Id": plan_id()}, changed={}
    )

    assert esa.http.send(signed).json()["Code"] == "UnsupportedHTTPMethod"


@pytest.mark.parametrize(
    ("action", "code"),
    [
        ("", "MissingAction"),
        ("GetPurgeQuota", "InvalidAction.NotFound"),
        ("GetScheduledPreloadJobs", "InvalidAction.NotFound"),
    ],
)
def test_an_unknown_operation_fails_loudly(
    new_emulator: EmulatorFactory, action: str, code: str
) -> None:
    emulator = new_emulator()

    answer = emulator.esa.http.post("/", headers={"x-acs-action": action}).json()

    assert answer["Code"] == code
    assert sorted(answer) == ["Code", "HostId", "Message", "Recommend", "RequestId"]


def test_an_error_has_esas_format(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator()

    response = emulator.esa.ask("GetScheduledPreloadJob", Id=NO_ID)

    assert response.status_code == 404
    request_id = emulator.app.history[0].request_id
    assert response.json() == {
        "RequestId": request_id,
        "HostId": "esa.test",
        "Code": "InvalidJob.NotFound",
        "Message": "The task does not exist. Check whether the task ID is correct or "
        "whether the task has been deleted.",
        "Recommend": "https://api.aliyun.com/troubleshoot?q=InvalidJob.NotFound&product=ESA"
        f"&requestId={request_id}",
    }


def test_the_answer_of_start_holds_all_fields_of_the_plan(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(plan(1)))

    body = emulator.esa.body("StartScheduledPreloadExecution", Id=plan_id())

    assert body == {
        "RequestId": emulator.app.history[0].request_id,
        "Id": plan_id(),
        "JobId": JOB,
        "StartTime": "2026-06-01T21:00:00.000+08:00",
        "EndTime": "2026-06-01T22:00:00.000+08:00",
        "Interval": 60,
        "SliceLen": 2,
        "Status": "waiting",
        "AliUid": "1568586500114622",
    }


def test_every_documented_error_but_one_can_be_caused(
    new_emulator: EmulatorFactory,
) -> None:
    """All but LogNotFound: no operation of the API queries a log."""
    emulator = new_emulator(seed(plan(), JobLimit=1))
    other = new_emulator(seed(plan(), AliUid=OTHER_UID))
    busy = new_emulator(faults={"faults": [{"kind": "throttle"}]})
    mismatch = {"Id": plan_id(), "EndTime": "2024-01-01T00:00:00Z"}

    met = {
        emulator.esa.code("UpdateScheduledPreloadExecution", **mismatch),
        make_job(emulator),
        make_job(emulator, UrlList=None),
        make_job(emulator, InsertWay="oss"),
        emulator.esa.code("GetScheduledPreloadJob", Id="x"),
        emulator.esa.code("GetScheduledPreloadJob", Id=NO_ID),
        emulator.esa.code("StopScheduledPreloadExecution", Id=NO_ID),
        other.esa.code("GetScheduledPreloadJob", Id=JOB),
        busy.esa.code("GetScheduledPreloadJob", Id=JOB),
    }

    assert met == {
        (400, "InvalidEndTime.Mismatch"),
        (400, "InvalidJob.JobCountOfSiteFull"),
        (400, "InvalidParameter.ObjectId"),
        (400, "MissingOssUrl"),
        (400, "MissingUrlList"),
        (400, "TooManyRequests"),
        (403, "InvalidUid.PermissionDenied"),
        (404, "InvalidJob.NotFound"),
        (404, "InvalidExecution.NotFound"),
    }


def test_a_read_only_policy_allows_reads_and_no_start(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan(status="stopped")))
    policy = {
        "Version": "1",
        "Statement": [
            {"Effect": "Allow", "Action": ["esa:Get*", "esa:List*"], "Resource": "*"}
        ],
    }
    key = {"AccessKeyId": "reader", "AccessKeySecret": "s", "Policy": policy}
    emulator.control.post("/_emulator/keys", json=key).raise_for_status()
    reader = SignedClient(emulator.esa.http._transport, key="reader", secret="s")

    listed = reader.body("ListScheduledPreloadExecutions", Id=JOB)
    refused = reader.ask("StartScheduledPreloadExecution", Id=plan_id())

    assert listed["TotalCount"] == 1
    assert (refused.status_code, refused.json()["Code"]) == (403, "NoPermission")
    assert "esa:StartScheduledPreloadExecution" in refused.json()["Message"]
    assert refused.json()["AccessDeniedDetail"]["NoPermissionType"] == "ImplicitDeny"
    assert emulator.status(plan_id()) == "stopped"


def test_a_name_in_any_alphabet_is_returned_unchanged(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed())
    name = "名前 <b>&'\"\\ \u0000 \U0001f600"

    job = make_job(emulator, Name=name)

    assert isinstance(job, dict)
    assert job["Name"] == name
    assert json.loads(emulator.control.get("/_emulator/history").text)
