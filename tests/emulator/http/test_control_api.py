"""The control API, `/_emulator/...`: what it reads and changes."""

import httpx
import pytest

from pulumi_esa_emulator.clock import SystemClock
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.in_process import EmulatorTransport
from tests.emulator.conftest import EmulatorFactory
from tests.emulator.seeds import JOB, SITE, open_plan, plan, plan_id, seed
from tests.emulator.signed_client import SignedClient

START = "StartScheduledPreloadExecution"


def test_the_history_shows_each_request_and_its_result(
    new_emulator: EmulatorFactory,
) -> None:
    emulator = new_emulator(seed(open_plan(status="stopped")))
    emulator.esa.ask("ListScheduledPreloadExecutions", Id=JOB)
    emulator.esa.ask(START, Id=plan_id())
    emulator.esa.ask(START, Id="0" * 24)

    entries = emulator.control.get("/_emulator/history").json()
    starts = emulator.control.get("/_emulator/history", params={"action": START}).json()

    assert [
        (one["action"], one["parameters"], one["status"], one["code"], one["effect"])
        for one in entries
    ] == [
        ("ListScheduledPreloadExecutions", {"Id": JOB}, 200, None, False),
        (START, {"Id": plan_id()}, 200, None, True),
        (START, {"Id": "0" * 24}, 404, "InvalidExecution.NotFound", False),
    ]
    assert entries[0]["time"] == "2026-06-01T20:00:00.000+08:00"
    assert entries[1:] == starts


def test_the_state_has_esas_field_names(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan(), urls=2))

    state = emulator.control.get("/_emulator/state").json()

    [site], [job] = state["sites"], state["jobs"]
    assert (site["SiteId"], site["Status"]) == (SITE, "active")
    assert job["UrlList"] == ["http://a.example/0", "http://a.example/1"]
    assert (job["Id"], job["UrlCount"], job["TaskSubmitted"]) == (JOB, 2, 0)
    assert job["plans"] == [
        {
            "Id": plan_id(),
            "JobId": JOB,
            "StartTime": "2026-06-01T21:00:00.000+08:00",
            "EndTime": "2026-06-01T22:00:00.000+08:00",
            "Interval": 60,
            "SliceLen": 2,
            "Status": "waiting",
            "AliUid": "1568586500114622",
        }
    ]


def test_reset_goes_back_to_how_it_was_started(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan(status="stopped")), dialects=["times-utc"])
    control = emulator.control
    emulator.esa.body(START, Id=plan_id())
    control.post("/_emulator/faults", json={"faults": [{"kind": "reset"}]})
    control.post("/_emulator/dialects", json={"dialects": []})
    control.delete("/_emulator/keys/emulator-key")

    control.post("/_emulator/reset").raise_for_status()

    assert control.get("/_emulator/history").json() == []
    assert emulator.status(plan_id()) == "stopped"
    assert emulator.esa.body(START, Id=plan_id())["StartTime"] == "2026-06-01T13:00:00Z"


def test_the_history_can_be_cleared_alone(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(open_plan(status="stopped")))
    emulator.esa.body(START, Id=plan_id())

    emulator.control.delete("/_emulator/history").raise_for_status()

    assert emulator.control.get("/_emulator/history").json() == []
    assert emulator.status(plan_id()) == "running"


def test_a_manual_clock_can_be_moved(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(plan()))

    moved = emulator.control.post("/_emulator/clock", json={"advance": 3600.5}).json()

    assert moved == {"now": "2026-06-01T21:00:00.500+08:00", "clock": "manual"}
    assert emulator.status(plan_id()) == "running"


def sentence(answer: httpx.Response) -> str:
    assert set(answer.json()) == {"error"}
    return str(answer.json()["error"])


