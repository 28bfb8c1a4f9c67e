"""A client like the Terraform provider: RPC v1 signature, `Id` in the form, RegionId."""

import base64
import hashlib
import hmac
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

import httpx
import pytest

from pulumi_esa_emulator.http.app import Emulator
from tests.emulator.conftest import ServerFactory
from tests.emulator.seeds import JOB, SITE, open_plan, plan_id, seed
from tests.emulator.signed_client import Document


def encoded(text: str) -> str:
    return quote(text, safe="~")


class TerraformClient:
    """Signs and sends as terraform-provider-alicloud 1.285 does."""

    def __init__(self, url: str) -> None:
        self.http = httpx.Client(base_url=url, trust_env=False)

    def ask(
        self,
        action: str,
        form: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
        changed: dict[str, str | None] | None = None,
        headers: dict[str, str] | None = None,
    ) -> httpx.Response:
        """Call; a parameter changed to None is left out before the request is signed."""
        method = "GET" if action.startswith(("Get", "List")) else "POST"
        wanted = {
            "AccessKeyId": "emulator-key",
            "Action": action,
            "Format": "json",
            "SignatureMethod": "HMAC-SHA1",
            "SignatureNonce": uuid.uuid4().hex,
            "SignatureVersion": "1.0",
            "Timestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "Version": "2024-09-10",
            **(query or {}),
            **(changed or {}),
        }
        signed = {name: value for name, value in wanted.items() if value is not None}
        everything = {**signed, **(form or {})}
        canonical = "&".join(
            f"{encoded(name)}={encoded(everything[name])}"
            for name in sorted(everything)
        )
        text = f"{method}&%2F&{encoded(canonical)}"
        digest = hmac.new(b"emulator-secret&", text.encode(), hashlib.sha1).digest()
        signature = {"Signature": base64.b64encode(digest).decode()}
        return self.http.request(
            method,
            "/",
            params={**signature, **signed},
            content="&".join(f"{k}={encoded(v)}" for k, v in (form or {}).items()),
            headers={
                "content-type": "application/x-www-form-urlencoded",
                **(
                    {"x-acs-action": action, "x-acs-version": "2024-09-10"}
                    if headers is None
                    else headers
                ),
            },
        )

    def body(
        self,
        action: str,
        form: dict[str, str] | None = None,
        query: dict[str, str] | None = None,
    ) -> Document:
        response = self.ask(action, form, query)
        assert response.status_code == 200, response.text
        return dict(response.json())


@pytest.fixture
def terraform(
    serve_emulator: ServerFactory,
) -> Iterator[tuple[TerraformClient, Emulator]]:
    url, emulator = serve_emulator(seed(open_plan(status="running")))
    client = TerraformClient(url)
    with client.http:
        yield client, emulator


def test_a_job_and_its_plan_go_through_the_calls_of_terraform(
    terraform: tuple[TerraformClient, Emulator],
) -> None:
    esa, _ = terraform
    region = {"RegionId": "cn-hangzhou"}

    job = esa.body(
        "CreateScheduledPreloadJob",
        {
            "InsertWay": "textBox",
            "Name": "peer *~ ü",
            "SiteId": str(SITE),
            "UrlList": "http://a.example/1",
        },
    )
    shown = esa.body("GetScheduledPreloadJob", query={"Id": job["Id"]})
    made = esa.body(
        "CreateScheduledPreloadExecutions",
        {
            "Id": job["Id"],
            "Executions": '[{"EndTime":"2036-12-01T01:00:00Z","Interval":30,'
            '"SliceLen":5,"StartTime":"2036-12-01T00:00:00Z"}]',
            **region,
        },
    )
    plan = made["SuccessExecutions"][0]["Id"]
    esa.body(
        "UpdateScheduledPreloadExecution",
        {"Id": plan, "Interval": "60", "SliceLen": "6", "StartTime": "", **region},
    )
    listed = esa.body(
        "ListScheduledPreloadExecutions", query={"Id": job["Id"], **region}
    )
    esa.body("DeleteScheduledPreloadExecution", {"Id": plan, **region})
    esa.body("DeleteScheduledPreloadJob", {"Id": job["Id"]})
    gone = esa.ask("GetScheduledPreloadJob", query={"Id": job["Id"]})

    assert shown["Name"] == "peer *~ ü"
    assert listed["Executions"] == [
        {
            "Id": plan,
            "JobId": job["Id"],
            "EndTime": "2036-12-01T09:00:00.000+08:00",
            "Interval": 60,
            "SliceLen": 6,
            "Status": "waiting",
            "AliUid": job["AliUid"],
        }
    ]
    assert (gone.status_code, gone.json()["Code"]) == (404, "InvalidJob.NotFound")


