"""The official SDK as an independent client, over a socket: every operation and its errors."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import pytest
from alibabacloud_esa20240910.client import Client

from tests.emulator.conftest import ServerFactory
from tests.emulator.seeds import JOB, SITE, open_plan, plan, plan_id, seed

# The SDK's packages have hundreds of exports, in a way that mypy does not follow.
models: Any = import_module("alibabacloud_esa20240910.models")
Config: Any = import_module("alibabacloud_tea_openapi.models").Config
exceptions: Any = import_module("alibabacloud_tea_openapi.exceptions")

NO_ID = "0" * 24


def official(url: str, **changed: str) -> Client:
    settings = {
        "access_key_id": "emulator-key",
        "access_key_secret": "emulator-secret",
        "endpoint": url.removeprefix("http://"),
        "protocol": "http",
    }
    return Client(Config(**{**settings, **changed}))


def test_a_job_is_created_read_listed_reset_and_deleted(
    serve_emulator: ServerFactory,
) -> None:
    url, _ = serve_emulator(seed())
    esa = official(url)

    made = esa.create_scheduled_preload_job(
        models.CreateScheduledPreloadJobRequest(
            insert_way="textBox",
            name="größer * ~ +",
            site_id=SITE,
            url_list="http://a.example/1\nhttp://a.example/2\nno url",
        )
    ).body
    shown = esa.get_scheduled_preload_job(
        models.GetScheduledPreloadJobRequest(id=made.id)
    ).body
    listed = esa.list_scheduled_preload_jobs(
        models.ListScheduledPreloadJobsRequest(site_id=SITE)
    ).body
    reset = esa.reset_scheduled_preload_job(
        models.ResetScheduledPreloadJobRequest(id=made.id)
    ).body
    esa.delete_scheduled_preload_job(
        models.DeleteScheduledPreloadJobRequest(id=made.id)
    )
    left = esa.list_scheduled_preload_jobs(
        models.ListScheduledPreloadJobsRequest(site_id=SITE)
    ).body

    assert (made.name, made.url_count, made.error_info) == (
        "größer * ~ +",
        2,
        "InvalidUrl",
    )
    assert shown.to_map() == {**made.to_map(), "RequestId": shown.request_id}
    assert [job.id for job in listed.jobs] == [JOB, made.id]
    assert listed.total_count == "2"
    assert reset.task_submitted == 0
    assert [job.id for job in left.jobs] == [JOB]


@pytest.mark.parametrize(
    "named", [{"site_id": SITE}, {"instance_id": f"esa-site-{SITE}"}]
)
def test_the_quota_of_an_instance_is_listed(
    serve_emulator: ServerFactory, named: dict[str, Any]
) -> None:
    url, _ = serve_emulator(seed(UrlQuota=500))

    found = (
        official(url)
        .list_instance_quotas(
            models.ListInstanceQuotasRequest(quota_names="wildcard,preload", **named)
        )
        .body
    )

    assert (found.instance_id, found.status) == (f"esa-site-{SITE}", "online")
    assert [quota.to_map() for quota in found.quotas] == [
        {"QuotaName": "preload", "QuotaValue": "500", "QuotaValueType": "num"}
    ]


def test_plans_are_created_listed_updated_started_stopped_and_deleted(
    serve_emulator: ServerFactory,
) -> None:
    url, _ = serve_emulator(seed())
    esa = official(url)
    wanted = models.CreateScheduledPreloadExecutionsRequestExecutions(
        start_time="2024-06-04T10:02:09.000+08:00", interval=30, slice_len=1
    )

    made = esa.create_scheduled_preload_executions(
        models.CreateScheduledPreloadExecutionsRequest(id=JOB, executions=[wanted])
    ).body
    one = made.success_executions[0].id
    started = esa.start_scheduled_preload_execution(
        models.StartScheduledPreloadExecutionRequest(id=one)
    ).body
    updated = esa.update_scheduled_preload_execution(
        models.UpdateScheduledPreloadExecutionRequest(id=one, interval=60)
    ).body
    stopped = esa.stop_scheduled_preload_execution(
        models.StopScheduledPreloadExecutionRequest(id=one)
    ).body
    listed = esa.list_scheduled_preload_executions(
        models.ListScheduledPreloadExecutionsRequest(id=JOB)
    ).body
    esa.delete_scheduled_preload_execution(
        models.DeleteScheduledPreloadExecutionRequest(id=one)
    )

    assert (made.total_count, made.success_count, made.failed_messages) == (1, 1, [])
    assert started.status == "running"
    assert started.start_time == "2024-06-04T10:02:09.000+08:00"
    assert started.end_time is None
    assert (updated.interval, updated.slice_len) == (60, 1)
    assert (stopped.status, stopped.job_id) == ("stopped", JOB)
    assert [plan.id for plan in listed.executions] == [one]
    assert listed.total_count == 1


def test_files_are_purged_by_a_task_that_ends(serve_emulator: ServerFactory) -> None:
    url, _ = serve_emulator(seed())
    esa = official(url)
    files = [
        "http://a.example/1.jpg?b=1",
        "http://a.example/ü.css".replace("ü", "%C3%BC"),
    ]

    made = esa.purge_caches(
        models.PurgeCachesRequest(
            site_id=SITE,
            type="file",
            content=models.PurgeCachesRequestContent(files=files),
            force=True,
        )
    ).body
    listed = esa.describe_purge_tasks(
        models.DescribePurgeTasksRequest(site_id=SITE, type="file")
    ).body
    one = esa.describe_purge_tasks(
        models.DescribePurgeTasksRequest(
            site_id=SITE, content=files[0], page_size=50, status="Refreshing"
        )
    ).body

    assert [(task.content, task.task_id) for task in listed.tasks] == [
        (file, made.task_id) for file in files
    ]
    assert (listed.total_count, listed.page_number, listed.page_size) == (2, 1, 20)
    (task,) = one.tasks
    assert (task.status, task.type, task.process) == ("Refreshing", "file", "0%")


SdkCall = Callable[[Client], Any]


def job_request(**changed: object) -> Any:
    fields = {"insert_way": "textBox", "name": "n", "site_id": SITE}
    return models.CreateScheduledPreloadJobRequest(**{**fields, **changed})


@pytest.mark.parametrize(
    ("call", "status", "code"),
    [
        pytest.param(
            lambda esa: esa.get_scheduled_preload_job(
                models.GetScheduledPreloadJobRequest(id=NO_ID)
            ),
            404,
            "InvalidJob.NotFound",
            id="no such job",
        ),
        pytest.param(
            lambda esa: esa.start_scheduled_preload_execution(
                models.StartScheduledPreloadExecutionRequest(id=NO_ID)
            ),
            404,
            "InvalidExecution.NotFound",
            id="no such plan",
        ),
        pytest.param(
            lambda esa: esa.stop_scheduled_preload_execution(
                models.StopScheduledPreloadExecutionRequest(id="<nil>")
            ),
            400,
            "InvalidParameter.ObjectId",
            id="malformed id",
        ),
        pytest.param(
            lambda esa: esa.delete_scheduled_preload_execution(
                models.DeleteScheduledPreloadExecutionRequest()
            ),
            400,
            "MissingId",
            id="missing id",
        ),
        pytest.param(
            lambda esa: esa.update_scheduled_preload_execution(
                models.UpdateScheduledPreloadExecutionRequest(
                    id=plan_id(), end_time="2024-06-03T16:00:00Z"
                )
            ),
            400,
            "InvalidEndTime.Mismatch",
            id="window upside down",
        ),
        pytest.param(
            lambda esa: esa.purge_caches(
                models.PurgeCachesRequest(site_id=SITE, type="file")
            ),
            400,
            "MissingContent",
            id="nothing to purge",
        ),
        pytest.param(
            lambda esa: esa.create_scheduled_preload_job(job_request()),
            400,
            "MissingUrlList",
            id="no URLs",
        ),
        pytest.param(
            lambda esa: esa.create_scheduled_preload_job(job_request(insert_way="oss")),
            400,
            "MissingOssUrl",
            id="no OSS URL",
        ),
        pytest.param(
            lambda esa: esa.create_scheduled_preload_job(
                job_request(url_list="http://a.example/1")
            ),
            400,
            "InvalidJob.JobCountOfSiteFull",
            id="site full",
        ),
    ],
)
def test_the_sdk_gets_an_error_with_esas_code_and_text(
    serve_emulator: ServerFactory, call: SdkCall, status: int, code: str
) -> None:
    url, _ = serve_emulator(seed(plan(), JobLimit=1))

    with pytest.raises(exceptions.ClientException) as refusal:
        call(official(url))

    assert refusal.value.status_code == status
    assert refusal.value.code == code
    assert "request id: " in refusal.value.message


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        pytest.param(
            {"access_key_secret": "wrong"}, "SignatureDoesNotMatch", id="wrong secret"
        ),
        pytest.param(
            {"access_key_id": "nobody"}, "InvalidAccessKeyId.NotFound", id="unknown key"
        ),
        pytest.param(
            {"security_token": "token"},
            "InvalidSecurityToken.MismatchWithAccessKey",
            id="a token that is not the key's",
        ),
    ],
)
def test_a_wrong_key_is_refused(
    serve_emulator: ServerFactory, changed: dict[str, str], code: str
) -> None:
    url, emulator = serve_emulator(seed(open_plan(status="stopped")))

    with pytest.raises(exceptions.ClientException) as refusal:
        official(url, **changed).start_scheduled_preload_execution(
            models.StartScheduledPreloadExecutionRequest(id=plan_id())
        )

    assert refusal.value.code == code
    assert not emulator.history[0].effect


def test_a_temporary_key_works_with_its_token(serve_emulator: ServerFactory) -> None:
    key = {
        "AccessKeyId": "STS.key",
        "AccessKeySecret": "secret",
        "SecurityToken": "token+with/special==chars",
        "Expiration": "+1h",
    }
    url, _ = serve_emulator({**seed(plan()), "keys": [key]})
    esa = official(
        url,
        access_key_id="STS.key",
        access_key_secret="secret",
        security_token="token+with/special==chars",
    )

    listed = esa.list_scheduled_preload_executions(
        models.ListScheduledPreloadExecutionsRequest(id=JOB)
    ).body

    assert listed.total_count == 1


def test_the_sdk_gets_a_server_error(serve_emulator: ServerFactory) -> None:
    faults = {"faults": [{"kind": "server-error", "when": "after"}]}
    url, emulator = serve_emulator(seed(open_plan(status="stopped")), faults=faults)

    with pytest.raises(exceptions.ServerException) as failure:
        official(url).start_scheduled_preload_execution(
            models.StartScheduledPreloadExecutionRequest(id=plan_id())
        )

    assert failure.value.code == "InternalError"
    assert emulator.history[0].effect
