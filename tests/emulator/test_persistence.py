"""The data file: what was answered is kept, whatever happens next."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from pulumi_esa_prefetch.clock import ManualClock
from pulumi_esa_prefetch.emulator import persistence
from pulumi_esa_prefetch.emulator.app import create_app
from pulumi_esa_prefetch.emulator.in_process import EmulatorTransport
from pulumi_esa_prefetch.emulator.persistence import DataError, DataFile
from tests.emulator.client import Client, Document
from tests.emulator.conftest import START, House
from tests.emulator.seeds import JOB, SITE, open_plan, plan, plan_id, seed

START_PLAN = "StartScheduledPreloadExecution"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "data" / "esa.json"


@contextmanager
def opened(path: Path, document: Document, *, later: float = 0.0) -> Iterator[House]:
    data = DataFile(path)
    clock = ManualClock(START + timedelta(seconds=later))
    emulator = create_app(seed=document, clock=clock, keeper=data, lines=data.read())
    try:
        yield House(emulator, clock)
    finally:
        emulator.close()


def everything(there: House) -> tuple[Document, ...]:
    paths = ("state", "history", "batches")
    return tuple(there.control.get(f"/_emulator/{one}").json() for one in paths)


def act(there: House) -> None:
    """A bit of everything that changes something."""
    esa = there.esa
    there.clock.advance(90)
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
    there.control.post("/_emulator/clock", json={"advance": 60})


PLANS = seed(open_plan(1), open_plan(2, "stopped"), plan(3), urls=100)


def test_state_history_and_batches_survive_a_restart(path: Path) -> None:
    with opened(path, PLANS) as there:
        act(there)
        before = everything(there)
        now = there.clock.monotonic()

    with opened(path, seed(), later=now) as there:
        after = everything(there)

    assert after == before


def test_the_seed_counts_only_where_there_is_no_data(path: Path) -> None:
    with opened(path, PLANS) as there:
        there.esa.body("DeleteScheduledPreloadExecution", Id=plan_id(3))

    with opened(path, PLANS) as there:
        listed = there.esa.body("ListScheduledPreloadExecutions", Id=JOB)
        there.control.post("/_emulator/reset").raise_for_status()
        reset = there.esa.body("ListScheduledPreloadExecutions", Id=JOB)

    assert (listed["TotalCount"], reset["TotalCount"]) == (2, 3)


def test_every_line_that_was_written_is_a_whole_past(path: Path) -> None:
    with opened(path, PLANS) as there:
        act(there)
    text = path.read_bytes()
    lines = text.splitlines(keepends=True)

    for cut in range(len(lines[0]) + len(lines[1]), len(text), 97):
        path.write_bytes(text[:cut])
        with opened(path, seed()) as there:
            seen = there.control.get("/_emulator/history").json()
        assert len(seen) == text[:cut].count(b"\n") - 2 - clock_lines(text[:cut])


def clock_lines(text: bytes) -> int:
    """Lines that no request has left behind."""
    lines = text[: text.rfind(b"\n") + 1].splitlines()[2:]
    return sum(not json.loads(line)["entries"] for line in lines)


def test_plans_that_ran_are_not_run_again_after_a_restart(path: Path) -> None:
    with opened(path, PLANS) as there:
        there.clock.advance(600)
        there.esa.ask("GetScheduledPreloadJob", Id=JOB)
        before = there.control.get("/_emulator/batches").json()

    with opened(path, PLANS, later=600) as there:
        after = there.control.get("/_emulator/batches").json()

    assert len(before) == 11
    assert after == before


def test_a_plan_goes_on_while_the_emulator_is_down(path: Path) -> None:
    with opened(path, PLANS):
        pass

    with opened(path, PLANS, later=600) as there:
        assert there.submitted() == 22


def test_a_file_in_use_is_refused(path: Path) -> None:
    with opened(path, PLANS), pytest.raises(DataError, match="in use by another"):
        DataFile(path)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (b"{}\n", "is not a data file"),
        (b"\xff\xfe", "is not a data file"),
        (b'{"format":"esa-emulator","version":1}\n{}\n', "its line 2 cannot be read"),
    ],
)
def test_a_file_that_is_none_of_ours_is_refused_and_left_alone(
    path: Path, text: bytes, sentence: str
) -> None:
    path.parent.mkdir()
    path.write_bytes(text)

    with pytest.raises(DataError, match=sentence), opened(path, PLANS):
        pass

    assert path.read_bytes() == text


def test_an_empty_file_is_a_new_one(path: Path) -> None:
    path.parent.mkdir()
    path.touch()

    with opened(path, PLANS) as there:
        assert there.submitted() == 2


def test_the_file_is_folded_when_it_has_grown(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(persistence, "_SMALL", 0)

    with opened(path, PLANS) as there:
        for _ in range(200):
            there.esa.ask("GetScheduledPreloadJob", Id=JOB)
        lines = path.read_bytes().count(b"\n")

    with opened(path, PLANS) as there:
        assert len(there.emulator.history) == 200
    assert lines < 200


class Broken:
    """A keeper with a mistake in it."""

    def write(self, line: object) -> bool:
        del line
        raise RuntimeError("a mistake of ours")

    def replace(self, line: object) -> None:
        pass

    def close(self) -> None:
        pass


def test_a_mistake_of_ours_is_an_internal_error_and_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    esa = Client(EmulatorTransport(create_app(seed=seed(), keeper=Broken())))

    assert esa.code("GetScheduledPreloadJob", Id=JOB) == (500, "InternalError")
    assert "a mistake of ours" in caplog.text


class FullDisk:
    """A keeper that cannot keep anything more."""

    def write(self, line: object) -> bool:
        del line
        raise OSError(28, "No space left on device")

    def replace(self, line: object) -> None:
        pass

    def close(self) -> None:
        pass


def test_what_cannot_be_kept_does_not_happen() -> None:
    emulator = create_app(seed=seed(open_plan(status="stopped")), keeper=FullDisk())
    esa = Client(EmulatorTransport(emulator))

    answer = esa.ask(START_PLAN, Id=plan_id())
    state = esa.http.get("/_emulator/state").json()

    assert (answer.status_code, answer.json()["Code"]) == (500, "InternalError")
    assert "No space left" in answer.json()["Message"]
    assert state["jobs"][0]["plans"][0]["Status"] == "stopped"
