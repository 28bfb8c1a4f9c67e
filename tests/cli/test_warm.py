"""`warm` on an edge of bare sockets: what it asks, prints and returns."""

import json
import socket
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from pulumi_esa_prefetch.report.inputs.resource_graph import JOB
from pulumi_esa_prefetch.warmth.measurement import CAVEATS
from pulumi_esa_prefetch.warmth.sampling import url_digest
from tests.api.sockets import request_of, serving
from tests.support.console import Console, console_in
from tests.support.engines import ESA_PREFETCH
from tests.support.pseudo_terminal import PseudoTerminal, plain_lines

URN = "urn:pulumi:dev::proj"
HOST = "www.example.com"
RECORD = "pulumi-python:dynamic/esa:PrefetchWarmthRecord"


class Edge:
    """Answers with the status that the path begins with, and counts; `/slow/` is never answered."""

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.resolve = ""

    def handle(self, connection: socket.socket) -> None:
        while request := request_of(connection).decode():
            path = request.split(" ")[1]
            self.counts[path] += 1
            status = path.split("/")[1].upper()
            if status == "SLOW":
                connection.recv(1)
            connection.sendall(
                f"HTTP/1.1 206 X\r\nX-Site-Cache-Status: {status}\r\n"
                "Content-Length: 1\r\n\r\nx".encode()
            )


@pytest.fixture
def edge() -> Iterator[Edge]:
    edge = Edge()
    with serving(edge.handle) as address:
        edge.resolve = f"*:80:{address}"
        yield edge


