"""State on disk: one file of JSON lines, each a request's changes; decides nothing.

A line is handed to the kernel before the request is answered, so a killed emulator
loses nothing that it has answered; the line it was killed in is dropped. At start the
lines are folded into one, and the file is replaced in one go.
"""

import fcntl
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pydantic import AwareDatetime, TypeAdapter, ValidationError

from pulumi_esa_prefetch.emulator.history import Entry
from pulumi_esa_prefetch.emulator.records import Batch, Change

_FORMAT = b'{"format":"esa-emulator","version":1}\n'
_SMALL = 64 * 1024 * 1024


class DataError(Exception):
    """The data file cannot be used; its text is one sentence."""


@dataclass(frozen=True, slots=True)
class Line:
    """What came of one request, or of all before; `now` is the emulator's clock."""

    now: AwareDatetime
    changes: tuple[Change, ...] = ()
    batches: tuple[Batch, ...] = ()
    entries: tuple[Entry, ...] = ()


_LINE = TypeAdapter(Line)


class NoFile:
    """Where lines go if nothing is to be kept."""

    def write(self, line: Line) -> bool:
        """Keep nothing."""
        del line
        return False

    def replace(self, line: Line) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Nothing to close."""


class DataFile:
    """An open data file, this process' alone until it is closed."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = _locked(path)
        self._file = -1
        self._folded = 0

    def read(self) -> list[Line]:
        """The lines that are there; none if there is no file."""
        try:
            lines = self._path.read_bytes().splitlines(keepends=True)
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DataError(f"{self._path} cannot be read: {error.strerror}.") from None
        if not lines:
            return []
        if lines[0] != _FORMAT:
            raise DataError(f"{self._path} is not a data file of this emulator.")
        return [self._parsed(n, one) for n, one in _whole(lines)]

    def replace(self, line: Line) -> None:
        """Let the file hold this line only."""
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            new.write_bytes(_FORMAT + _LINE.dump_json(line) + b"\n")
            new.replace(self._path)
            self._close_file()
            self._file = os.open(self._path, os.O_WRONLY | os.O_APPEND)
            self._folded = os.fstat(self._file).st_size
        except OSError as error:
            raise DataError(
                f"{self._path} cannot be written: {error.strerror}."
            ) from None

    def write(self, line: Line) -> bool:
        """Add a line; True if it is time to fold. OSError if it was not kept whole."""
        text = _LINE.dump_json(line) + b"\n"
        end = os.fstat(self._file).st_size
        try:
            _write_all(self._file, text)
        except OSError:
            os.ftruncate(self._file, end)
            raise
        # Folding costs what is folded: when the file has doubled, it is worth it.
        return end > max(_SMALL, 2 * self._folded)

    def close(self) -> None:
        """Let go of the file."""
        self._close_file()
        os.close(self._lock)

    def _close_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _parsed(self, number: int, text: bytes) -> Line:
        try:
            return _LINE.validate_json(text)
        except ValidationError:
            raise DataError(
                f"{self._path} is damaged: its line {number} cannot be read."
            ) from None


def _whole(lines: list[bytes]) -> Iterable[tuple[int, bytes]]:
    """The lines after the first, without a last one that was cut off."""
    return (
        (number, line)
        for number, line in enumerate(lines[1:], start=2)
        if line.endswith(b"\n")
    )


def _locked(path: Path) -> int:
    """A lock beside the file, for the file itself is replaced."""
    lock = path.with_name(f"{path.name}.lock")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise DataError(f"{path} cannot be used: {error.strerror}.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(handle)
        raise DataError(f"{path} is in use by another emulator.") from None
    return handle


def _write_all(file: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(file, rest) :]
