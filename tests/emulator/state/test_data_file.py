"""The data file: what was answered is stored, whatever happens next."""

import json
import os
import resource
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from pulumi_esa_emulator.clock import ManualClock
from pulumi_esa_emulator.http.app import create_app
from pulumi_esa_emulator.http.in_process import EmulatorTransport
from pulumi_esa_emulator.identity.nonces import UsedNonce, UsedNonces
from pulumi_esa_emulator.state import data_file
from pulumi_esa_emulator.state.data_file import DataFile, DataFileError
from tests.emulator.conftest import START, InProcessEmulator
from tests.emulator.seeds import JOB, SITE, open_plan, plan, plan_id, seed
from tests.emulator.signed_client import Document, SignedClient

START_PLAN = "StartScheduledPreloadExecution"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "esa.json"


@contextmanager
def opened(
    path: Path, document: Document, *, later: float = 0.0
) -> Iterator[InProcessEmulator]:
    data = DataFile(path)
    clock = ManualClock(START + timedelta(seconds=later))
    emulator = create_app(seed=document, clock=clock, storage=data, lines=data.read())
    try:
        yield InProcessEmulator(emulator, clock)
    finally:
        emulator.close()


def everything(emulator: InProcessEmulator) -> tuple[Document, ...]:
    paths = ("state", "history", "batches")
    return tuple(emulator.control.get(f"/_emulator/{one}").json() for one in paths)


def act(emulator: InProcessEmulator) -> None:
    """One of each kind of change."""
    esa = emulator.esa
    emulator.clock.advance(90)
    esa.body(START_PLAN, Id=plan_id(2))
    esa.body("DeleteScheduledPreloadExecution", Id=plan_id(3))
    job = esa.body(
        "CreateScheduledPreloadJob",
        InsertWay="textBox",
        Name="ü\n",
        SiteId=SITE,
        UrlList="http://a.example/1",
    )
    esa.body(
        "CreateScheduledPreloadExecutions",
        Id=job["Id"],
        Executions='[{"Interval":30,"SliceLen":10}]',
    )
    esa.body("ResetScheduledPreloadJob", Id=JOB)
    files = '{"Files":["http://a.example/1"]}'
    esa.body("PurgeCaches", SiteId=SITE, Type="file", Content=files)
    emulator.control.post("/_emulator/clock", json={"advance": 60})


PLANS = seed(open_plan(1), open_plan(2, "stopped"), plan(3), urls=100)