def test_a_real_clock_cannot_be_moved() -> None:
    emulator = create_app(clock=SystemClock())
    control = SignedClient(EmulatorTransport(emulator)).http

    answer = control.post("/_emulator/clock", json={"advance": 1})

    assert answer.status_code == 400
    assert sentence(answer) == "The clock is real; start with --clock manual."


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "said"),
    [
        ("POST", "/clock", b'{"advance": -1}', 400, "greater than or equal to 0"),
        ("POST", "/clock", b'{"advance": 1e300}', 400, "less than or equal"),
        ("POST", "/clock", b'{"advance": NaN}', 400, "finite"),
        ("POST", "/clock", b"", 400, "invalid JSON"),
        ("POST", "/clock", b'{"back": 1}', 400, "body: advance: field required"),
        ("POST", "/faults", b'{"faults": [{"kind": "x"}]}', 400, "faults[0]"),
        ("POST", "/faults", b'[{"kind": "stale"}]', 400, "stale.seconds: field req"),
        ("POST", "/faults", b'{"kind": "reset", "x": 1}', 400, "faults[0].reset.x"),
        ("POST", "/faults/x", b'{"enabled": true}', 400, "no fault named 'x'"),
        ("DELETE", "/faults/x", b"", 400, "no fault named 'x'"),
        ("POST", "/dialects", b'{"dialects": ["x"]}', 400, "no dialect 'x'"),
        ("DELETE", "/keys/x", b"", 400, "no access key 'x'"),
        ("POST", "/keys", b'{"AccessKeyId": "k"}', 400, "AccessKeySecret"),
        ("POST", "/sites", b'{"SiteId": "x"}', 400, "SiteId"),
        ("GET", "/edge", b"", 400, "There is no edge; start with --edge PORT."),
        ("POST", "/edge", b'{"failure_rate": 2}', 400, "failure_rate: "),
        ("POST", "/edge", b'{"warm": ["a.jpg"]}', 400, "'a.jpg' is not a URL."),
        ("POST", "/edge", b'{"cold": ["http://a/\\nhttp://b/"]}', 400, "is not a URL."),
        ("GET", "/nothing", b"", 404, "Not Found"),
        ("PUT", "/reset", b"", 405, "Method Not Allowed"),
    ],
)
def test_an_invalid_request_is_refused_in_one_sentence(
    new_emulator: EmulatorFactory,
    method: str,
    path: str,
    body: bytes,
    status: int,
    said: str,
) -> None:
    answer = new_emulator().control.request(
        method,
        f"/_emulator{path}",
        content=body,
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == status
    assert said in sentence(answer)


def test_the_clock_cannot_leave_the_calendar(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator()
    far = {"advance": 900 * 365 * 86400}

    answers = [emulator.control.post("/_emulator/clock", json=far) for _ in range(8)]

    assert [one.status_code for one in answers] == [200] * 7 + [400]
    assert emulator.control.get("/_emulator/state").status_code == 200


def test_faults_are_counted_and_removed(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator(seed(open_plan()))
    document = {"seed": 3, "faults": [{"kind": "throttle", "calls": [2]}]}
    emulator.control.post("/_emulator/faults", json=document).raise_for_status()
    for _ in range(3):
        emulator.esa.ask("GetScheduledPreloadJob", Id=JOB)

    shown = emulator.control.get("/_emulator/faults").json()
    left = emulator.control.delete("/_emulator/faults/throttle").json()

    assert (shown["seed"], shown["faults"][0]["calls"]) == (3, [2])
    assert shown["counts"] == {"throttle": {"calls": 3, "hits": 1}}
    assert left["faults"] == []


@pytest.mark.parametrize(
    "body", [{"kind": "throttle"}, [{"kind": "throttle"}]], ids=["one", "list"]
)
def test_faults_alone_can_be_posted(
    new_emulator: EmulatorFactory, body: object
) -> None:
    emulator = new_emulator(seed(open_plan(status="stopped")))

    emulator.control.post("/_emulator/faults", json=body).raise_for_status()

    assert emulator.esa.code(START, Id=plan_id()) == (400, "TooManyRequests")


def test_keys_are_listed_without_their_secrets(new_emulator: EmulatorFactory) -> None:
    emulator = new_emulator()
    key = {
        "AccessKeyId": "STS.k",
        "AccessKeySecret": "hush",
        "SecurityToken": "hush-too",
        "Expiration": "2036-01-01T00:00:00Z",
    }

    listed = emulator.control.post("/_emulator/keys", json=key)

    assert "hush" not in listed.text
    assert "emulator-secret" not in listed.text
    assert listed.json()[1]["Expiration"] == "2036-01-01T08:00:00.000+08:00"


def test_the_overview_names_every_endpoint(new_emulator: EmulatorFactory) -> None:
    shown = new_emulator().control.get("/_emulator").json()

    assert "GET /_emulator/history" in shown["endpoints"]
    assert "POST /_emulator/clock" in shown["endpoints"]
