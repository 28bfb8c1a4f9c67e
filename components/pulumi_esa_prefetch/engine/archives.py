"""The files in an archive: a directory, a tar or zip file, a map of assets; hashes nothing."""

import io
import os
import posixpath
import tarfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, Final

from pulumi_esa_prefetch.engine.contents import at_path, at_uri, path_of
from pulumi_esa_prefetch.engine.errors import EngineError
from pulumi_esa_prefetch.engine.values import ARCHIVE, ASSET, SIGNATURE

_TARS: Final = (".tar", ".tgz", ".tar.gz")
_ZIPS: Final = (".zip", ".jar")
_BOOKKEEPING: Final = ".pulumi"  # never part of a directory's content
_UTF8_NAME: Final = 0x800
_UNREADABLE: Final = (
    tarfile.TarError,
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    RuntimeError,  # an encrypted one, or packed in a way that Python does not know
)


@dataclass(frozen=True, slots=True)
class Member:
    """One file of an archive, to be read before the next one is asked for."""

    name: bytes
    size: int
    content: IO[bytes]


def content_of(
    value: Mapping[str, Any], directory: Path
) -> AbstractContextManager[IO[bytes]]:
    """The bytes that an asset, or an archive that is one file, stands for; relative paths start at `directory`."""
    if value.get("path"):
        return at_path(directory / value["path"])
    if value.get("uri"):
        return at_uri(value["uri"])
    return nullcontext(io.BytesIO(value.get("text", "").encode()))


def is_packed(archive: Mapping[str, Any]) -> bool:
    """Whether the archive is one file, which only its name can tell."""
    return _place(archive).endswith((*_TARS, *_ZIPS))


def _place(archive: Mapping[str, Any]) -> str:
    return str(archive.get("path") or path_of(archive.get("uri") or ""))


def members(archive: Mapping[str, Any], directory: Path) -> Iterator[Member]:
    """The files of an archive in the order in which the CLI reads them; EngineError if one cannot be read.

    A name may come more than once.
    """
    if is_packed(archive):
        with content_of(archive, directory) as stream:
            yield from _unpacked(stream, _place(archive))
    elif archive.get("path"):
        yield from _of_directory(directory / archive["path"])
    elif archive.get("uri"):
        raise EngineError(f"{archive['uri']} does not end in {_endings()}")
    else:
        yield from _of_map(archive.get("assets") or {}, directory)


def _endings() -> str:
    return ", ".join(_TARS + _ZIPS)


def _of_map(assets: Mapping[str, Any], directory: Path) -> Iterator[Member]:
    for name in sorted(assets):
        value = assets[name]
        signature = value.get(SIGNATURE) if isinstance(value, Mapping) else None
        if signature == ASSET:
            with content_of(value, directory) as stream:
                yield _whole(name.encode(), stream)
        elif signature == ARCHIVE:
            for member in members(value, directory):
                inside = _clean(posixpath.join(name.encode(), member.name))
                yield replace(member, name=inside)
        else:
            raise EngineError(f"its member '{name}' is neither an asset nor an archive")


def _whole(name: bytes, stream: IO[bytes]) -> Member:
    size = stream.seek(0, os.SEEK_END)
    stream.seek(0)
    return Member(name, size, stream)


def _of_directory(root: Path) -> Iterator[Member]:
    try:
        if not root.is_dir():
            root.stat()
            raise EngineError(
                f"{root} is not a directory, and does not end in {_endings()}"
            )
        for file in _walk(root):
            with at_path(file) as stream:
                yield _whole(os.fsencode(file.relative_to(root)), stream)
    except OSError as error:
        place = error.filename or root
        raise EngineError(f"{place} cannot be read: {error.strerror}") from None


def _walk(place: Path) -> Iterator[Path]:
    # links to files are followed, links to directories are not, not even the first one
    if place.name == _BOOKKEEPING:
        return
    if not place.is_dir():
        yield place
    elif not place.is_symlink():
        for inside in sorted(place.iterdir(), key=os.fsencode):
            yield from _walk(inside)


def _unpacked(stream: IO[bytes], place: str) -> Iterator[Member]:
    unpack = _of_zip if place.endswith(_ZIPS) else _of_tar
    try:
        yield from unpack(stream, place)
    except _UNREADABLE as error:
        raise EngineError(f"{place} cannot be unpacked: {error}") from None


def _of_tar(stream: IO[bytes], place: str) -> Iterator[Member]:
    mode: Any = "r:" if place.endswith(".tar") else "r:gz"
    with tarfile.open(fileobj=stream, mode=mode) as archive:
        for info in archive:
            if info.isdir():
                continue
            content = archive.extractfile(info) if info.isreg() else None
            if content is None:
                raise EngineError(
                    f"{place} holds {info.name}, which is neither file nor directory"
                )
            yield Member(_clean(os.fsencode(info.name)), info.size, content)


def _of_zip(stream: IO[bytes], place: str) -> Iterator[Member]:
    del place
    with zipfile.ZipFile(stream) as archive:
        for info in archive.infolist():
            if not info.is_dir():
                coded = "utf-8" if info.flag_bits & _UTF8_NAME else "cp437"
                name = info.orig_filename.encode(coded)
                with archive.open(info) as content:
                    yield Member(_clean(name), info.file_size, content)


def _clean(name: bytes) -> bytes:
    plain = posixpath.normpath(name)
    # Python keeps two slashes at the beginning
    return plain[1:] if plain.startswith(b"//") else plain
