"""State on disk: one file of lines, each a request's changes; decides nothing.

A line is handed to the kernel before the request is answered, so a killed emulator
loses nothing that it has answered. At start the lines are folded into one, and the file
is replaced in one go: after a power cut it is the old one or the new one, and whole.
"""

import fcntl
import os
import stat
from contextlib import suppress
from pathlib import Path

from pulumi_esa_emulator.messages.documents import open_without_waiting
from pulumi_esa_emulator.state.data_lines import (
    HEADER,
    DataFormatError,
    DataLine,
    encode_line,
    parse_lines,
)

_COMPACT_ABOVE = 64 * 1024 * 1024


class DataFileError(Exception):
    """The data file cannot be used; its text is one sentence."""


class NoStorage:
    """Where lines go if nothing is to be kept."""

    def __str__(self) -> str:
        """What a sentence calls it."""
        return "The data"

    def write(self, line: DataLine) -> bool:
        """Keep nothing."""
        del line
        return False

    def replace(self, line: DataLine) -> None:
        """Keep nothing."""

    def close(self) -> None:
        """Nothing to close."""


class DataFile:
    """An open data file, this process' alone until it is closed."""

    def __init__(self, path: Path) -> None:
        self._name = path
        # One file has one lock, and a link to it stays a link.
        self._path = Path(os.path.realpath(path))
        self._lock = self._locked()
        self._file = -1
        self._size = 0
        self._compacted_size = 0

    def __str__(self) -> str:
        """What a sentence calls it."""
        return str(self._name)

    def read(self) -> list[DataLine]:
        """The lines that are there; none if there is no file, DataError if it is torn."""
        try:
            content = self._content()
        except FileNotFoundError:
            return []
        except OSError as error:
            raise DataFileError(
                f"{self} cannot be read: {error.strerror}; "
                "name another file with --data."
            ) from None
        try:
            return parse_lines(content)
        except DataFormatError as error:
            raise DataFileError(f"{self} {error}.") from None

    def replace(self, line: DataLine) -> None:
        """Let the file hold this line only; DataError, and all as before, if it cannot."""
        text = HEADER + encode_line(line)
        new = self._path.with_name(f"{self._path.name}.new")
        try:
            file = _new_file(new, text)
            new.replace(self._path)
        except OSError as error:
            with suppress(OSError):
                new.unlink()
            raise DataFileError(
                f"{self} cannot be written: {error.strerror}."
            ) from None
        self._close_file()
        self._file = file
        self._size = self._compacted_size = len(text)
        _sync_directory(self._path.parent)

    def write(self, line: DataLine) -> bool:
        """Add a line; True if it is time to fold. OSError if it was not kept whole."""
        text = encode_line(line)
        # A write that failed may have left half a line.
        os.ftruncate(self._file, self._size)
        _write_all(self._file, text)
        self._size += len(text)
        # Folding costs what is folded: when the file has doubled, it is worth it.
        return self._size > max(_COMPACT_ABOVE, 2 * self._compacted_size)

    def close(self) -> None:
        """Let go of the file."""
        self._close_file()
        os.close(self._lock)

    def _content(self) -> bytes:
        with open_without_waiting(self._path) as file:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise DataFileError(
                    f"{self} is not a regular file; name another one with --data."
                )
            return file.read()

    def _close_file(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1

    def _locked(self) -> int:
        """A lock beside the file, for the file itself is replaced."""
        lock = self._path.with_name(f"{self._path.name}.lock")
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(lock, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise DataFileError(
                f"{self} cannot be used: {error.strerror}; "
                "name another file with --data."
            ) from None
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(handle)
            raise DataFileError(f"{self} is in use by another emulator.") from None
        return handle


def _new_file(path: Path, text: bytes) -> int:
    """A new file with this text in it, on the disk and open to be added to."""
    # What a power cut has left may be half, or not even a file.
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL
    file = os.open(path, flags, 0o666)
    try:
        _write_all(file, text)
        os.fsync(file)
    except OSError:
        os.close(file)
        raise
    return file


def _sync_directory(path: Path) -> None:
    """Let the new name outlive a power cut, on file systems that can do so."""
    with suppress(OSError):
        directory = os.open(path, os.O_RDONLY)
        try:
            os.fsync(directory)
        finally:
            os.close(directory)


def _write_all(file: int, text: bytes) -> None:
    rest = memoryview(text)
    while rest:
        rest = rest[os.write(file, rest) :]
