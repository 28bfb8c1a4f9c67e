"""The error, or the content, that each HTTP answer means."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pulumi_esa_prefetch.api.errors import (
    ApiError,
    BadCredentials,
    Busy,
    Conflict,
    CutOff,
    Denied,
    EsaError,
    ExpiredToken,
    Invalid,
    NoAnswer,
    NotFound,
    NotFromEsa,
    ServerFault,
    Throttled,
    WrongClock,
)
from pulumi_esa_prefetch.api.http_answers import HttpAnswer, read_answer
from pulumi_esa_prefetch.settings.credential_sources import Credentials
from tests.api.answering import REQUEST_ID, refusal

START = "StartScheduledPreloadExecution"
NOON = datetime(2024, 6, 1, 12, tzinfo=UTC)
DOUBT = "; it may be done"


def answer(
    response: httpx.Response, credentials: Credentials | None = None
) -> HttpAnswer:
    return HttpAnswer(
        START,
        response.status_code,
        response.headers,
        response.content,
        NOON,
        credentials or Credentials("id", "the-secret", "the/token="),
    )


def error_of(response: httpx.Response) -> EsaError:
    with pytest.raises(EsaError) as caught:
        read_answer(answer(response), DOUBT)
    assert "\n" not in str(caught.value)
    return caught.value


# The error table that all scheduled-prefetch actions share, and the gateway's codes.
@pytest.mark.parametrize(
    ("status", "code", "expected", "ambiguous"),
    [
        (400, "InvalidEndTime.Mismatch", Invalid, False),
        (400, "InvalidJob.JobCountOfSiteFull", Conflict, False),
        (400, "InvalidParameter.ObjectId", Invalid, False),
        (400, "MissingOssUrl", Invalid, False),
        (400, "MissingUrlList", Invalid, False),
        (400, "MissingId", Invalid, False),
        (400, "TooManyRequests", Throttled, False),
        (403, "InvalidUid.PermissionDenied", Denied, False),
        (404, "InvalidJob.NotFound", NotFound, False),
        (404, "InvalidExecution.NotFound", NotFound, False),
        (400, "InvalidScheduledPreloadJob.NotFound", NotFound, False),
        (404, "LogNotFound", ApiError, False),
        (404, "InvalidAction.NotFound", ApiError, False),
        (404, "InvalidApi.NotFound", ApiError, False),
        (404, "Site.NotFound", ApiError, False),
        (404, "", ApiError, False),
        (400, "Throttling", Throttled, False),
        (400, "Throttling.User", Throttled, False),
        (503, "Throttling.Api", Throttled, False),
        (400, "Rejected.Throttling", Throttled, False),
        (400, "Some.Throttling.Kind", Throttled, False),
        (429, "", Throttled, False),
        (400, "Site.ServiceBusy", Busy, False),
        (400, "LockFailed", Busy, False),
        (400, "SignatureNonceUsed", Busy, True),
        (403, "Forbidden.RAM", Denied, False),
        (403, "NoPermission", Denied, False),
        (403, "", Denied, False),
        (409, "OperationConflict", Conflict, False),
        (400, "IncorrectStatus.Plan", Conflict, False),
        (404, "InvalidAccessKeyId.NotFound", BadCredentials, False),
        (400, "SignatureDoesNotMatch", BadCredentials, False),
        (401, "", BadCredentials, False),
        (403, "InvalidSecurityToken.Expired", ExpiredToken, False),
        (400, "InvalidSecurityToken.Malformed", BadCredentials, False),
        (400, "InvalidTimeStamp.Expired", WrongClock, False),
        (503, "ServiceUnavailable", ServerFault, True),
        (400, "ServiceUnavailable", ServerFault, True),
        (500, "InternalError", ServerFault, True),
        (502, "", ServerFault, True),
        (408, "", ServerFault, True),
        (400, "SomethingNew", ApiError, False),
    ],
)
def test_a_refusal_has_the_class_of_its_code(
    status: int, code: str, expected: type[ApiError], ambiguous: bool
) -> None:
    error = error_of(refusal(status, code, "It says so."))

    assert type(error) is expected
    assert isinstance(error, ApiError)
    assert (error.action, error.code, error.status) == (START, code, status)
    assert (error.message, error.request_id) == (
        "It says so.",
        "65C66B7B-671A-8297-9187-2R5477247B76",
    )
    assert error.ambiguous is ambiguous


def test_an_error_is_one_sentence_with_every_fact_a_ticket_needs() -> None:
    error = error_of(refusal(404, "InvalidJob.NotFound", "The task does not exist."))

    assert str(error) == (
        "StartScheduledPreloadExecution: The task does not exist (InvalidJob.NotFound, "
        "HTTP 404, request 65C66B7B-671A-8297-9187-2R5477247B76); check the id, and that "
        "it was made in this account and at this endpoint"
    )


def test_a_missing_permission_is_named_in_the_error() -> None:
    content = {
        "Code": "NoPermission",
        "Message": "You are not authorized.",
        "AccessDeniedDetail": {"AuthAction": "esa:StartScheduledPreloadExecution"},
    }

    error = error_of(httpx.Response(403, json=content))

    assert "allow the key the RAM action esa:StartScheduledPreloadExecution" in str(
        error
    )
    assert "RAM says: esa:StartScheduledPreloadExecution" in str(error)


@pytest.mark.parametrize("code", ["InvalidAction.NotFound", "InvalidApi.NotFound"])
def test_an_unknown_action_asks_to_check_the_endpoint(code: str) -> None:
    assert "check that the endpoint is one of ESA" in str(error_of(refusal(404, code)))


@pytest.mark.parametrize("status", [401, 403, 404, 405])
@pytest.mark.parametrize(
    "page",
    [
        {"html": "<html>blocked by WAF</html>"},
        {"content": b""},
        {"json": {"error": "blocked"}},
        {"json": {}},
    ],
    ids=lambda page: next(iter(page)),
)
def test_a_page_of_a_firewall_is_not_called_a_missing_permission_or_a_wrong_key(
    status: int, page: dict[str, Any]
) -> None:
    error = error_of(httpx.Response(status, **page))

    assert type(error) is NotFromEsa
    assert not error.ambiguous
    assert "this is no answer of ESA: a firewall or a proxy on the way" in str(error)
    assert "RAM" not in str(error)
    assert "key" not in str(error)


@pytest.mark.parametrize(("status", "expected"), [(408, ServerFault), (429, Throttled)])
def test_a_page_without_a_code_still_means_what_its_status_means(
    status: int, expected: type[ApiError]
) -> None:
    assert type(error_of(httpx.Response(status, html="<p>wait</p>"))) is expected


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("SiteNotOpen", "not activated for this account: activate it in the ESA"),
        ("ServiceNotOpened", "not activated for this account: activate it in the ESA"),
        ("NotOpenService", "not activated for this account: activate it in the ESA"),
        ("Forbidden.NotActivated", "not activated for this account: activate it"),
        ("Account.Overdue", "pay what the account owes"),
        ("InDebt", "pay what the account owes"),
        ("Forbidden.RAM", "allow the key the RAM action esa:Start"),
        ("InvalidUid.PermissionDenied", "check that the id is of this account, and"),
        ("Unauthorized.Site", "allow the key the RAM action esa:Start"),
        ("InvalidAccessKeyId.Inactive", "enable the key in the RAM console"),
        (
            "InvalidSecurityToken.MismatchWithAccessKey",
            "use key, secret and token that were issued together",
        ),
    ],
)
def test_the_advice_is_about_what_the_code_means(code: str, words: str) -> None:
    assert f"; {words}" in str(error_of(refusal(403, code))).replace("it is ", "")


def test_a_403_with_an_unknown_code_has_the_reason_of_esa_only() -> None:
    error = error_of(refusal(403, "Site.Frozen", "The site is frozen."))

    assert str(error).endswith(f"(Site.Frozen, HTTP 403, request {REQUEST_ID})")


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize(
    ("location", "words"),
    [
        ("https://127.0.0.1:1/path?geheim", "it redirects to https://127.0.0.1:1,"),
        ("http://user:geheim@h.test/", "it redirects to http://h.test,"),
        ("https://[::1]:80/", "it redirects to https://[::1]:80,"),
        ("//other.test", "it redirects to https://other.test,"),
        ("/geheim", "it redirects to another path of the same host,"),
        ("http://[::1", "it redirects to an unreadable address,"),
        ("", "it redirects to another path of the same host,"),
        ("https://\x1bmx.test/", "it redirects to https://?mx.test,"),
    ],
)
def test_a_redirect_names_the_host_and_asks_to_correct_the_endpoint(
    status: int, location: str, words: str
) -> None:
    error = error_of(httpx.Response(status, headers={"location": location}))

    assert type(error) is NotFromEsa
    assert f"{words} which ESA never does: correct the endpoint" in str(error)
    assert "geheim" not in str(error)


def test_the_host_of_a_redirect_is_cut_and_shows_no_secret() -> None:
    long = error_of(httpx.Response(301, headers={"location": f"https://{'h' * 999}/"}))
    secret = httpx.Response(301, headers={"location": "https://the-secret.test/"})

    assert len(str(long)) < 300
    assert "the-secret" not in str(error_of(secret))


def test_a_proxy_that_asks_for_credentials_is_told_apart() -> None:
    header = {"proxy-authenticate": 'Basic realm="x"'}

    error = error_of(httpx.Response(407, headers=header))

    assert str(error) == (
        f"{START}: an empty answer (HTTP 407); the proxy asks for a valid user name and password: write them "
        "into the proxy variable, as http://user:password@host:port"
    )


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        (
            Credentials(
                "id", "s" * 9, origin="alicloud:accessKey", is_in_stack_config=True
            ),
            "; the key came from alicloud:accessKey; refresh and destroy use the stack config of the last `up`, so",
        ),
        (
            Credentials("id", "s" * 9, origin="profile 'p'"),
            "; the key came from profile 'p'",
        ),
        (Credentials("id", "s" * 9), ""),
    ],
)
def test_the_advice_for_a_refused_key_names_where_it_came_from(
    keys: Credentials, words: str
) -> None:
    response = refusal(400, "SignatureDoesNotMatch")

    with pytest.raises(BadCredentials) as caught:
        read_answer(answer(response, keys), DOUBT)

    sentence = str(caught.value)
    assert f"); check access key and secret{words}" in sentence
    assert ("stack config" in sentence) is keys.is_in_stack_config
    assert ("came from" in sentence) is bool(keys.origin)


def test_the_other_spelling_of_an_error_is_read_as_well() -> None:
    content = {"code": "TooManyRequests", "message": "Slow.", "requestId": "R1"}

    error = error_of(httpx.Response(400, json=content))

    assert isinstance(error, Throttled)
    assert error.request_id == "R1"


def test_an_error_in_xml_is_read() -> None:
    text = (
        "<?xml version='1.0'?><Error><RequestId>R1</RequestId>"
        "<Code>Throttling.User</Code><Message>Slow &amp; steady.</Message></Error>"
    )

    error = error_of(
        httpx.Response(
            400, text=text, headers={"content-type": "text/xml;charset=utf-8"}
        )
    )

    assert isinstance(error, Throttled)
    assert error.request_id == "R1"


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"x-acs-retry-after": "1500"}, 1.5),
        ({"x-acs-retry-after": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after": "3"}, 3.0),
        ({"retry-after": "Sat, 01 Jun 2024 12:00:07 GMT"}, 7.0),
        ({"retry-after": "Sat, 01 Jun 2024 11:00:00 GMT"}, None),
        ({"retry-after": "Sat, 01 Jun 2024 12:00:07 -0000"}, 7.0),
        ({"retry-after": "0"}, None),
        ({"retry-after": "soon"}, None),
        ({"x-acs-retry-after": "-1"}, None),
        ({"retry-after": "9" * 400}, 999_999_999.0),
        ({}, None),
    ],
)
def test_hints_to_wait_are_read_in_each_form(
    headers: dict[str, str], expected: float | None
) -> None:
    assert (
        error_of(refusal(400, "TooManyRequests", headers=headers)).retry_after
        == expected
    )


def test_a_refusal_with_a_hint_is_throttling_as_for_the_official_sdk() -> None:
    error = error_of(refusal(400, "Odd", headers={"x-acs-retry-after": "100"}))

    assert isinstance(error, Throttled)


@pytest.mark.parametrize(
    ("date", "words"),
    [
        ("Sat, 01 Jun 2024 11:30:00 GMT", "30 minutes ahead of the server's"),
        ("Sat, 01 Jun 2024 12:20:00 GMT", "20 minutes behind the server's"),
        ("Sun, 02 Jun 2024 12:20:00 GMT", "24 hours 20 minutes behind"),
        ("Sat, 01 Jun 2024 12:00:10 GMT", "check this machine's clock"),
        ("", "check this machine's clock"),
    ],
)
def test_a_wrong_clock_is_explained_by_the_date_of_the_answer(
    date: str, words: str
) -> None:
    error = error_of(refusal(400, "InvalidTimeStamp.Expired", headers={"date": date}))

    assert words in str(error)


@pytest.mark.parametrize(
    ("response", "words"),
    [
        (
            httpx.Response(200, html="<html><title>Portal</title>"),
            "text/html that begins",
        ),
        (
            httpx.Response(
                200, text='{"a": 1', headers={"content-type": "application/json"}
            ),
            "JSON that is cut off or broken",
        ),
        (httpx.Response(200, content=b""), "an empty answer"),
        (httpx.Response(200, json=[1]), "broken"),
        (httpx.Response(200, content=b"\xff\xfe\x00"), "an answer of no known type"),
        (httpx.Response(200, json="[" * 100_000), "broken"),
        (httpx.Response(200, content=b"[" * 100_000), "no known type"),
        (httpx.Response(200, text='{"Id": "a"}'), "text/plain that begins"),
        (httpx.Response(204), "an empty answer"),
    ],
)
def test_a_success_that_is_not_json_is_an_error_that_describes_the_answer(
    response: httpx.Response, words: str
) -> None:
    error = error_of(response)

    assert type(error) is NoAnswer
    assert error.ambiguous
    assert words in str(error)
    assert f"HTTP {response.status_code}" in str(error)


@pytest.mark.parametrize(
    ("status", "expected"), [(502, ServerFault), (404, NotFromEsa), (302, NotFromEsa)]
)
def test_an_error_page_in_html_is_described(
    status: int, expected: type[ApiError]
) -> None:
    error = error_of(
        httpx.Response(status, html="<html>\n<h1>Bad\x1b[31m Gateway</h1>")
    )

    assert type(error) is expected
    assert (
        f"text/html that begins '<html> <h1>Bad?[31m Gateway</h1>' (HTTP {status}"
        in str(error)
    )


@pytest.mark.parametrize(
    ("status", "expected"),
    [(400, CutOff), (403, CutOff), (404, CutOff), (429, Throttled), (503, ServerFault)],
)
def test_a_refusal_with_incomplete_json_has_no_reason(
    status: int, expected: type[EsaError]
) -> None:
    error = error_of(
        httpx.Response(
            status,
            content=b'{"Code":"InvalidExecution.Not',
            headers={"content-type": "application/json"},
        )
    )

    assert type(error) is expected
    assert "JSON that is cut off or broken" in str(error)


@pytest.mark.parametrize(
    "content",
    [
        {"Code": "InvalidExecution.NotFound", "Message": "Gone.", "RequestId": "R"},
        {"code": "InvalidExecution.NotFound", "message": "Gone."},
        {"Success": False, "Code": "InvalidExecution.NotFound"},
    ],
)
def test_a_success_with_an_error_code_inside_is_that_error(
    content: dict[str, Any],
) -> None:
    assert isinstance(error_of(httpx.Response(200, json=content)), NotFound)


def test_a_success_that_says_it_failed_is_an_error_even_without_a_code() -> None:
    error = error_of(httpx.Response(200, json={"Success": "false"}))

    assert type(error) is ApiError
    assert "ESA gives no reason" in str(error)


@pytest.mark.parametrize(
    "extra", [{}, {"Code": None}, {"Code": "200"}, {"Success": True}]
)
def test_a_success_gives_its_content(extra: dict[str, Any]) -> None:
    content = {"Id": "a", **extra}

    assert read_answer(answer(httpx.Response(200, json=content)), DOUBT) == content


@pytest.mark.parametrize(
    "text",
    ["the-secret", "the/token=", "the%2Ftoken%3D", "A the-secret B the/token= C"],
)
def test_a_server_that_repeats_a_secret_is_not_quoted(text: str) -> None:
    for response in (
        refusal(400, "SignatureDoesNotMatch", f"server string to sign is: {text}"),
        refusal(400, text),
        httpx.Response(200, text=text),
        httpx.Response(502, text=text),
    ):
        sentence = str(error_of(response))

        assert "the-secret" not in sentence
        assert "token=" not in sentence
        assert "token%3D" not in sentence
        assert "[secret]" in sentence


def test_a_long_message_is_cut() -> None:
    assert len(str(error_of(refusal(400, "Odd", "a long story " * 1000)))) < 500


def test_a_half_surrogate_pair_in_a_message_can_be_printed() -> None:
    body = b'{"Code": "Odd", "Message": "half \\ud800 character"}'

    error = error_of(httpx.Response(400, content=body))

    assert str(error).encode()


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["Code", "code", "Message", "RequestId", "Success", "x"])
            | st.text(max_size=5),
            inner,
            max_size=4,
        )
    ),
    max_leaves=10,
)


@given(st.integers(200, 599), _JSON)
def test_any_json_is_read_or_is_one_of_our_errors(status: int, content: object) -> None:
    import json  # noqa: PLC0415

    body = json.dumps(content).encode()
    try:
        read_answer(answer(httpx.Response(status, content=body)), DOUBT)
    except EsaError as error:
        assert str(error).isprintable()  # noqa: PT017


@given(st.integers(200, 599), st.binary(max_size=60), st.text(max_size=20))
def test_any_bytes_are_read_or_are_one_of_our_errors(
    status: int, body: bytes, kind: str
) -> None:
    headers = [(b"content-type", kind.encode("utf-8", "replace"))]
    response = httpx.Response(status, content=body, headers=headers)
    try:
        read_answer(answer(response), DOUBT)
    except EsaError as error:
        assert str(error).isprintable()  # noqa: PT017