@pytest.fixture
def console(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Console:
    return console_in(tmp_path, monkeypatch, capsys)


def urls(**counts: int) -> str:
    """A list with so many URLs for each status."""
    return "".join(
        f"http://{HOST}/{status}/{number}.jpg?sign=hidden\n"
        for status, count in counts.items()
        for number in range(count)
    )


def test_a_table_shows_hosts_and_statuses_and_what_limits_the_figure(
    console: Console, edge: Edge
) -> None:
    given = urls(hit=6, miss=3, dynamic=2, bypass=1) + "\nhttp://other.test/hit/1.jpg\n"

    said = console(
        *("warm", "--urls", "-", "--seed", "7", "--resolve", edge.resolve), stdin=given
    )

    assert said.out.splitlines() == [
        "HOST                                                STATUS                 URLS",
        "www.example.com                                     HIT                       6",
        "                                                    MISS                      3",
        "                                                    DYNAMIC                   2",
        "                                                    BYPASS                    1",
        "other.test                                          HIT                       1",
        "",
        "7 of 10 URLs are warm: 70 % (95 % interval 70 % to 70 %).",
        "Asked for 13 of 13 URLs, seed 7.",
        "",
        "The worst:",
        "  DYNAMIC  http://www.example.com/dynamic/0.jpg?...",
        "  DYNAMIC  http://www.example.com/dynamic/1.jpg?...",
        "  BYPASS   http://www.example.com/bypass/0.jpg?...",
        "  MISS     http://www.example.com/miss/0.jpg?...",
        "  MISS     http://www.example.com/miss/1.jpg?...",
        "  MISS     http://www.example.com/miss/2.jpg?...",
        "",
        "DYNAMIC (2 URLs) is a fault of configuration, and no prefetch mends it: ESA does",
        "not cache them by default: set a cache rule of the site for them, or take them",
        "out of the list.",
        "BYPASS (1 URL) is a fault of configuration, and no prefetch mends it: it reached",
        "the cache and may not be stored: look for a cache rule that bypasses the cache,",
        "development mode, and the headers Cache-Control and Set-Cookie of the origin.",
        "",
        *CAVEATS,
        "Seed 7 draws the same URLs again, but this run has warmed them: a repetition",
        "shows more hits.",
    ]
    assert said.err == "error: less than 90 % of the answers are hits\n"
    assert said.code == 10
    assert set(edge.counts.values()) == {1}


def test_json_has_the_figures_the_cold_urls_and_the_caveats(
    console: Console, edge: Edge
) -> None:
    words = ("warm", "--urls", "-", "--json", "--sample", "20", "--minimum", "0.5")

    said = console(*words, "--resolve", edge.resolve, stdin=urls(hit=30, miss=10))

    shown = json.loads(said.out)
    assert (said.code, said.err) == (0, "")
    assert [shown[key] for key in ("asked", "answered", "counted")] == [20, 20, 20]
    assert shown["population"] == 40
    assert shown["low"] < shown["ratio"] == shown["hits"] / 20 < shown["high"]
    assert shown["byStatus"] == shown["hosts"][HOST]
    assert len(shown["cold"]) == shown["byStatus"]["MISS"]
    assert shown["caveats"] == list(CAVEATS)
    assert 0 <= shown["seed"] < 1_000_000
    assert "hidden" not in said.out
    assert sum(edge.counts.values()) == len(edge.counts) == 20


@pytest.mark.parametrize(
    ("given", "minimum", "code"),
    [
        (urls(hit=9, miss=1), "0.9", 0),
        (urls(hit=9, miss=1), "0.91", 10),
        (urls(miss=3), "0", 0),
        (urls(dynamic=3), "0", 10),  # nothing shows that anything is warm
    ],
)
def test_the_exit_code_says_whether_the_minimum_was_seen(
    console: Console, edge: Edge, given: str, minimum: str, code: int
) -> None:
    words = ("warm", "--urls", "-", "--minimum", minimum, "--resolve", edge.resolve)

    assert console(*words, stdin=given).code == code


def test_a_host_that_does_not_answer_is_in_the_table_with_the_reason(
    console: Console,
) -> None:
    long = "/".join(f"part-{n}" for n in range(30))

    said = console("warm", "--urls", "-", stdin=f"http://127.0.0.1:9/{long}.jpg")

    assert said.code == 10
    (line,) = [line for line in said.out.splitlines() if line.startswith("  FAILED")]
    assert line.startswith("  FAILED  http://127.0.0.1:9/")
    assert line.endswith("29.jpg (Connection refused)")
    assert len(line) == 80


def job(name: str, **inputs: object) -> dict[str, Any]:
    return {
        "urn": f"{URN}::{JOB}::{name}",
        "custom": True,
        "id": f"id-{name}",
        "type": JOB,
        "inputs": {"siteId": "1", **inputs},
        "outputs": {},
    }


def have(console: Console, *resources: Mapping[str, Any]) -> None:
    deployment = {"manifest": {}, "resources": resources}
    state = json.dumps({"version": 3, "deployment": deployment})
    assert console("stack", "import", stdin=state).code == 0


def test_the_urls_of_a_stack_are_those_of_its_jobs(
    console: Console, edge: Edge
) -> None:
    have(
        console,
        job("one", urlList=urls(hit=2)),
        job("two", urlList=urls(hit=3)),
        job("three", ossUrl="https://bucket.example.com/list.txt"),
    )
    console("config", "set", "esa-prefetch:resolve", edge.resolve)

    said = console("warm", "--stack", "dev")

    assert said.code == 0
    assert said.err == "note: the state holds no URLs of three\n"
    assert "Asked for 3 of 3 URLs" in said.out


def record(name: str, listed: str, *asked: str) -> dict[str, Any]:
    return {
        "urn": f"{URN}::{RECORD}::{name}",
        "custom": True,
        "id": f"id-{name}",
        "type": RECORD,
        "inputs": {"plan": "p", "urls": listed.split()},
        "outputs": {"plan": "p", "asked": [url_digest(url) for url in asked]},
    }


def test_what_a_verification_has_asked_for_is_left_out(
    console: Console, edge: Edge
) -> None:
    listed = urls(hit=4)
    spelled = f"{listed}http://{HOST}:80/hit/3.jpg?sign=hidden#top"
    have(console, record("warm", spelled, *listed.split()[:3]))

    said = console("warm", "--resolve", edge.resolve)

    assert said.err == (
        "note: 3 URLs left out: a PrefetchVerification has asked for them\n"
    )
    assert list(edge.counts) == ["/hit/3.jpg?sign=hidden"]
    assert "Asked for 1 of 1 URL, " in said.out


@pytest.mark.parametrize(
    ("resources", "sentence"),
    [
        ([], "the state holds no job (ScheduledPreloadJob), so no URLs: name a list"),
        (
            [job("one", ossUrl="https://b.example.com/l")],
            "the state holds no URLs: the",
        ),
    ],
)
def test_a_state_without_urls_is_said_so(
    console: Console, resources: list[Mapping[str, Any]], sentence: str
) -> None:
    have(console, *resources)

    said = console("warm")

    assert (said.code, said.out) == (1, "")
    assert said.err.startswith(f"error: {sentence}")
    assert said.err.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "stdin", "sentence"),
    [
        (["--urls", "-"], "", "standard input holds no URL"),
        (["--urls", "no-such.txt"], "", "no-such.txt: No such file or directory"),
        (
            ["--urls", "-"],
            "http://a.test/1.jpg\n\nftp://sign\nhttp://b c/",
            "standard input: line 3 is no http or https URL, line 4 holds a space (write %20)",
        ),
        (
            ["--urls", "-", "--stack", "dev"],
            "",
            "--urls and --stack cannot be used together",
        ),
        (
            ["--urls", "-", "--resolve", "edge.test"],
            "http://a.test/1.jpg",
            "--resolve: 'edge.test' is not HOST:PORT:ADDRESS, as in www.example.com:443:203.0.113.7",
        ),
    ],
)
def test_bad_input_is_one_sentence(
    console: Console, words: list[str], stdin: str, sentence: str
) -> None:
    said = console("warm", *words, stdin=stdin)

    assert (said.code, said.out, said.err) == (1, "", f"error: {sentence}\n")


