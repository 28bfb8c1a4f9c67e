"""Signatures, compared with those of Alibaba's SDK."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import httpx
import pytest

from pulumi_esa_prefetch.api.client import EsaClient
from pulumi_esa_prefetch.api.signing import (
    Acs3Auth,
    canonical_headers,
    canonical_query,
    canonical_request,
    sign,
    string_to_sign,
)
from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.settings.credential_sources import Credentials
from tests.api.answering import JOB_ID, PLAN, Script, client_of, ok

_GOLDEN = Path(__file__).parents[1] / "golden" / "acs3_vectors.json"
VECTORS: list[dict[str, Any]] = json.loads(_GOLDEN.read_text("utf-8"))["vectors"]
MOMENT = datetime(2024, 6, 1, tzinfo=UTC)
NONCE = "0123456789abcdef0123456789abcdef"


def each(vectors: list[dict[str, Any]]) -> pytest.MarkDecorator:
    names = [vector["name"] for vector in vectors]
    return pytest.mark.parametrize("vector", vectors, ids=names)


@each(VECTORS)
def test_the_pure_functions_agree_with_the_official_sdk(vector: dict[str, Any]) -> None:
    query, headers = vector["query"].items(), vector["headers"].items()

    canonical = canonical_request(
        vector["method"], vector["path"], query, headers, vector["payload_sha256"]
    )
    text = string_to_sign(canonical)

    assert canonical_query(query) == vector["canonical_query"]
    assert canonical_headers(headers) == (
        vector["canonical_headers"],
        vector["signed_headers"],
    )
    assert canonical == vector["canonical_request"]
    assert text == vector["string_to_sign"]
    assert sign(vector["access_key_secret"], text) == vector["signature"]


@each([vector for vector in VECTORS if not vector["name"].startswith("client-")])
def test_a_request_is_signed_as_the_official_sdk_signs_it(
    vector: dict[str, Any],
) -> None:
    given = vector["headers"]
    moment = datetime.strptime(given["x-acs-date"], "%Y-%m-%dT%H:%M:%S%z")
    auth = Acs3Auth(
        Credentials(
            vector["access_key_id"],
            vector["access_key_secret"],
            vector["security_token"],
        ),
        ManualClock(moment),
        lambda: given["x-acs-signature-nonce"],
    )
    request = httpx.Request(
        vector["method"],
        f"https://{given['host']}/?{urlencode(vector['query'])}",
        headers={
            name: given[name]
            for name in ("x-acs-action", "x-acs-version", "content-type")
            if name in given
        },
        content=vector["body"].encode(),
    )

    with auth.signed(request):
        assert request.headers["authorization"] == vector["authorization"]


CLIENT_CALLS: dict[str, Callable[[EsaClient], object]] = {
    "client-create-job-oss": lambda client: client.create_scheduled_preload_job(
        site_id=190007158391808,
        name="example",
        insert_way="oss",
        oss_url="https://xxxobject.oss-cn-hangzhou.aliyuncs.com/urls.txt",
    ),
    "client-get-job": lambda client: client.get_scheduled_preload_job(job_id=JOB_ID),
    "client-reset-job": lambda client: client.reset_scheduled_preload_job(
        job_id=JOB_ID
    ),
    "client-delete-job": lambda client: client.delete_scheduled_preload_job(
        job_id=JOB_ID
    ),
    "client-list-executions": lambda client: client.list_scheduled_preload_executions(
        job_id=JOB_ID
    ),
    "client-update-execution": lambda client: client.update_scheduled_preload_execution(
        plan_id="66599bd7397885b43804901c",
        end_time=datetime.fromisoformat("2024-05-31T18:10:48.849+08:00"),
        interval=60,
    ),
    "client-delete-execution": lambda client: client.delete_scheduled_preload_execution(
        plan_id="66599bd7397885b43804901c"
    ),
    "client-start-execution": lambda client: client.start_scheduled_preload_execution(
        plan_id=PLAN["Id"]
    ),
    "client-start-execution-intl": lambda client: (
        client.start_scheduled_preload_execution(plan_id=PLAN["Id"])
    ),
}


def sent(vector: dict[str, Any]) -> tuple[httpx.Request, httpx.Headers]:
    """What the client really sends for the call of a vector."""
    app = Script(
        ok(
            {
                "RequestId": "R",
                "Executions": [],
                "TotalCount": 0,
                "Id": vector["query"].get("Id", "x"),
            }
        )
    )
    client = client_of(
        app,
        clock=ManualClock(MOMENT),
        nonce=lambda: NONCE,
        endpoint=f"https://{vector['headers']['host']}",
    )
    CLIENT_CALLS[vector["name"]](client)
    return app.requests[0], app.headers[0]


@each([vector for vector in VECTORS if vector["name"].startswith("client-")])
def test_each_method_signs_to_what_the_official_client_signs_to(
    vector: dict[str, Any],
) -> None:
    request, headers = sent(vector)

    # The body differs in one thing: we write times in UTC. It is put back here.
    body = request.content.decode().replace(
        "2024-05-31T10%3A10%3A48.849Z", "2024-05-31T18%3A10%3A48.849%2B08%3A00"
    )
    # That SDK signs three headers more, which the signature must be told of.
    theirs = {name: vector["headers"][name] for name in ("user-agent",)}
    theirs["x-acs-credentials-provider"] = "static_ak"
    theirs["x-acs-content-sha256"] = hashlib.sha256(body.encode()).hexdigest()
    names = vector["signed_headers"].split(";")
    canonical = canonical_request(
        request.method,
        request.url.path,
        request.url.params.multi_items(),
        [(name, theirs.get(name) or headers[name]) for name in names],
        theirs["x-acs-content-sha256"],
    )

    assert body == vector["body"]
    assert str(request.url).rstrip("/") == vector["url_sent_by_sdk"].rstrip("/")
    assert (
        sign(vector["access_key_secret"], string_to_sign(canonical))
        == vector["signature"]
    )


@each([vector for vector in VECTORS if vector["name"].startswith("client-")])
def test_the_signature_is_over_the_request_as_it_is_sent(
    vector: dict[str, Any],
) -> None:
    request, headers = sent(vector)

    scheme, _, rest = headers["authorization"].partition(" ")
    parts = dict(part.split("=", 1) for part in rest.split(","))
    names = parts["SignedHeaders"].split(";")
    payload = hashlib.sha256(request.content).hexdigest()
    canonical = canonical_request(
        request.method,
        request.url.path,
        request.url.params.multi_items(),
        [(name, headers[name]) for name in names],
        payload,
    )
    every_acs = {name for name in headers if name.startswith("x-acs-")}
    assert scheme == "ACS3-HMAC-SHA256"
    assert headers["x-acs-content-sha256"] == payload
    assert every_acs | {"host"} <= set(names)
    assert parts["Signature"] == sign(
        "exampleAccessKeySecret", string_to_sign(canonical)
    )


def test_parameter_names_are_sorted_and_encoded_too() -> None:
    assert (
        canonical_query([("b", "2"), ("a b", "ü"), ("a", "")]) == "a=&a%20b=%C3%BC&b=2"
    )


def test_a_header_given_twice_is_signed_as_one_with_sorted_values() -> None:
    block, names = canonical_headers(
        [("X-Acs-B", " 2 "), ("x-acs-b", "1"), ("host", "h")]
    )

    assert block == "host:h\nx-acs-b:1,2\n"
    assert names == "host;x-acs-b"


def test_an_update_of_nothing_still_says_that_it_is_a_form() -> None:
    app = Script(ok(PLAN))

    client_of(app).update_scheduled_preload_execution(plan_id=PLAN["Id"])

    assert app.headers[0]["content-type"] == "application/x-www-form-urlencoded"
    assert app.requests[0].content == b""
    assert "content-type;" in app.headers[0]["authorization"]


def test_each_request_has_a_nonce_of_its_own() -> None:
    app = Script(ok(PLAN))
    client = client_of(app)

    for _ in range(3):
        client.start_scheduled_preload_execution(plan_id=PLAN["Id"])

    assert len({headers["x-acs-signature-nonce"] for headers in app.headers}) == 3


def test_a_request_holds_no_secret_after_the_answer() -> None:
    keys = Credentials("STS.id", "secret", "token")
    auth = Acs3Auth(keys, ManualClock(MOMENT), lambda: NONCE)
    request = httpx.Request("POST", "https://esa.example/")

    with auth.signed(request):
        assert request.headers["x-acs-security-token"] == "token"

    assert "authorization" not in request.headers
    assert "x-acs-security-token" not in request.headers
