"""The command `emulator`: first line, end, exit codes, and no loss when it is killed."""

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Protocol

import httpx
import pytest

from pulumi_esa_cli.main import main
from pulumi_esa_emulator.dialects import DIALECTS
from pulumi_esa_emulator.faults.fault_file import fault_grammar
from tests.emulator.seeds import JOB, open_plan, plan_id, seed
from tests.emulator.signed_client import SignedClient

PROGRAM = str(Path(sys.executable).parent / "esa-prefetch")
COMMAND = [PROGRAM, "emulator", "--port", "0"]
FIRST_LINE = "ESA emulator listening on "
START = "StartScheduledPreloadExecution"
STOP = "StopScheduledPreloadExecution"


class EmulatorProcess:
    """The command as a process, and a client of it."""

    def __init__(self, process: subprocess.Popen[str], esa: SignedClient) -> None:
        self.process, self.esa = process, esa

    def end(self, number: signal.Signals) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=20)

    def history(self) -> list[dict[str, object]]:
        return list(self.esa.http.get("/_emulator/history").json())


@contextmanager
def emulator(
    *arguments: str, program: list[str] | None = None
) -> Iterator[EmulatorProcess]:
    with ExitStack() as stack:
        process = stack.enter_context(
            subprocess.Popen(
                [*(program or COMMAND), *arguments],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
        stack.callback(process.kill)
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line.startswith(FIRST_LINE), process.communicate()
        url = line.removeprefix(FIRST_LINE).strip()
        transport = stack.enter_context(httpx.HTTPTransport())
        yield EmulatorProcess(process, SignedClient(transport, url=url))


@pytest.fixture
def seed_file(tmp_path: Path) -> str:
    path = tmp_path / "seed.json"
    path.write_text(json.dumps(seed(open_plan(status="stopped"))))
    return str(path)


class CommandRefusal(Protocol):
    """Runs the command, which must refuse its arguments, in this process."""

    def __call__(self, *arguments: str) -> tuple[int, str]: ...


@pytest.fixture
def refused(capsys: pytest.CaptureFixture[str]) -> CommandRefusal:
    def run(*arguments: str) -> tuple[int, str]:
        code = main(["emulator", "--port", "0", *arguments])
        out, err = capsys.readouterr()
        assert out == ""
        return code, err

    return run


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_it_says_where_it_listens_and_ends_cleanly(
    seed_file: str, number: signal.Signals
) -> None:
    with emulator("--seed", seed_file, "--quiet") as process:
        started = process.esa.body(START, Id=plan_id())
        code = process.end(number)

        assert process.process.stdout
        assert process.process.stderr
        assert started["Status"] == "running"
        assert (code, process.process.stdout.read(), process.process.stderr.read()) == (
            0,
            "",
            "",
        )


def test_it_prints_what_a_shell_needs_and_a_line_for_each_request(
    seed_file: str,
) -> None:
    with emulator("--seed", seed_file) as process:
        url = str(process.esa.http.base_url).rstrip("/")
        process.esa.ask(START, Id=plan_id())
        process.esa.ask(START, Id=plan_id() + "\x1b[2J")
        process.esa.http.get("/_emulator/state")
        process.end(signal.SIGTERM)
        assert process.process.stdout
        lines = process.process.stdout.read().splitlines()

    assert lines[1:4] == [
        f"  export ESA_ENDPOINT={url}",
        "  export ALIBABA_CLOUD_ACCESS_KEY_ID=emulator-key",
        "  export ALIBABA_CLOUD_ACCESS_KEY_SECRET=emulator-secret",
    ]
    started, refused = (line.partition(" ")[2] for line in lines[5:])
    assert started == f"{START} {plan_id()}: 200, running"
    assert refused.startswith(f"{START} {plan_id()}")
    assert refused.endswith("nothing changed")
    assert "\x1b" not in refused


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_with_an_edge_it_says_where_and_what_to_trust_and_ends_all_the_same(
    number: signal.Signals,
) -> None:
    with emulator("--edge", "0") as process:
        port = process.esa.http.get("/_emulator/edge").json()["port"]
        with socket.create_connection(("127.0.0.1", port)):
            code = process.end(number)
        assert process.process.stdout
        lines = process.process.stdout.read().splitlines()

    assert code == 0
    assert lines[0] == f"Edge, http and https, on port {port}"
    (trust,) = (line for line in lines if "SSL_CERT_FILE=" in line)
    assert not Path(trust.partition("=")[2]).exists()


def test_the_secret_of_a_key_that_was_given_is_not_printed() -> None:
    with emulator("--access-key", "mine:geheim") as process:
        process.end(signal.SIGTERM)
        assert process.process.stdout
        said = process.process.stdout.read()

    assert "ALIBABA_CLOUD_ACCESS_KEY_ID=mine\n" in said
    assert "geheim" not in said


@pytest.mark.slow
def test_nobody_reads_its_lines_and_it_answers_all_the_same(seed_file: str) -> None:
    with emulator("--seed", seed_file) as process:
        for _ in range(1500):
            process.esa.ask("ListScheduledPreloadExecutions", Id=JOB)

        assert process.end(signal.SIGTERM) == 0


@pytest.mark.parametrize("when", ["before", "after"])
def test_it_ends_while_an_answer_is_stalled(
    tmp_path: Path, seed_file: str, when: str
) -> None:
    faults = tmp_path / "faults.json"
    stall = {"kind": "stall", "seconds": 600, "when": when}
    faults.write_text(json.dumps({"faults": [stall]}))

    with emulator("--seed", seed_file, "--faults", str(faults)) as process:
        process.esa.http.timeout = httpx.Timeout(0.3)
        with pytest.raises(httpx.ReadTimeout):
            process.esa.ask(START, Id=plan_id())

        assert process.end(signal.SIGTERM) == 0


def test_killed_at_any_moment_it_has_stored_what_it_answered(
    tmp_path: Path, seed_file: str
) -> None:
    arguments = ("--seed", seed_file, "--data", str(tmp_path / "esa.data"))
    answered: list[str] = []

    for run in range(3):
        with emulator(*arguments) as process:
            kept = [str(one["request_id"]) for one in process.history()]
            assert kept == answered
            for number in range(5 + 7 * run):
                action = START if number % 2 == 0 else STOP
                answered.append(process.esa.body(action, Id=plan_id())["RequestId"])
            process.end(signal.SIGKILL)

    with emulator(*arguments) as process:
        assert [one["request_id"] for one in process.history()] == answered
        assert process.end(signal.SIGINT) == 0


def test_killed_under_load_it_has_stored_what_it_answered(
    tmp_path: Path, seed_file: str
) -> None:
    arguments = ("--seed", seed_file, "--data", str(tmp_path / "esa.data"))
    answered: queue.SimpleQueue[str] = queue.SimpleQueue()

    def ask(esa: SignedClient) -> None:
        with contextlib.suppress(httpx.TransportError):
            while True:
                answered.put(esa.body(START, Id=plan_id())["RequestId"])

    with emulator(*arguments) as process, ThreadPoolExecutor(4) as pool:
        for _ in range(4):
            pool.submit(ask, process.esa)
        first = [answered.get(timeout=20) for _ in range(50)]
        process.end(signal.SIGKILL)
    rest = [answered.get() for _ in range(answered.qsize())]

    with emulator(*arguments) as process:
        kept = [one["request_id"] for one in process.history()]
        effects = sum(bool(one["effect"]) for one in process.history())
    assert set(first + rest) <= set(kept)
    assert len(kept) - len(first + rest) <= 4
    assert effects == 1


def test_a_manual_clock_starts_at_its_option_and_survives_a_restart(
    tmp_path: Path,
) -> None:
    arguments = ("--clock", "manual", "--data", str(tmp_path / "esa.data"))

    with emulator(*arguments, "--start-at", "2030-01-01T00:00:00Z") as process:
        moved = process.esa.http.post("/_emulator/clock", json={"advance": 60}).json()
        process.end(signal.SIGKILL)
    with emulator(*arguments) as process:
        kept = process.esa.http.get("/_emulator/clock").json()

    assert moved == kept == {"now": "2030-01-01T08:01:00.000+08:00", "clock": "manual"}


def test_keys_and_policies_come_from_the_command_line(
    tmp_path: Path, seed_file: str
) -> None:
    policy = tmp_path / "policy.json"
    policy.write_text(
        '{"Version":"1","Statement":[{"Effect":"Allow","Action":"esa:List*"}]}'
    )
    arguments = ("--access-key", "a:b:c", "--access-key", "reader:s")

    with emulator(
        "--seed", seed_file, *arguments, "--policy", f"reader={policy}"
    ) as process:
        transport = process.esa.http._transport
        url = str(process.esa.http.base_url)
        owner = SignedClient(transport, url=url, key="a", secret="b:c")
        reader = SignedClient(transport, url=url, key="reader", secret="s")

        assert process.esa.code(START, Id=plan_id())[1] == "InvalidAccessKeyId.NotFound"
        assert reader.code(START, Id=plan_id()) == (403, "NoPermission")
        assert reader.body("ListScheduledPreloadExecutions", Id=JOB)
        assert owner.body(START, Id=plan_id())


def test_dialects_come_from_the_command_line(seed_file: str) -> None:
    with emulator("--seed", seed_file, "--dialect", "stop-stopped-refused") as process:
        assert process.esa.code(STOP, Id=plan_id()) == (400, "InvalidExecution.Status")


def test_dialects_come_from_the_answers_of_a_probe_too(
    seed_file: str, tmp_path: Path
) -> None:
    answers = {
        "stop-stopped": {"answer": "refused", "seen": "HTTP 409 SomeCode"},
        "start-late": {"answer": "refused"},
        "unknown-key": {"answer": "404"},
        "stop-waiting": {"answer": "accepted"},
        "denied": {"notSettled": "it needs a key"},
    }
    file = tmp_path / "answers.json"
    file.write_text(json.dumps({"version": 1, "day": "x", "answers": answers}))

    with emulator("--seed", seed_file, "--answers", str(file)) as process:
        dialects = process.esa.http.get("/_emulator/dialects").json()
        process.end(signal.SIGTERM)
        assert process.process.stderr is not None
        said = process.process.stderr.read()

    assert dialects == {"dialects": ["stop-stopped-refused", "unknown-key-is-404"]}
    assert (
        said == f"warning: {file}: no dialect gives the answer stop-waiting: accepted\n"
    )


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--seed", "/nowhere/seed.json"), "/nowhere/seed.json cannot be read"),
        (("--faults", "{bad}"), "invalid JSON"),
        (("--faults", "{odd}"), "odd.json: faults[0].reset: give `probability`, or"),
        (("--seed", "{bad}"), "invalid JSON"),
        (("--policy", "{bad}"), "invalid JSON"),
        (("--policy", "nobody={good}"), "--policy names the key 'nobody'"),
        (("--dialect", "nonsense"), "There is no dialect 'nonsense'"),
        (
            ("--dialect", "times-utc", "--dialect", "times-basic-offset"),
            "times-utc and times-basic-offset contradict each other.",
        ),
        (("--answers", "{bad}"), "invalid JSON"),
        (("--answers", "{good}"), "good.json: version: field required (and 1 more)"),
        (("--allow-host", "esa:8899"), "--allow-host wants a host name without a port"),
        (("--access-key", "no-secret"), "--access-key wants ID:SECRET."),
        (("--start-at", "2030-01-01T00:00:00Z"), "--start-at goes with"),
        (("--clock", "manual", "--start-at", "soon"), "--start-at: 'soon' is not"),
    ],
)
def test_bad_input_is_one_sentence_and_exit_code_2(
    refused: CommandRefusal, tmp_path: Path, arguments: tuple[str, ...], sentence: str
) -> None:
    bad = tmp_path / "bad.json"
    bad.write_text("{")
    good = tmp_path / "good.json"
    good.write_text('{"Statement": []}')
    odd = tmp_path / "odd.json"
    odd.write_text('{"kind": "reset", "probability": 0.5, "every": 2}')
    files = {"{bad}": str(bad), "{good}": str(good), "{odd}": str(odd)}

    code, said = refused(*(_filled(one, files) for one in arguments))

    assert code == 2
    assert sentence in said
    assert said.count("\n") == 1