def test_state_history_and_batches_survive_a_restart(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        act(emulator)
        before = everything(emulator)
        now = emulator.clock.monotonic()

    with opened(path, seed(), later=now) as emulator:
        after = everything(emulator)

    assert after == before


def test_the_seed_counts_only_without_a_data_file(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        emulator.esa.body("DeleteScheduledPreloadExecution", Id=plan_id(3))

    with opened(path, PLANS) as emulator:
        listed = emulator.esa.body("ListScheduledPreloadExecutions", Id=JOB)
        emulator.control.post("/_emulator/reset").raise_for_status()
        reset = emulator.esa.body("ListScheduledPreloadExecutions", Id=JOB)

    assert (listed["TotalCount"], reset["TotalCount"]) == (2, 3)


def test_the_file_cut_after_any_line_is_a_valid_earlier_state(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        act(emulator)
    text = path.read_bytes()
    lines = text.splitlines(keepends=True)

    for cut in range(len(lines[0]) + len(lines[1]), len(text), 97):
        path.write_bytes(text[:cut])
        with opened(path, seed()) as emulator:
            seen = emulator.control.get("/_emulator/history").json()
        assert len(seen) == text[:cut].count(b"\n") - 2 - clock_lines(text[:cut])


def clock_lines(text: bytes) -> int:
    """Lines that no request has written."""
    lines = text[: text.rfind(b"\n") + 1].splitlines()[2:]
    return sum(not json.loads(line)["entries"] for line in lines)


def test_batches_are_not_submitted_again_after_a_restart(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        emulator.clock.advance(600)
        emulator.esa.ask("GetScheduledPreloadJob", Id=JOB)
        before = emulator.control.get("/_emulator/batches").json()

    with opened(path, PLANS, later=600) as emulator:
        after = emulator.control.get("/_emulator/batches").json()

    assert len(before) == 11
    assert after == before


def test_a_plan_goes_on_while_the_emulator_is_down(path: Path) -> None:
    with opened(path, PLANS):
        pass

    with opened(path, PLANS, later=600) as emulator:
        assert emulator.submitted() == 22


def test_a_file_in_use_is_refused(path: Path) -> None:
    with opened(path, PLANS), pytest.raises(DataFileError, match="in use by another"):
        DataFile(path)


HEAD = b'{"format":"esa-emulator","version":1}\n'
EMPTY = b'"changes":[],"batches":[],"entries":[]}\n'
NOW = b'{"now":"2026-06-01T12:00:00Z",'
ORPHAN = (
    b'{"record":{"job_id":"a","submitted":0,"kind":"progress"}},'
    b'{"record":{"id":"b","job_id":"c","start_time":null,"end_time":null,"interval":1,'
    b'"slice_len":1,"status":"waiting","queued_at":"2026-06-01T12:00:00Z"}}'
)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"", "is damaged: it is empty; put a copy of it back, or move it away"),
        (b"\0" * 4096, "is not a data file of this emulator; name another"),
        (b"{}\n", "is not a data file"),
        (b"\xff\xfe", "is not a data file"),
        (b'{"sites": []}', "is not a data file"),
        (HEAD.replace(b"1", b'"1"'), "is not a data file"),
        (HEAD.replace(b"1", b"true"), "is not a data file"),
        (HEAD.replace(b"1", b"0"), "is not a data file"),
        (HEAD.replace(b"1", b"2") + b"?\n", r"is of a newer emulator \(version 2 "),
        (HEAD, "is damaged: it ends in its second line"),
        (HEAD + NOW + EMPTY[:-1], "is damaged: it ends in its second line"),
        (HEAD + b"\0" * 100, "is damaged: it ends in its second line"),
        (HEAD + b"{}\n", "its line 2 cannot be read"),
        (HEAD + b"[]\n", "its line 2 cannot be read"),
        (HEAD + b"null\n", "its line 2 cannot be read"),
        (HEAD + b"\n", "its line 2 cannot be read"),
        (HEAD + NOW[:-1] + b"}\n", "its line 2 cannot be read"),
        (HEAD + b'{"now":5,' + EMPTY, "its line 2 cannot be read"),
        (HEAD + NOW + EMPTY + b"\n", "its line 3 cannot be read"),
        (HEAD + NOW + EMPTY + NOW + b"\n" + NOW + EMPTY, "its line 3 cannot be"),
        (HEAD + NOW + EMPTY + b"\0" * 100, "its line 3 cannot be read"),
        (HEAD + NOW + EMPTY + NOW + b"\0" * 9, "its line 3 cannot be read"),
        (
            HEAD + NOW + EMPTY.replace(b"[", b"[" + ORPHAN, 1),
            "esa.json is damaged: it lacks the job of the plan 'b'; put a copy",
        ),
    ],
)
def test_an_unusable_file_is_refused_and_not_changed(
    path: Path, text: bytes, sentence: str
) -> None:
    path.parent.mkdir()
    path.write_bytes(text)

    with pytest.raises(DataFileError, match=sentence) as refused, opened(path, PLANS):
        pass

    assert path.read_bytes() == text
    assert str(refused.value).startswith(f"{path} is ")


def test_a_file_cut_inside_its_compacted_line_is_refused(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        act(emulator)
    text = path.read_bytes()
    compacted = text.index(b"\n", text.index(b"\n") + 1) + 1

    for cut in range(compacted):
        path.write_bytes(text[:cut])
        with (
            closing(DataFile(path)) as data,
            pytest.raises(DataFileError, match="damaged"),
        ):
            data.read()

    path.write_bytes(text[:compacted])
    with closing(DataFile(path)) as data:
        assert len(data.read()) == 1


def test_a_file_from_before_nonces_were_stored_is_read(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        act(emulator)
        before = everything(emulator)
        now = emulator.clock.monotonic()
    head, *lines = path.read_bytes().splitlines(keepends=True)
    old = [{k: v for k, v in json.loads(o).items() if k != "nonces"} for o in lines]
    path.write_bytes(head + b"".join(json.dumps(o).encode() + b"\n" for o in old))

    with opened(path, seed(), later=now) as emulator:
        assert everything(emulator) == before


def test_a_link_leads_to_the_same_file_and_lock(path: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(path)

    with opened(link, PLANS) as emulator:
        emulator.esa.body(START_PLAN, Id=plan_id(2))
        with pytest.raises(DataFileError, match="in use by another"):
            DataFile(path)

    with opened(path, seed()) as emulator:
        assert emulator.status(plan_id(2)) == "running"
    assert link.is_symlink()


@pytest.mark.parametrize("left", [b"", HEAD[:9], HEAD + b"\0", None])
def test_leftovers_of_a_power_failure_are_ignored(
    path: Path, left: bytes | None
) -> None:
    new = path.with_name("esa.json.new")
    with opened(path, PLANS) as emulator:
        act(emulator)
        before = everything(emulator)
        now = emulator.clock.monotonic()
    if left is None:
        os.mkfifo(new)  # whoever opens it for writing waits for a reader
    else:
        new.write_bytes(left)

    with opened(path, seed(), later=now) as emulator:
        assert everything(emulator) == before
    assert not new.exists()


def test_a_new_file_is_synced_before_the_rename(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with opened(path, PLANS) as emulator:
        emulator.esa.body(START_PLAN, Id=plan_id(2))
    old = path.read_bytes()
    seen: list[tuple[bool, bool]] = []
    fsync = os.fsync

    def note(file: int) -> None:
        is_directory = stat.S_ISDIR(os.fstat(file).st_mode)
        seen.append((is_directory, path.read_bytes() == old))
        fsync(file)

    monkeypatch.setattr(os, "fsync", note)
    with opened(path, PLANS):
        pass

    assert seen == [(False, True), (True, False)]


@contextmanager
def full_disk(room: int) -> Iterator[None]:
    """No file can grow beyond `room`; Python turns the signal into an OSError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_start_on_a_full_disk_does_not_change_the_file(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        act(emulator)
    text = path.read_bytes()

    with (
        full_disk(100),
        pytest.raises(
            DataFileError, match=r"esa\.json cannot be written: File too large"
        ),
        opened(path, PLANS),
    ):
        pass

    assert path.read_bytes() == text
    assert not path.with_name("esa.json.new").exists()


def test_a_full_disk_prevents_changes_until_it_has_room_again(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        with full_disk(path.stat().st_size + 20):
            refused = emulator.esa.code(START_PLAN, Id=plan_id(2))
            reset = emulator.control.post("/_emulator/reset")
            cleared = emulator.control.delete("/_emulator/history")
            status = emulator.status(plan_id(2))
        emulator.esa.body("DeleteScheduledPreloadExecution", Id=plan_id(3))
        before = everything(emulator)

    with opened(path, seed()) as emulator:
        after = everything(emulator)

    assert (refused, status) == ((500, "InternalError"), "stopped")
    assert (reset.status_code, cleared.status_code) == (500, 500)
    assert "cannot be written: File too large" in reset.json()["error"]
    assert after == before


def test_a_reset_that_cannot_be_stored_changes_nothing(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        act(emulator)
        emulator.control.post("/_emulator/dialects", json={"dialects": ["times-utc"]})
        before = everything(emulator)
        with full_disk(100):
            emulator.control.post("/_emulator/reset")
            emulator.control.delete("/_emulator/history")

        assert everything(emulator) == before
        assert emulator.app.dialects == ("times-utc",)


def replayed(esa: SignedClient, request: httpx.Request) -> object:
    return esa.http.send(request).json().get("Code")


def test_a_nonce_stays_used_after_a_restart(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        request = emulator.esa.request("GetScheduledPreloadJob", {"Id": JOB})
        first = replayed(emulator.esa, request)
        again = replayed(emulator.esa, request)

    after = []
    for _ in range(3):
        with opened(path, PLANS) as emulator:
            after.append(replayed(emulator.esa, request))
            emulator.control.post("/_emulator/reset").raise_for_status()
            emulator.control.delete("/_emulator/history").raise_for_status()

    assert first is None
    assert {again, *after} == {"SignatureNonceUsed"}


def test_a_nonce_of_a_call_that_ram_refused_is_used_too(path: Path) -> None:
    key = {
        "AccessKeyId": "k",
        "AccessKeySecret": "s",
        "Policy": {"Statement": [{"Effect": "Allow", "Action": "esa:List*"}]},
    }
    codes: list[object] = []
    for _ in range(2):
        with opened(path, {**PLANS, "keys": [key]}) as emulator:
            esa = SignedClient(EmulatorTransport(emulator.app), key="k", secret="s")
            if not codes:
                request = esa.request("GetScheduledPreloadJob", {"Id": JOB})
            codes.append(replayed(esa, request))

    assert codes == ["NoPermission", "SignatureNonceUsed"]


def test_the_file_holds_a_few_bytes_of_a_long_nonce(path: Path) -> None:
    with opened(path, PLANS) as emulator:
        before = path.stat().st_size
        request = emulator.esa.request(
            "GetScheduledPreloadJob", {"Id": JOB}, x_acs_signature_nonce="n" * 50_000
        )
        emulator.esa.http.send(request).raise_for_status()

        assert path.stat().st_size - before < 1000


def test_nonces_are_dropped_when_their_dates_are_too_old() -> None:
    nonces = UsedNonces([UsedNonce("of a wrong clock", START + timedelta(days=900))])
    for second in range(3600):
        nonces.take("key", f"n{second}", START + timedelta(seconds=second))
    later = START + timedelta(seconds=3600)

    assert len(nonces.all()) <= 31 * 60 + 2
    assert nonces.take("key", "n2701", later) is None
    assert nonces.take("key", "n0", later)
    assert nonces.take("other", "n2701", later)
    assert UsedNonces(nonces.all()).take("key", "n2701", later) is None


def test_the_file_is_compacted_when_it_has_grown(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(data_file, "_COMPACT_ABOVE", 0)

    with opened(path, PLANS) as emulator:
        for _ in range(200):
            emulator.esa.ask("GetScheduledPreloadJob", Id=JOB)
        lines = path.read_bytes().count(b"\n")

    with opened(path, PLANS) as emulator:
        assert len(emulator.app.history) == 200
    assert lines < 200


class BrokenStorage:
    """A storage with a bug."""

    def write(self, line: object) -> bool:
        del line
        raise RuntimeError("a bug of the emulator")

    def replace(self, line: object) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_bug_of_the_emulator_is_an_internal_error_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    esa = SignedClient(
        EmulatorTransport(create_app(seed=seed(), storage=BrokenStorage()))
    )

    assert esa.code("GetScheduledPreloadJob", Id=JOB) == (500, "InternalError")
    assert "a bug of the emulator" in caplog.text


class FullStorage:
    """A storage that is full."""

    def write(self, line: object) -> bool:
        del line
        raise OSError(28, "No space left on device")

    def replace(self, line: object) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_change_that_cannot_be_stored_is_not_made() -> None:
    emulator = create_app(seed=seed(open_plan(status="stopped")), storage=FullStorage())
    esa = SignedClient(EmulatorTransport(emulator))

    answer = esa.ask(START_PLAN, Id=plan_id())
    state = esa.http.get("/_emulator/state").json()

    assert (answer.status_code, answer.json()["Code"]) == (500, "InternalError")
    assert "No space left" in answer.json()["Message"]
    assert state["jobs"][0]["plans"][0]["Status"] == "stopped"
