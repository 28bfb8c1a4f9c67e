"""The command `doctor` as a person or a pipeline calls it, over real HTTP."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol

import pytest

from pulumi_esa_cli.main import main
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.server import running
from pulumi_esa_prefetch.doctor import examination
from tests.api.sockets import Handler, request_of, serving
from tests.support.console import Console, console_in
from tests.support.local_esa import SITE, Document, Esa, job, plan, seed
from tests.support.tls_server import over_tls, self_signed

ROOT = Path(__file__).resolve().parents[2]
SECRET = "emulator-secret"
ZEROS = "0" * 24
POLICIES = ("preview", "apply", "apply-delete", "apply-site")
NOT_ASKED = {
    "CreateScheduledPreloadJob",
    "CreateScheduledPreloadExecutions",
    "PurgeCaches",
}
Lines = list[tuple[str, str, str]]


def policy(*names: str) -> Document:
    documents = [json.loads((ROOT / f"docs/ram/{n}.json").read_text()) for n in names]
    return {
        "Version": "1",
        "Statement": [one for document in documents for one in document["Statement"]],
    }


def actions_of(name: str) -> set[str]:
    allowed = policy(name)["Statement"][0]["Action"]
    return {action.removeprefix("esa:") for action in allowed}


class Serve(Protocol):
    def __call__(self, *, policy: Document | None = None, **options: Any) -> Esa: ...


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No project, no file of keys, no metadata service, and the emulator's key."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("ALIBABA_CLOUD_ECS_METADATA_DISABLED", "true")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_ID", "emulator-key")
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", SECRET)


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Iterator[Serve]:
    """Serve an ESA with plans that run, wait and are stopped; the environment names it."""
    with ExitStack() as stack:

        def make(*, policy: Document | None = None, **options: Any) -> Esa:
            plans = [plan(1, "running"), plan(2, "stopped"), plan(3, "waiting")]
            content = seed(job(1, plans), *options.pop("jobs", ()))
            if policy is not None:
                key = {"AccessKeyId": "emulator-key", "AccessKeySecret": SECRET}
                content["keys"] = [{**key, "Policy": policy}]
            if quota := options.pop("quota", None):
                content["sites"][0]["UrlQuota"] = quota
            app = create_app(seed=content, **options)
            stack.callback(app.close)
            esa = Esa(stack.enter_context(running(app)))
            stack.callback(esa.close)
            monkeypatch.setenv("ESA_ENDPOINT", esa.endpoint)
            return esa

        yield make


@pytest.fixture
def examine(
    capsys: pytest.CaptureFixture[str],
) -> Callable[..., tuple[int, Document]]:
    """Run `doctor --json`, and see that it holds no key and no trace, and what to do for each failure."""

    def run(*options: str) -> tuple[int, Document]:
        capsys.readouterr()
        code = main(["doctor", "--json", *options])
        said = capsys.readouterr()
        assert SECRET not in said.out
        assert said.err == ""
        document: Document = json.loads(said.out)
        for check in document["checks"]:
            needs_advice = check["status"] == "failed"
            assert not needs_advice or check["whatToDo"]
        assert code == int(document["failed"] > 0)
        return code, document

    return run


def of(document: Document, check: str) -> list[Document]:
    return [one for one in document["checks"] if one["check"] == check]


def statuses(document: Document, check: str) -> list[str]:
    return [one["status"] for one in of(document, check)]


def rights_of(document: Document) -> dict[str, str]:
    return {
        one["action"].removeprefix("esa:"): one["right"]
        for one in of(document, "rights")
        if "action" in one
    }


def reads(action: str) -> bool:
    return action.startswith(("Get", "List", "Describe"))


def test_every_right_is_asked_for_with_an_id_of_zeros_and_nothing_changes(
    serve: Serve, examine: Callable[..., tuple[int, Document]]
) -> None:
    esa = serve(quota=500)
    before = esa.plans()

    code, document = examine("--site", str(SITE))

    assert (code, document["failed"]) == (0, 0)
    assert set(rights_of(document).values()) == {"allowed"}
    called = [entry for entry in esa.history() if entry["access_key_id"]]
    assert {entry["action"] for entry in called} == set(rights_of(document))
    assert {entry["parameters"].get("Id", ZEROS) for entry in called} == {ZEROS}
    assert (esa.changes(), esa.plans()) == (0, before)
    (allowance,) = of(document, "allowance")
    assert (allowance["status"], allowance["value"]) == ("ok", "500")


def test_the_rights_are_those_of_the_policy_files(
    serve: Serve, examine: Callable[..., tuple[int, Document]]
) -> None:
    serve()

    _, document = examine()

    asked = {
        (one["policy"], one["action"].removeprefix("esa:"))
        for one in of(document, "rights")
        if "action" in one
    }
    # An action may stand in several files: the first of them is named.
    listed: set[tuple[str, str]] = set()
    for name in POLICIES:
        known = {action for _, action in listed} | NOT_ASKED
        listed |= {(f"ram/{name}.json", a) for a in actions_of(name) - known}
    assert asked == listed


ANYTHING: Document = {"Effect": "Allow", "Action": ["esa:*"], "Resource": "*"}


def all_but(*denied: str) -> Document:
    actions = [f"esa:{action}" for action in denied]
    deny = {"Effect": "Deny", "Action": actions, "Resource": "*"}
    return {"Version": "1", "Statement": [ANYTHING, *([deny] if denied else [])]}


GET, LIST = "GetScheduledPreloadJob", "ListScheduledPreloadExecutions"
NO_ANSWERS: list[Document] = [
    {"kind": "server-error"},
    {"kind": "truncated"},
    {"kind": "denied"},
]


@pytest.mark.parametrize("fault", NO_ANSWERS, ids=lambda fault: str(fault["kind"]))
@pytest.mark.parametrize("action", [GET, LIST])
def test_nothing_changes_where_a_job_or_a_plan_has_the_id_and_a_read_proves_nothing(
    serve: Serve,
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
    fault: Document,
    action: str,
) -> None:
    monkeypatch.setattr(examination, "SECONDS", 0.5)
    taken = plan(7, "running") | {"Id": ZEROS}
    esa = serve(
        jobs=[job(2, [plan(9, "stopped")]) | {"Id": ZEROS}, job(3, [taken])],
        faults=[fault | {"actions": action}],
    )
    before = esa.plans()

    _, document = examine()

    called = {entry["action"] for entry in esa.history() if entry["access_key_id"]}
    assert all(map(reads, called))
    assert esa.plans() == before
    changing = {a: right for a, right in rights_of(document).items() if not reads(a)}
    assert set(changing.values()) <= {"unknown"}


@pytest.mark.parametrize("status", ["running", "stopped", "finished", "failed"])
def test_a_plan_with_the_id_in_another_job_is_found_by_an_update_of_nothing(
    serve: Serve, examine: Callable[..., tuple[int, Document]], status: str
) -> None:
    esa = serve(jobs=[job(3, [plan(7, status) | {"Id": ZEROS}])])
    before = esa.plans()

    code, document = examine()

    assert (code, esa.plans()) == (1, before)
    assert esa.effective_starts() == esa.effective_stops() == 0
    (failed,) = [one for one in document["checks"] if one["status"] == "failed"]
    assert failed["text"] == (
        "UpdateScheduledPreloadExecution: ESA carried it out, because something has the id "
        + ZEROS
    )
    rights = rights_of(document)
    assert {right for a, right in rights.items() if not reads(a)} == {"unknown"}


def test_without_the_right_to_update_a_plan_with_the_id_is_stopped_at_most(
    serve: Serve, examine: Callable[..., tuple[int, Document]]
) -> None:
    esa = serve(
        jobs=[job(3, [plan(7, "running") | {"Id": ZEROS}])],
        policy=all_but("UpdateScheduledPreloadExecution"),
    )

    code, _ = examine()

    changing = [
        entry["action"]
        for entry in esa.history()
        if entry["access_key_id"] and not reads(entry["action"])
    ]
    assert code == 1
    assert changing == [
        "UpdateScheduledPreloadExecution",
        "StopScheduledPreloadExecution",
    ]


def test_no_plan_is_deleted_by_a_key_that_may_only_delete(
    serve: Serve, examine: Callable[..., tuple[int, Document]]
) -> None:
    others = ("Update", "Stop", "Start")
    esa = serve(
        jobs=[job(3, [plan(7, "running") | {"Id": ZEROS}])],
        policy=all_but(*(f"{name}ScheduledPreloadExecution" for name in others)),
    )

    examine()

    assert esa.status(ZEROS) == "running"


@pytest.mark.parametrize("dialects", [(), ("denied-is-forbidden-ram",)])
@pytest.mark.parametrize(
    "attached", [("preview",), ("apply",), ("apply", "apply-delete"), POLICIES[1:]]
)
def test_a_right_is_denied_that_no_attached_policy_has(
    serve: Serve,
    examine: Callable[..., tuple[int, Document]],
    attached: tuple[str, ...],
    dialects: tuple[str, ...],
) -> None:
    serve(policy=policy(*attached), dialects=dialects)
    has = set().union(*map(actions_of, attached))

    code, document = examine()

    found = rights_of(document)
    assert {a for a, right in found.items() if right == "allowed"} == has - NOT_ASKED
    others = {a: right for a, right in found.items() if a not in has}
    if "StopScheduledPreloadExecution" not in has:
        # nothing that is allowed can prove that no plan has the id
        assert others.pop("DeleteScheduledPreloadExecution") == "unknown"
    assert set(others.values()) <= {"denied"}
    assert code == 0, "a role that only previews is as it should be"
    for one in of(document, "rights"):
        if one.get("right") == "denied":
            assert one["status"] == "warning"
            assert one["policy"] in one["whatToDo"]


def test_a_key_that_may_not_read_fails(
    serve: Serve, examine: Callable[..., tuple[int, Document]]
) -> None:
    serve(policy={"Version": "1", "Statement": []})

    code, document = examine("--site", str(SITE))

    assert code == 1
    rights = rights_of(document)
    assert {right for a, right in rights.items() if reads(a)} == {"denied"}
    assert {right for a, right in rights.items() if not reads(a)} == {"unknown"}
    failed = [o["action"] for o in of(document, "rights") if o["status"] == "failed"]
    assert failed == [
        "esa:GetScheduledPreloadJob",
        "esa:ListScheduledPreloadExecutions",
    ]
    assert statuses(document, "allowance") == ["warning"]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        ({"ALIBABA_CLOUD_ACCESS_KEY_SECRET": "wrong"}, "signature is not matched"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": "nobody"}, "access key is not found"),
        ({"ALIBABA_CLOUD_ACCESS_KEY_ID": ""}, "ALIBABA_CLOUD_ACCESS_KEY_SECRET is set"),
        (
            {"ALIBABA_CLOUD_ACCESS_KEY_ID": "", "ALIBABA_CLOUD_ACCESS_KEY_SECRET": ""},
            "no access key from the environment",
        ),
        ({"ALICLOUD_ACCESS_KEY": "a b", "ALICLOUD_SECRET_KEY": "c"}, "has a character"),
        (
            {
                "ALICLOUD_PROFILE": "gone",
                "ALIBABA_CLOUD_ACCESS_KEY_ID": "",
                "ALIBABA_CLOUD_ACCESS_KEY_SECRET": "",
            },
            "no access key from profile 'gone'",
        ),
    ],
)
@pytest.mark.parametrize("dialects", [(), ("unknown-key-is-404",)])
def test_keys_that_are_missing_or_refused_fail(
    serve: Serve,
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
    variables: dict[str, str],
    sentence: str,
    dialects: tuple[str, ...],
) -> None:
    serve(dialects=dialects)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)

    code, document = examine()

    assert code == 1
    (failed,) = [o for o in document["checks"] if o["status"] == "failed"]
    assert failed["check"] == "keys"
    assert sentence in failed["text"]
    assert statuses(document, "endpoint") == ["ok"]
    assert rights_of(document) == {}
    (rest,) = of(document, "rest")
    assert rest["text"].endswith("not checked")


def test_keys_of_a_profile_are_named_by_the_profile(
    serve: Serve,
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    serve()
    keys = {"access_key_id": "emulator-key", "access_key_secret": SECRET}
    file = tmp_path / "home/.aliyun/config.json"
    file.parent.mkdir(parents=True)
    file.write_text(json.dumps({"profiles": [{"name": "ci", "mode": "AK", **keys}]}))
    for name in ("ALIBABA_CLOUD_ACCESS_KEY_ID", "ALIBABA_CLOUD_ACCESS_KEY_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("ALICLOUD_PROFILE", "ci")

    code, document = examine()

    (found,) = of(document, "keys")
    assert (code, found["status"], found["from"]) == (0, "ok", "profile 'ci'")
    assert "emulator-key" not in json.dumps(document)


@pytest.mark.parametrize(
    ("seconds", "status", "words"),
    [
        (0, "ok", "ESA allows 15 minutes"),
        (300, "warning", "5 minutes behind the server's"),
        (-1500, "failed", "25 minutes ahead of the server's: ESA refuses each call"),
        (7500, "failed", "2 hours 5 minutes behind the server's"),
    ],
)
def test_the_clock_is_compared_with_the_servers(
    serve: Serve,
    examine: Callable[..., tuple[int, Document]],
    seconds: int,
    status: str,
    words: str,
) -> None:
    serve(faults=[{"kind": "skewed-clock", "seconds": seconds}])

    code, document = examine()

    (clock,) = of(document, "clock")
    assert (clock["status"], code) == (status, int(status == "failed"))
    assert words in clock["text"]
    assert clock["aheadSeconds"] == pytest.approx(-seconds, abs=3)
    assert (rights_of(document) == {}) == (status == "failed")


def closed_port() -> str:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return f"127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize(
    ("endpoint", "reason"),
    [
        pytest.param(
            f"http://{closed_port()}", "no connection to", id="nothing listens"
        ),
        ("https://esa.invalid", "no connection to"),
        ("https://xn--a.example", "no connection to"),
    ],
)
def test_an_endpoint_that_is_not_reached_fails_with_what_to_do(
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
    endpoint: str,
    reason: str,
) -> None:
    monkeypatch.setenv("ESA_ENDPOINT", endpoint)

    code, document = examine()

    assert code == 1
    (found,) = of(document, "endpoint")
    assert (found["status"], reason in found["text"]) == ("failed", True)
    assert "check the endpoint" in found["whatToDo"]
    assert of(document, "rights") == []
    assert "the endpoint" in of(document, "rest")[0]["whatToDo"]


@pytest.mark.parametrize(
    ("proxy", "words"),
    [
        pytest.param(
            f"http://{closed_port()}",
            "no connection to https://esa.example",
            id="no proxy listens",
        ),
        ("ftp://proxy.example", "a proxy variable"),
    ],
)
def test_a_proxy_that_does_not_work_fails_with_what_to_do(
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
    proxy: str,
    words: str,
) -> None:
    monkeypatch.setenv("ESA_ENDPOINT", "https://esa.example")
    monkeypatch.setenv("HTTPS_PROXY", proxy)

    code, document = examine()

    (found,) = of(document, "endpoint")
    assert (code, found["status"]) == (1, "failed")
    assert words in found["text"]
    assert "proxy" in found["whatToDo"]


def test_a_server_that_never_answers_is_given_up(
    examine: Callable[..., tuple[int, Document]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(examination, "SECONDS", 0.3)
    over = threading.Event()

    def silent(connection: socket.socket) -> None:
        request_of(connection)
        over.wait(30)

    with serving(silent) as address:
        monkeypatch.setenv("ESA_ENDPOINT", f"http://{address}")
        code, document = examine()
        over.set()

    assert code == 1
    assert statuses(document, "endpoint") == ["failed"]


def answering(head: bytes, body: bytes) -> Handler:
    def handle(connection: socket.socket) -> None:
        request_of(connection)
        length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(body)
        connection.sendall(b"HTTP/1.1 " + head + length + body)

    return handle


PAGE = answering(b"403 Forbidden\r\nContent-Type: text/html\r\n", b"<h1>No</h1>")
REDIRECT = answering(b"302 Found\r\nLocation: https://login.example/?x\r\n", b"")
WELCOME = answering(b"200 OK\r\nContent-Type: application/json\r\n", b'{"a": 1}')
HTML = answering(b"200 OK\r\nContent-Type: text/html\r\n", b"<h1>Hello</h1>")
BUSY = answering(b"503 Busy\r\nContent-Type: text/html\r\n", b"<h1>Busy</h1>")


@pytest.mark.parametrize(
    ("server", "status"),
    [
        (PAGE, "failed"),
        (REDIRECT, "failed"),
        (WELCOME, "failed"),
        (HTML, "failed"),
        (BUSY, "warning"),
    ],
)
def test_an_answer_that_is_not_esas_is_said_so(
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
    server: Handler,
    status: str,
) -> None:
    monkeypatch.setattr(examination, "SECONDS", 0.5)
    with serving(server) as address:
        monkeypatch.setenv("ESA_ENDPOINT", f"http://{address}")

        _, document = examine()

    (found,) = of(document, "endpoint")
    assert found["status"] == status
    assert found["whatToDo"]


@pytest.mark.parametrize("trusted", [False, True])
def test_a_certificate_that_is_not_trusted_fails(
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    *,
    trusted: bool,
) -> None:
    refusal = {"Code": "MissingAccessKeyId", "RequestId": "A", "Message": "No key."}
    head = b"400 Bad Request\r\nContent-Type: application/json\r\n"
    date = f"Date: {datetime.now(UTC):%a, %d %b %Y %H:%M:%S GMT}\r\n".encode()
    inner = answering(head + date, json.dumps(refusal).encode())
    certificate = self_signed(tmp_path / "both.pem")
    if trusted:
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    with serving(over_tls(certificate, inner)) as address:
        near = address.replace("127.0.0.1", "localhost")
        monkeypatch.setenv("ESA_ENDPOINT", f"https://{near}")

        code, document = examine()

    (tls,) = of(document, "tls")
    assert code == 1, "its answer to each signed call is MissingAccessKeyId"
    assert tls["status"] == ("ok" if trusted else "failed")
    assert ("TLSv1.3" if trusted else "is not trusted") in tls["text"]
    assert trusted or "SSL_CERT_FILE" in tls["whatToDo"]


def test_tls_to_a_server_without_it_says_to_write_http(
    examine: Callable[..., tuple[int, Document]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def plain(connection: socket.socket) -> None:
        connection.recv(5)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n")

    with serving(plain) as address:
        monkeypatch.setenv("ESA_ENDPOINT", f"https://{address}")

        _, document = examine()

    (tls,) = of(document, "tls")
    assert "does not speak TLS" in tls["text"]
    assert "http://" in tls["whatToDo"]


@pytest.mark.parametrize(
    ("fault", "every"),
    [
        ({"kind": "server-error"}, 1),
        ({"kind": "server-error"}, 3),
        ({"kind": "reset", "when": "before"}, 3),
        ({"kind": "truncated"}, 3),
        ({"kind": "html"}, 3),
        ({"kind": "denied"}, 1),
        ({"kind": "throttle"}, 3),
        ({"kind": "expired-token"}, 3),
        ({"kind": "missing-keys"}, 1),
        ({"kind": "stall", "seconds": 1}, 3),
    ],
    ids=lambda value: value["kind"] if isinstance(value, dict) else str(value),
)
def test_under_faults_each_right_is_right_or_unknown(
    serve: Serve,
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
    fault: Document,
    every: int,
) -> None:
    monkeypatch.setattr(examination, "SECONDS", 0.5)
    esa = serve(faults=[{**fault, "every": every}])

    _, document = examine("--site", str(SITE))

    expected = {"allowed", "unknown"} | ({"denied"} & {fault["kind"]})
    assert set(rights_of(document).values()) <= expected
    assert esa.changes() == 0


@pytest.mark.parametrize(
    ("options", "status", "words"),
    [
        ((), "ok", "not asked"),
        (("--site", str(SITE)), "ok", "500 URLs"),
        (("--instance", f"esa-site-{SITE}"), "ok", "500 URLs"),
        (("--site", "77"), "warning", "The website does not exist"),
        (("--instance", "none"), "warning", "The plan instance does not exist"),
    ],
)
def test_the_allowance_is_read_for_a_site_or_an_instance(
    serve: Serve,
    examine: Callable[..., tuple[int, Document]],
    options: tuple[str, ...],
    status: str,
    words: str,
) -> None:
    serve(quota=500)

    _, document = examine(*options)

    (found,) = of(document, "allowance")
    assert (found["status"], words in found["text"]) == (status, True)


@pytest.fixture
def console(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Console:
    return console_in(tmp_path / "project", monkeypatch, capsys)


def test_the_settings_of_the_selected_stack_are_shown_with_where_they_are_from(
    serve: Serve, console: Console, examine: Callable[..., tuple[int, Document]]
) -> None:
    serve()
    console("config", "set", "esa-prefetch:maxQps", "7")
    console("config", "set", "esa-prefetch:parallel", "9")
    answers = {"version": 1, "answers": {"start-late": {"answer": "refused"}}}
    console("config", "set", "esa-prefetch:answers", json.dumps(answers))
    console("config", "set", "--secret", "esa-prefetch:endpoint", "127.0.0.1:9")
    console("config", "set", "alicloud:protocol", "HTTP")
    console("config", "set", "esa-prefetch:limits", '{"maxOriginUrlsPerSecond": 5}')
    console("config", "set", "--secret", "esa-prefetch:accessKey", "emulator-key")
    console("config", "set", "esa-prefetch:secretKey", SECRET, "--plaintext")

    code, document = examine()

    assert code == 1
    assert of(document, "stack")[0]["text"] == "dev of project proj"
    found = {o["setting"]: o for o in of(document, "settings") if "setting" in o}
    assert found["parallel"]["value"] == "9"
    assert found["answers"]["value"] == "1 answer of a probe"
    assert (found["maxQps"]["value"], found["maxQps"]["from"]) == (
        "7",
        "esa-prefetch:maxQps",
    )
    assert found["endpoint"]["value"] == "[secret]"
    assert found["limits"]["from"] == "esa-prefetch:limits"
    assert "127.0.0.1:9" not in json.dumps(document)
    (keys,) = of(document, "keys")
    assert keys["status"] == "warning"
    assert "--secret esa-prefetch:secretKey" in keys["whatToDo"]


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("esa-prefetch:maxqps", "7", "did you mean esa-prefetch:maxQps"),
        ("esa-prefetch:paralel", "7", "did you mean esa-prefetch:parallel"),
        ("esa-prefetch:parallel", "1.5", "must be a whole number from 1 to 1000"),
        ("esa-prefetch:deadline", "soon", "must be a number above 0"),
        (
            "esa-prefetch:endpoint",
            "http://esa.example",
            "plain http to another machine",
        ),
        ("esa-prefetch:limits", '{"enforce": "maybe"}', "enforce"),
    ],
)
def test_a_setting_that_is_wrong_fails(
    serve: Serve,
    console: Console,
    examine: Callable[..., tuple[int, Document]],
    name: str,
    value: str,
    words: str,
) -> None:
    serve()
    console("config", "set", name, value)

    code, document = examine()

    assert code == 1
    (failed,) = [o for o in document["checks"] if o["status"] == "failed"]
    assert failed["check"] == "settings"
    assert words in failed["text"]


def test_without_a_project_the_environment_alone_is_checked(
    serve: Serve, examine: Callable[..., tuple[int, Document]]
) -> None:
    serve()

    code, document = examine()

    (found,) = of(document, "stack")
    assert (code, found["status"]) == (0, "ok")
    assert "no project here: the environment alone" in found["text"]


def test_secrets_that_cannot_be_read_are_left_out(
    serve: Serve,
    console: Console,
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve()
    console("config", "set", "--secret", "esa-prefetch:accessKey", "emulator-key")
    console("config", "set", "esa-prefetch:maxQps", "7")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")

    code, document = examine()

    assert (code, statuses(document, "stack")) == (0, ["warning"])
    assert "passphrase" in of(document, "stack")[0]["text"]
    assert "maxQps" in {one.get("setting") for one in of(document, "settings")}
    assert of(document, "keys")[0]["from"] == "ALIBABA_CLOUD_ACCESS_KEY_ID"
    assert set(rights_of(document).values()) == {"allowed"}


def test_another_endpoint_than_the_stacks_is_never_asked(
    serve: Serve,
    console: Console,
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    esa = serve()
    console("config", "set", "--secret", "esa-prefetch:endpoint", "127.0.0.1:9")
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", "wrong")

    code, document = examine()

    assert (code, statuses(document, "settings")) == (1, ["failed"])
    assert esa.history() == []


def test_a_stack_file_without_secrets_needs_no_passphrase_and_stays_as_it_is(
    serve: Serve,
    console: Console,
    examine: Callable[..., tuple[int, Document]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    serve()
    file = console.directory / "Pulumi.dev.yaml"
    file.write_text("config:\n  esa-prefetch:maxQps: 7\n")
    before = file.read_bytes()
    monkeypatch.delenv("PULUMI_CONFIG_PASSPHRASE")

    code, document = examine()

    assert (code, statuses(document, "stack")) == (0, ["ok"])
    assert file.read_bytes() == before


def test_a_named_stack_that_is_not_there_fails(
    serve: Serve, console: Console, examine: Callable[..., tuple[int, Document]]
) -> None:
    serve()
    console("stack", "unselect")

    code, document = examine("--stack", "nix")
    alone, of_alone = examine()

    assert (code, statuses(document, "stack")) == (1, ["failed"])
    assert (alone, statuses(of_alone, "stack")) == (0, ["warning"])


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (["--site", "abc"], "for --site: the id of a site is a number"),
        (["--site", "0"], "for --site: the id of a site is a number"),
        (["--sight", "1"], "unknown flag: --sight; did you mean --site?"),
        (["what"], "what"),
    ],
)
def test_a_wrong_option_is_one_sentence(
    capsys: pytest.CaptureFixture[str], options: list[str], sentence: str
) -> None:
    assert main(["doctor", *options]) != 0

    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("error: ")
    assert sentence in said.err
    assert said.err.count("\n") == 1


def test_a_refused_key_is_one_line_with_what_to_do(
    serve: Serve, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    serve()
    monkeypatch.setenv("ALIBABA_CLOUD_ACCESS_KEY_SECRET", "not-this-secret")

    assert main(["doctor"]) == 1

    said = capsys.readouterr()
    assert said.err == ""
    assert "not-this-secret" not in said.out
    assert "Traceback" not in said.out
    _, _, after = said.out.partition(
        "\nfailed   keys       GetScheduledPreloadJob: Spec"
    )
    assert "What to do: check access key and secret; the key came from" in after
    assert said.out.splitlines()[-1].endswith(", 1 failed")


@pytest.mark.parametrize("columns", ["80", "100"])
def test_no_line_is_wider_than_the_terminal(
    serve: Serve,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    serve(policy=policy("preview"))

    assert main(["doctor", "--site", str(SITE)]) == 0

    lines = capsys.readouterr().out.splitlines()
    assert max(map(len, lines)) <= int(columns)
    assert lines[-1].endswith("warnings")
    assert {line.split()[0] for line in lines if line[0] != " "} >= {"ok", "warning"}
