"""The file of what was asked: it outlives a kill, and is removed once the state has it."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

from pulumi_esa_prefetch.provider.verification.asked_urls import (
    AskedUrls,
    folder,
    remove_old,
)


def test_what_was_added_is_read_by_another_process_s_file(tmp_path: Path) -> None:
    for digest in ("aa", "bb"):
        AskedUrls(tmp_path / "new", "urn").add(digest)

    assert AskedUrls(tmp_path / "new", "urn").digests() == {"aa", "bb"}
    assert AskedUrls(tmp_path / "new", "other").digests() == frozenset()


def test_a_line_that_a_kill_has_cut_off_spoils_no_other(tmp_path: Path) -> None:
    file = AskedUrls(tmp_path, "urn")
    file.add("aaaa")
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes() + b"\nbb\xff")

    file.add("cccc")

    assert {"aaaa", "cccc"} < file.digests()


def test_it_is_forgotten_once_all_of_it_is_recorded(tmp_path: Path) -> None:
    file = AskedUrls(tmp_path, "urn")
    file.add("aa")

    file.forget({"bb"})
    kept = file.digests()
    file.forget({"aa", "bb"})
    file.forget({"aa"})

    assert kept == {"aa"}
    assert list(tmp_path.iterdir()) == []


def test_files_of_stacks_that_are_gone_are_removed(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    AskedUrls(tmp_path, "old").add("aa")
    (old,) = tmp_path.iterdir()
    past = (now - timedelta(days=500)).timestamp()
    os.utime(old, (past, past))
    AskedUrls(tmp_path, "new").add("bb")

    remove_old(tmp_path, now)

    assert AskedUrls(tmp_path, "old").digests() == frozenset()
    assert AskedUrls(tmp_path, "new").digests() == {"bb"}


def test_it_is_where_pulumi_has_its_home() -> None:
    assert folder({"PULUMI_HOME": "/p"}) == Path("/p/esa-prefetch/asked")
    assert folder({}) == Path.home() / ".pulumi/esa-prefetch/asked"
