"""No page of another origin is served; `/_emulator` serves only known host names and JSON."""

import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.http.app import Emulator, create_app
from pulumi_esa_emulator.http.emulator_options import EmulatorOptions, make_emulator
from pulumi_esa_emulator.http.host_names import parse_host
from pulumi_esa_emulator.http.in_process import EmulatorTransport
from pulumi_esa_emulator.http.server import running
from pulumi_esa_emulator.messages.documents import DocumentError
from tests.emulator.conftest import START, EmulatorFactory
from tests.emulator.identity.test_rpc_v1 import TerraformClient
from tests.emulator.seeds import open_plan, plan_id, seed

ROOT = Path(__file__).parents[3]
ADVANCE = b'{"advance": 60}'
JSON = {"Content-Type": "application/json"}


class NamedServer:
    """An emulator on a socket; its clock shows whether it accepted a request."""

    def __init__(self, url: str, clock: ManualClock) -> None:
        self.url, self.clock = httpx.URL(url), clock
        self.port = self.url.port

    def accepted(self) -> bool:
        return self.clock.now() > START

    def raw(self, target: str, *headers: str, version: str = "1.1") -> tuple[int, str]:
        """The status and body of the answer to a POST that moves the clock."""
        lines = [
            f"POST {target} HTTP/{version}",
            *headers,
            "Content-Type: application/json",
            f"Content-Length: {len(ADVANCE)}",
            "Connection: close",
        ]
        sent = "\r\n".join([*lines, "", ""]).encode("latin-1") + ADVANCE
        address = (self.url.host, self.port or 0)
        with socket.create_connection(address, timeout=10) as connection:
            connection.sendall(sent)
            answer = b"".join(iter(lambda: connection.recv(65536), b"")).decode()
        return int(answer.split()[1]), answer.partition("\r\n\r\n")[2]


class NamedServerFactory(Protocol):
    """Serves emulators with these names allowed."""

    def __call__(self, *names: str, host: str = "127.0.0.1") -> NamedServer: ...


@pytest.fixture
def serve_named() -> Iterator[NamedServerFactory]:
    with ExitStack() as stack:

        def serve(*names: str, host: str = "127.0.0.1") -> NamedServer:
            clock = ManualClock(START)
            app = create_app(seed=seed(), clock=clock, hosts=names)
            return NamedServer(stack.enter_context(running(app, host)), clock)

        yield serve


CLOCK = "/_emulator/clock"


@pytest.mark.parametrize(
    "host",
    [
        "localhost",
        "localhost:{port}",
        "localhost:",
        "LocalHost.:1",
        "127.0.0.1:{port}",
        "127.9.9.9",
        "[::1]:{port}",
        "[0:0:0:0:0:0:0:1]",
        "[::FFFF:127.0.0.1]",
        "0.0.0.0:{port}",
    ],
)
def test_the_names_of_this_machine_are_accepted(
    serve_named: NamedServerFactory, host: str
) -> None:
    server = serve_named()

    status, _ = server.raw(CLOCK, f"Host: {host.format(port=server.port)}")

    assert (status, server.accepted()) == (200, True)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example",
        "evil.example:{port}",
        "EVIL.example.",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "evil.localhost",
        "10.0.0.1",
        "[2001:db8::1]",
        "[::1",
        "::1",
        "localhost:x",
        "localhost:99999",
        "user@localhost",
        "evil.example@localhost",
        "localhost, evil.example",
        "localhost/evil",
        "\xe9.example",
        "",
    ],
)
def test_another_host_is_refused_in_a_sentence(
    serve_named: NamedServerFactory, host: str
) -> None:
    server = serve_named()

    status, said = server.raw(CLOCK, f"Host: {host.format(port=server.port)}")

    assert (status, server.accepted()) == (403, False)
    assert said.startswith('{"error": "')
    assert said.count("\n") == 1


@pytest.mark.parametrize(
    "headers",
    [
        ("Host: evil.example", "Host: localhost"),
        ("Host: localhost", "Host: evil.example"),
        ("Host: localhost", "Host: localhost"),
        ("Host: evil.example", "X-Forwarded-Host: localhost"),
        ("Host: evil.example", "Forwarded: host=localhost"),
    ],
)
def test_only_the_host_header_counts(
    serve_named: NamedServerFactory, headers: tuple[str, ...]
) -> None:
    server = serve_named()

    assert server.raw(CLOCK, *headers)[0] == 403
    assert not server.accepted()


def test_a_forwarded_host_is_ignored(serve_named: NamedServerFactory) -> None:
    status, _ = serve_named().raw(
        CLOCK, "Host: localhost", "X-Forwarded-Host: evil.example"
    )

    assert status == 200


