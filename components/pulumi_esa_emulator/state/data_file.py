"""The data file: one line per request, with its changes.

A line is written before the request is answered: a killed emulator loses nothing that it
has answered. At start the file is compacted to one line and replaced by an atomic
rename: after a power failure it is the whole old file or the whole new one.
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
    """The data file cannot be used; the text is one sentence."""


class NoStorage:
    """The storage of an emulator without a data file: it stores nothing."""

    def __str__(self) -> str:
        """Its name in a message."""
        return "The data"

    def write(self, line: DataLine) -> bool:
        """Store nothing."""
        del line
        return False

    def replace(self, line: DataLine) -> None:
        """Store nothing."""

    def close(self) -> None:
        """Nothing to close."""


class DataFile:
    """An open data file, locked by this process until it is closed."""

    def __init__(self, path: Path) -> None:
        self._name = path
        # The lock is per real file, and a symbolic link to the file stays a link.
        self._path = Path(os.path.realpath(path))
        self._lock = self._locked()
        self._file = -1
        self._size = 0
        self._compacted_size = 0

    def __str__(self) -> str:
        """Its name in a message."""
        return str(self._name)

    def read(self) -> list[DataLine]:
        """The lines; none if there is no file. DataFileError if the file is damaged."""
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
        """Replace the file by this line; DataFileError, and no change, if that fails."""
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
        """Add a line; True if the file should be compacted. OSError if the write failed."""
        text = encode_line(line)
        # A failed write can leave part of a line.
        os.ftruncate(self._file, self._size)
        _write_all(self._file, text)
        self._size += len(text)
        # Compacting costs as much as the state is large: do it when the file has doubled.
        return self._size > max(_COMPACT_ABOVE, 2 * self._compacted_size)

    def close(self) -> None:
        """Close the file and release the lock."""
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
        """A lock file beside the data file, because the data file itself is replaced."""
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
    """A new file with this text, synced to the disk, and open for appending."""
    # A power failure can leave a part of a file there, or something else.
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
    """Sync the rename to the disk, on file systems that support it."""
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