def test_the_history_shows_the_parameters_and_nothing_of_the_signature(
    terraform: tuple[TerraformClient, Emulator],
) -> None:
    esa, emulator = terraform

    esa.body("StopScheduledPreloadExecution", {"Id": plan_id()})

    [entry] = emulator.history
    assert entry.parameters == {"Id": plan_id()}
    assert (entry.signature, entry.access_key_id) == ("RPC", "emulator-key")
    assert entry.effect


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Signature": "d3Jvbmc="}, "SignatureDoesNotMatch"),
        ({"AccessKeyId": "nobody"}, "InvalidAccessKeyId.NotFound"),
        ({"SignatureNonce": ""}, "MissingSignatureNonce"),
        ({"Timestamp": "yesterday"}, "InvalidTimeStamp.Format"),
        ({"SignatureMethod": "HMAC-SHA256"}, "IncompleteSignature"),
        ({"SignatureVersion": "2.0"}, "IncompleteSignature"),
        ({"Action": "StartEverything"}, "InvalidAction.NotFound"),
        ({"Version": "2020-01-01"}, "InvalidVersion"),
    ],
)
def test_an_invalid_signature_is_refused(
    terraform: tuple[TerraformClient, Emulator],
    changed: dict[str, str | None],
    code: str,
) -> None:
    esa, emulator = terraform

    answer = esa.ask(
        "StopScheduledPreloadExecution", {"Id": plan_id()}, changed=changed
    )

    assert answer.json()["Code"] == code
    assert not emulator.history[0].effect


STOP = "StopScheduledPreloadExecution"
DELETE = "DeleteScheduledPreloadExecution"


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"Action": None}, "MissingAction"),
        ({"Action": ""}, "MissingAction"),
        ({"Action": None, "action": STOP}, "MissingAction"),
        ({"Action": STOP.lower()}, "InvalidAction.NotFound"),
        ({"Action": DELETE}, "InvalidParameter.Action"),
        ({"Version": None}, "MissingVersion"),
        ({"Version": ""}, "MissingVersion"),
    ],
)
def test_the_headers_of_acs3_do_not_stand_for_the_parameters(
    terraform: tuple[TerraformClient, Emulator],
    changed: dict[str, str | None],
    code: str,
) -> None:
    esa, emulator = terraform

    answer = esa.ask(STOP, {"Id": plan_id()}, changed=changed)

    assert (answer.status_code // 100, answer.json()["Code"]) == (4, code)
    assert not emulator.history[0].effect


@pytest.mark.parametrize(
    ("in_query", "in_form", "code"),
    [
        (None, STOP, None),
        (DELETE, STOP, "InvalidParameter.Action"),
        (STOP, DELETE, "InvalidParameter.Action"),
        (None, "", "MissingAction"),
    ],
)
def test_two_different_actions_in_query_and_form_are_refused(
    terraform: tuple[TerraformClient, Emulator],
    in_query: str | None,
    in_form: str,
    code: str | None,
) -> None:
    esa, emulator = terraform

    answer = esa.ask(
        STOP,
        {"Id": plan_id(), "Action": in_form},
        changed={"Action": in_query},
        headers={},
    )

    assert answer.json().get("Code") == code
    assert emulator.history[0].effect == (code is None)


def test_a_timestamp_off_by_more_than_15_minutes_is_expired(
    terraform: tuple[TerraformClient, Emulator],
) -> None:
    esa, _ = terraform
    early = (datetime.now(UTC) - timedelta(minutes=16)).strftime("%Y-%m-%dT%H:%M:%SZ")
    late = (datetime.now(UTC) + timedelta(minutes=16)).strftime("%Y-%m-%dT%H:%M:%SZ")

    answers = [
        esa.ask(
            "GetScheduledPreloadJob", query={"Id": JOB}, changed={"Timestamp": moment}
        )
        for moment in (early, late)
    ]

    assert {one.json()["Code"] for one in answers} == {"InvalidTimeStamp.Expired"}


def test_a_form_changed_in_transit_is_refused(
    terraform: tuple[TerraformClient, Emulator],
) -> None:
    esa, _ = terraform
    sent = esa.ask("StopScheduledPreloadExecution", {"Id": plan_id()}).request

    answer = esa.http.post(sent.url, content="Id=" + "0" * 24, headers=sent.headers)

    assert answer.json()["Code"] == "SignatureDoesNotMatch"


def test_a_mismatch_shows_the_text_to_sign_but_no_token(
    terraform: tuple[TerraformClient, Emulator],
) -> None:
    esa, _ = terraform
    query = {"Id": JOB, "SecurityToken": "a+secret/token"}

    answer = esa.ask("GetScheduledPreloadJob", query=query)

    assert answer.json()["Code"] == "InvalidSecurityToken.MismatchWithAccessKey"
    assert "secret" not in answer.text