def test_certificates_that_cannot_be_read_end_it_before_anything_is_asked(
    console: Console, edge: Edge, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "gone.pem")

    said = console("warm", "--urls", "-", "--resolve", edge.resolve, stdin=urls(hit=2))

    assert (said.code, said.out) == (1, "")
    assert said.err.endswith("check SSL_CERT_FILE and SSL_CERT_DIR\n")
    assert edge.counts == {}


@pytest.mark.parametrize(
    ("option", "value"),
    [("--sample", "0"), ("--seed", "-1"), ("--minimum", "1.5"), ("--parallel", "99")],
)
def test_a_number_out_of_range_is_one_sentence(
    console: Console, option: str, value: str
) -> None:
    said = console("warm", option, value)

    assert (said.code, said.out, said.err.count("\n")) == (1, "", 1)
    assert said.err.startswith(f"error: Invalid value for '{option}': ")


def test_ctrl_c_ends_soon_with_what_was_seen(edge: Edge, tmp_path: Path) -> None:
    file = tmp_path / "urls.txt"
    file.write_text(urls(hit=40, slow=3))
    words = ("warm", "--urls", str(file), "--seed", "3", "--resolve", edge.resolve)

    with closing(PseudoTerminal([ESA_PREFETCH, *words], {})) as terminal:
        terminal.wait_for(lambda raw: "asked for 40 of 43 URLs" in raw)
        began = time.monotonic()
        terminal.interrupt()
        code, raw = terminal.finish()

    assert (code, time.monotonic() - began < 5) == (130, True)
    assert "Interrupted: asked for 43 of 43 URLs, of which 40 answered, seed 3." in raw
    assert all(caveat in raw for caveat in CAVEATS)
    assert max(map(len, plain_lines(raw.replace("\r", "\n")))) <= 80
    assert set(edge.counts.values()) == {1}