@pytest.mark.parametrize("flag", ["--seed", "--faults", "--policy", "--data"])
@pytest.mark.parametrize("kind", ["empty", "zeros", "cut", "list", "folder", "pipe"])
def test_a_path_that_is_not_a_file_is_refused_at_once_and_not_changed(
    refused: CommandRefusal, tmp_path: Path, flag: str, kind: str
) -> None:
    path = tmp_path / "it"
    contents = {"empty": b"", "zeros": b"\0" * 500, "cut": b'{"se', "list": b"[[]]"}
    if kind == "folder":
        path.mkdir()
    elif kind == "pipe":
        os.mkfifo(path)
    else:
        path.write_bytes(contents[kind])

    code, said = refused(flag, str(path))

    assert code == (1 if flag == "--data" else 2)
    assert said.startswith(f"error: {path}")
    assert said.count("\n") == 1
    if kind in contents:
        assert path.read_bytes() == contents[kind]


def test_a_seed_can_come_from_a_pipe(seed_file: str) -> None:
    command = f"exec {' '.join(COMMAND)} --seed <(sleep 0.1; cat {seed_file})"

    with emulator(program=["bash", "-c", command]) as process:
        assert process.esa.body(START, Id=plan_id())["Status"] == "running"


def test_after_a_kill_it_refuses_nonces_used_before(
    tmp_path: Path, seed_file: str
) -> None:
    arguments = ("--seed", seed_file, "--data", str(tmp_path / "esa.data"))

    with emulator(*arguments) as process:
        port = str(process.esa.http.base_url.port)
        request = process.esa.request(START, {"Id": plan_id()})
        started = process.esa.http.send(request)
        process.end(signal.SIGKILL)
    with emulator(*arguments, "--port", port) as process:
        replayed = process.esa.http.send(request)

    assert started.json()["Status"] == "running"
    assert replayed.json()["Code"] == "SignatureNonceUsed"