@pytest.mark.parametrize("version", ["1.0", "1.1"])
def test_a_request_without_host_is_refused(
    serve_named: NamedServerFactory, version: str
) -> None:
    assert serve_named().raw(CLOCK, version=version)[0] == 403


@pytest.mark.parametrize(
    ("target", "status"),
    [
        ("http://localhost:1/_emulator/clock", 200),
        ("http://evil.example/_emulator/clock", 403),
        ("http://localhost@evil.example/_emulator/clock", 403),
    ],
)
def test_a_target_that_is_a_whole_url_is_checked_too(
    serve_named: NamedServerFactory, target: str, status: int
) -> None:
    assert serve_named().raw(target, "Host: localhost")[0] == status


@pytest.mark.parametrize(
    "host", ["esa", "ESA.:8899", "my_esa", "10.0.0.1", "[fd00::1]"]
)
def test_an_allowed_name_is_accepted(
    serve_named: NamedServerFactory, host: str
) -> None:
    server = serve_named("esa", "my_esa", "10.0.0.1", "fd00::1")

    assert server.raw(CLOCK, f"Host: {host}")[0] == 200
    assert server.raw(CLOCK, "Host: esa.evil.example")[0] == 403


def test_the_refusal_names_the_flag_that_helps(serve_named: NamedServerFactory) -> None:
    _, said = serve_named().raw(CLOCK, "Host: Esa:8899")

    assert "The emulator is not known as 'esa'; " in said
    assert "start it with --allow-host esa." in said


def test_a_server_bound_to_all_addresses_accepts_each_of_them(
    serve_named: NamedServerFactory,
) -> None:
    server = serve_named(host="0.0.0.0")
    address = outward_address()
    url = f"http://{address}:{server.port}/_emulator/clock"

    answer = httpx.post(url, json={"advance": 1}, trust_env=False)

    assert answer.status_code == 200
    assert server.raw(CLOCK, "Host: 192.0.2.1")[0] == 403


def outward_address() -> str:
    """An address of this machine; loopback where there is no other."""
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # sends nothing
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/_emulator"),
        ("GET", "/_emulator/history"),
        ("POST", "/_emulator/clock"),
        ("POST", "/_emulator/reset"),
        ("DELETE", "/_emulator/history"),
        ("PUT", "/_emulator/reset"),
        ("OPTIONS", "/_emulator/reset"),
        ("POST", "/"),
        ("GET", "/?Action=GetScheduledPreloadJob"),
    ],
)
@pytest.mark.parametrize(
    "page",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://localhost:1"},
        {"Origin": "http://localhost"},
        {"Origin": "https://localhost:8899"},
        {"Origin": "http://localhost:8899, https://evil.example"},
        {"Origin": "http://evil.example:8899"},
        {"Origin": "file://"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8899"},
    ],
)
def test_a_page_of_another_origin_is_refused(
    new_emulator: EmulatorFactory, method: str, path: str, page: dict[str, str]
) -> None:
    server = new_emulator()
    here = httpx.Client(
        transport=EmulatorTransport(server.app), base_url="http://localhost:8899"
    )

    answer = here.request(method, path, headers=page)

    assert answer.status_code == 403
    assert set(answer.json()) == {"error"}
    assert "access-control-allow-origin" not in answer.headers
    assert server.app.history == []


@pytest.mark.parametrize(
    "page",
    [
        {"Origin": "http://localhost:8899"},
        {"Origin": "http://127.0.0.1:8899", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
    ],
)
def test_a_page_of_this_server_is_accepted(
    new_emulator: EmulatorFactory, page: dict[str, str]
) -> None:
    transport = EmulatorTransport(new_emulator().app)
    here = httpx.Client(transport=transport, base_url="http://localhost:8899")

    assert here.post("/_emulator/reset", headers=page).status_code == 200


def test_a_page_cannot_start_a_plan_though_it_knows_the_key() -> None:
    app = create_app(seed=seed(open_plan(status="stopped")))
    start = ("StartScheduledPreloadExecution", {"Id": plan_id()})

    with running(app) as url, (esa := TerraformClient(url)).http as http:
        http.headers["Origin"] = "http://evil.example"
        from_page = esa.ask(*start)
        del http.headers["Origin"]
        from_elsewhere = esa.ask(*start)

    assert [from_page.status_code, from_elsewhere.status_code] == [403, 200]


def test_esas_api_is_reached_by_any_name(serve_named: NamedServerFactory) -> None:
    status, said = serve_named().raw("/", "Host: esa-in-a-container")

    assert status == 400
    assert '"Code": "MissingAction"' in said


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("application/json", 200),
        ("Application/JSON; charset=utf-8", 200),
        ("application/vnd.esa+json", 200),
        (None, 415),
        ("", 415),
        ("text/plain", 415),
        ("text/plain; application/json", 415),
        ("text/plain, application/json", 415),
        ("application/x-www-form-urlencoded", 415),
        ("multipart/form-data; boundary=x", 415),
        ("text/json", 415),
    ],
)
def test_a_body_is_json_by_its_content_type(
    new_emulator: EmulatorFactory, kind: str | None, status: int
) -> None:
    server = new_emulator()
    headers = {} if kind is None else {"Content-Type": kind}

    answer = server.control.post(CLOCK, content=ADVANCE, headers=headers)

    assert answer.status_code == status
    assert (server.clock.now() > START) == (status == 200)


