"""The check of ACS3 signatures: the SDK's vectors, and everything that can be wrong."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from pulumi_esa_emulator.identity.acs3 import read_acs3
from pulumi_esa_emulator.messages.request import ApiRequest
from tests.emulator.conftest import EmulatorFactory, ServerFactory
from tests.emulator.seeds import JOB, plan_id
from tests.emulator.signed_client import Document, SignedClient

VECTORS: list[Document] = json.loads(
    (Path(__file__).parents[2] / "golden" / "acs3_vectors.json").read_text()
)["vectors"]
ID = {"Id": JOB}


def call_of(vector: Document) -> ApiRequest:
    headers = {name.lower(): str(value) for name, value in vector["headers"].items()}
    return ApiRequest(
        request_id="r",
        method=vector["method"],
        path=vector["path"],
        headers={**headers, "authorization": vector["authorization"]},
        query=tuple(
            (name, str(value))
            for name, value in vector["query"].items()
            if value is not None
        ),
        body=vector["body"].encode(),
    )


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: str(vector["name"]))
def test_the_signature_of_each_vector_is_computed(vector: Document) -> None:
    claim = read_acs3(call_of(vector))

    assert claim.sign(vector["access_key_secret"]) == vector["signature"]
    assert claim.signature == vector["signature"]
    assert claim.access_key_id == vector["access_key_id"]


def code_of(response: httpx.Response) -> str:
    return str(response.json()["Code"])


def sent(esa: SignedClient, **changed: str) -> str:
    request = esa.request("GetScheduledPreloadJob", ID, **changed)
    return code_of(esa.http.send(request))


@pytest.mark.parametrize("minutes", [-16, 16])
def test_a_date_off_by_more_than_15_minutes_is_expired(
    new_emulator: EmulatorFactory, minutes: int
) -> None:
    moment = datetime.now(UTC) + timedelta(minutes=minutes)

    code = sent(new_emulator().esa, x_acs_date=moment.strftime("%Y-%m-%dT%H:%M:%SZ"))

    assert code == "InvalidTimeStamp.Expired"


@pytest.mark.parametrize(
    "date", ["now", "2026-06-01 12:00:00", "2026-02-30T00:00:00Z", "2026-06-01T12:00Z"]
)
def test_a_date_in_another_form_is_refused(
    new_emulator: EmulatorFactory, date: str
) -> None:
    assert sent(new_emulator().esa, x_acs_date=date) == "InvalidTimeStamp.Format"


def test_a_nonce_is_valid_once(new_emulator: EmulatorFactory) -> None:
    esa = new_emulator().esa
    first = esa.http.send(
        esa.request("GetScheduledPreloadJob", ID, x_acs_signature_nonce="n")
    )

    again = sent(esa, x_acs_signature_nonce="n")

    assert first.status_code == 200
    assert again == "SignatureNonceUsed"


def test_a_nonce_that_came_with_a_wrong_signature_is_not_used_up(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator()
    wrong = SignedClient(emulator.esa.http._transport, secret="wrong")

    refused = sent(wrong, x_acs_signature_nonce="n")
    request = emulator.esa.request(
        "GetScheduledPreloadJob", ID, x_acs_signature_nonce="n"
    )

    assert refused == "SignatureDoesNotMatch"
    assert emulator.esa.http.send(request).status_code == 200


def test_a_body_changed_in_transit_is_refused(new_emulator: EmulatorFactory) -> None:
    esa = new_emulator().esa
    request = esa.request("UpdateScheduledPreloadExecution", {"Interval": "30"})

    answer = esa.http.post("/", content=b"Interval=31", headers=request.headers)

    assert code_of(answer) == "SignatureDoesNotMatch"
    assert "SHA-256" in answer.json()["Message"]


@pytest.mark.parametrize("name", ["x-acs-extra", "x-acs-credentials-provider"])
def test_every_x_acs_header_must_be_signed(
    new_emulator: EmulatorFactory, name: str
) -> None:
    esa = new_emulator().esa
    request = esa.request("GetScheduledPreloadJob", ID)
    request.headers[name] = "added"

    answer = esa.http.send(request)

    assert code_of(answer) == "IncompleteSignature"
    assert name in answer.json()["Message"]


def test_a_signed_header_must_have_been_sent(new_emulator: EmulatorFactory) -> None:
    esa = new_emulator().esa
    request = esa.request("GetScheduledPreloadJob", ID, x_extra="1")
    del request.headers["x-extra"]

    assert code_of(esa.http.send(request)) == "IncompleteSignature"


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("x-acs-action", "MissingAction"),
        ("x-acs-version", "MissingVersion"),
        ("x-acs-date", "MissingTimestamp"),
        ("x-acs-signature-nonce", "MissingSignatureNonce"),
        ("x-acs-content-sha256", "MissingContentSha256"),
        ("authorization", "MissingAccessKeyId"),
    ],
)
def test_a_header_left_out_is_named(
    new_emulator: EmulatorFactory, name: str, code: str
) -> None:
    esa = new_emulator().esa
    request = esa.request("GetScheduledPreloadJob", ID)
    signed = request.headers["authorization"].replace(f";{name};", ";")
    request.headers["authorization"] = signed
    del request.headers[name]

    assert code_of(esa.http.send(request)) == code


@pytest.mark.parametrize(
    ("header", "parameter", "code"),
    [
        ("GetScheduledPreloadJob", "GetScheduledPreloadJob", None),
        ("GetScheduledPreloadJob", "", None),
        ("", "GetScheduledPreloadJob", "MissingAction"),
        (
            "GetScheduledPreloadJob",
            "ListScheduledPreloadJobs",
            "InvalidParameter.Action",
        ),
    ],
)
def test_a_parameter_does_not_stand_for_the_action_in_the_header(
    new_emulator: EmulatorFactory, header: str, parameter: str, code: str | None
) -> None:
    esa = new_emulator().esa
    query = {**ID, "Action": parameter}
    request = esa.http.build_request("GET", "/", params=query)

    answer = esa.http.send(esa.sign(request, header, query, {}))

    assert answer.json().get("Code") == code


def test_two_action_headers_are_refused(
    serve_emulator: ServerFactory,
) -> None:
    url, _ = serve_emulator()
    with httpx.HTTPTransport() as transport:
        esa = SignedClient(transport, url=url)
        request = esa.request("GetScheduledPreloadJob", ID)
        again = ("x-acs-action", "GetScheduledPreloadJob")

        answer = esa.http.get(
            request.url, headers=[*request.headers.multi_items(), again]
        )

    assert code_of(answer) == "InvalidAction.NotFound"


def test_with_both_signatures_the_header_counts(new_emulator: EmulatorFactory) -> None:
    esa = new_emulator().esa
    query = {**ID, "AccessKeyId": "nobody", "Signature": "x"}
    request = esa.http.build_request("GET", "/", params=query)

    answer = esa.http.send(esa.sign(request, "GetScheduledPreloadJob", query, {}))

    assert answer.status_code == 200


@pytest.mark.parametrize(
    "authorization",
    [
        "",
        "Basic dXNlcjpwYXNz",
        "ACS3-HMAC-SHA256 Credential=a",
        "ACS3-HMAC-SHA256 " * 99,
    ],
)
def test_an_invalid_authorization_header_is_refused(
    new_emulator: EmulatorFactory, authorization: str
) -> None:
    esa = new_emulator().esa
    request = esa.request("GetScheduledPreloadJob", ID)
    request.headers["authorization"] = authorization

    assert code_of(esa.http.send(request)) == "IncompleteSignature"


def test_an_expired_token_is_refused(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator()
    key = {
        "AccessKeyId": "STS.k",
        "AccessKeySecret": "s",
        "SecurityToken": "t",
        "Expiration": "-1s",
    }
    emulator.control.post("/_emulator/keys", json=key).raise_for_status()
    esa = SignedClient(emulator.esa.http._transport, key="STS.k", secret="s", token="t")

    assert sent(esa) == "InvalidSecurityToken.Expired"


def test_an_unknown_key_can_be_a_404(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(dialects=["unknown-key-is-404"])
    esa = SignedClient(emulator.esa.http._transport, key="nobody")

    refusal = esa.code("StartScheduledPreloadExecution", Id=plan_id())

    assert refusal == (404, "InvalidAccessKeyId.NotFound")


def test_no_refusal_leaves_a_secret_in_the_history(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator()
    esa = SignedClient(
        emulator.esa.http._transport, secret="other-secret", token="the-token"
    )

    esa.ask("StartScheduledPreloadExecution", Id=plan_id(), SecurityToken="the-token")
    history = emulator.control.get("/_emulator/history").text

    assert "IncompleteSignature" not in history
    for secret in ("other-secret", "the-token", "emulator-secret", "Signature="):
        assert secret not in history
