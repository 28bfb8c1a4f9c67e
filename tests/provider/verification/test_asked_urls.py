"""The file of what was asked: it outlives a kill and its resource, and is bounded in size and age."""

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


def test_of_a_file_that_has_grown_too_large_the_newest_digests_are_read(
    tmp_path: Path,
) -> None:
    file = AskedUrls(tmp_path, "urn")
    file.add("oldest")
    (path,) = tmp_path.iterdir()
    path.write_bytes(path.read_bytes() + b"\nxx" * (2 << 20))

    file.add("newest")

    assert "newest" in file.digests()
    assert "oldest" not in file.digests()


def test_files_that_are_old_are_removed(tmp_path: Path) -> None:
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