@pytest.mark.parametrize("method", ["POST", "DELETE"])
def test_an_unneeded_body_must_be_json_too(
    new_emulator: EmulatorFactory, method: str
) -> None:
    server = new_emulator()
    path = {"POST": "/_emulator/reset", "DELETE": "/_emulator/faults"}[method]

    form = server.control.request(method, path, data={"a": "b"})
    text = server.control.request(method, path, json={})
    bare = server.control.request(method, path)

    assert [one.status_code for one in (form, text, bare)] == [415, 200, 200]
    assert "application/json" in form.json()["error"]


def test_a_body_in_chunks_is_a_body(serve_named: NamedServerFactory) -> None:
    server = serve_named()
    url = server.url.join(CLOCK)

    form = httpx.post(url, content=iter([ADVANCE]), trust_env=False)
    text = httpx.post(url, content=iter([ADVANCE]), headers=JSON, trust_env=False)

    assert [form.status_code, text.status_code] == [415, 200]


def test_no_answer_can_be_run_as_a_script_or_shown_as_a_page(
    new_emulator: EmulatorFactory,
) -> None:
    answer = new_emulator().control.get("/_emulator/history?callback=f")

    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.json() == []


def asked(emulator: Emulator, host: str) -> int:
    with closing(emulator):
        client = httpx.Client(transport=EmulatorTransport(emulator))
        headers = {"Host": host}
        return client.get("http://localhost/_emulator", headers=headers).status_code


def test_the_bound_host_is_a_name_of_the_server() -> None:
    options = EmulatorOptions(host="esa", hosts=("other",))

    codes = [asked(make_emulator(options), host) for host in ("esa", "other", "else")]

    assert codes == [200, 200, 403]


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("Esa.", "esa"),
        ("::1", "::1"),
        ("[FD00::0:1]", "fd00::1"),
        ("fe80::1%eth0", "fe80::1"),
        ("a_b-c.example", "a_b-c.example"),
        ("esa:8899", None),
        ("[::1]:8899", None),
        ("http://esa", None),
        ("*", None),
        ("a b", None),
        ("esa\n", None),
        (".", None),
        ("", None),
    ],
)
def test_an_allowed_host_is_a_name_or_an_address(text: str, host: str | None) -> None:
    assert parse_host(text) == host


def test_a_host_with_a_port_cannot_be_allowed(tmp_path: Path) -> None:
    options = EmulatorOptions(hosts=("esa:8899",), data=tmp_path / "esa.data")

    with pytest.raises(DocumentError, match="--allow-host wants a host name without a"):
        make_emulator(options)

    assert list(tmp_path.iterdir()) == []


def documented() -> list[str]:
    """The curl commands of README and the emulator's page that ask the API; its edge has a port of its own."""
    pages = ("README.md", "docs/local-esa.md")
    texts = [(ROOT / page).read_text() for page in pages]
    return [
        one
        for text in texts
        for one in re.findall(r"(?:^\$ |`)(curl [^`\n]+)", text, re.MULTILINE)
        if "--connect-to" not in one
    ]


@pytest.mark.skipif(shutil.which("curl") is None, reason="there is no curl")
@pytest.mark.parametrize("command", documented())
def test_every_curl_command_of_the_docs_is_answered(
    serve_named: NamedServerFactory, command: str
) -> None:
    environment = {**os.environ, "ESA_ENDPOINT": str(serve_named().url)}

    ended = subprocess.run(
        [
            "/bin/sh",
            "-c",
            command.replace("curl", "curl -q --fail --silent --noproxy '*'", 1),
        ],
        env=environment,
        capture_output=True,
        check=False,
        timeout=20,
    )

    assert ended.returncode == 0
    assert isinstance(json.loads(ended.stdout), list | dict)