def test_host_names_are_allowed_from_the_command_line() -> None:
    with emulator("--allow-host", "esa", "--allow-host", "10.1.1.1") as process:
        codes = [
            process.esa.http.get("/_emulator", headers={"Host": host}).status_code
            for host in ("esa:80", "10.1.1.1", "localhost", "evil.example")
        ]

    assert codes == [200, 200, 200, 403]


def _filled(text: str, files: dict[str, str]) -> str:
    for name, path in files.items():
        text = text.replace(name, path)
    return text


@pytest.mark.parametrize(
    "document",
    ['{"kind": "throttle"}', '[{"kind": "throttle"}]'],
    ids=["one", "list"],
)
def test_a_file_can_hold_a_list_of_faults_alone(
    tmp_path: Path, seed_file: str, document: str
) -> None:
    faults = tmp_path / "faults.json"
    faults.write_text(document)

    with emulator("--seed", seed_file, "--faults", str(faults)) as process:
        assert process.esa.code(START, Id=plan_id()) == (400, "TooManyRequests")


def test_a_busy_port_is_one_sentence(refused: CommandRefusal) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]

        code, said = refused("--port", str(port))

    assert code == 1
    assert said == (
        f"error: Port {port} of 127.0.0.1 is taken: choose another with --port, or a "
        "free one with --port 0.\n"
    )


def test_data_in_use_is_one_sentence(refused: CommandRefusal, tmp_path: Path) -> None:
    data = str(tmp_path / "esa.data")

    with emulator("--data", data):
        code, said = refused("--data", data)

    assert code == 1
    assert said == f"error: {data} is in use by another emulator.\n"


def test_help_lists_every_fault_and_dialect(
    capsys: pytest.CaptureFixture[str],
) -> None:
    code = main(["emulator", "--help"])

    shown = capsys.readouterr().out
    assert code == 0
    assert "--allow-host" in shown
    for one in (*(kind for kind, _, _ in fault_grammar()), *(d.name for d in DIALECTS)):
        assert one in shown
