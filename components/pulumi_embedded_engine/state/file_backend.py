"""The directory of the CLI's file backend: the files of each stack, reading and writing a checkpoint; locks nothing."""

import gzip
import os
import pwd
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import unquote

from pulumi_embedded_engine.errors import FAILED, NO_LOGIN, NO_STACK, EngineError
from pulumi_embedded_engine.golang.document_reading import read_document
from pulumi_embedded_engine.model.operation_context import ORGANIZATION, Project
from pulumi_embedded_engine.processes.atomic_files import write_atomically
from pulumi_embedded_engine.processes.bounded_reading import gunzip, read_file
from pulumi_embedded_engine.state import run_mark

SCHEME: Final = "file://"
_META: Final = "version: 1\n"
_NAME: Final = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9_.-]{1,100}")
_SUFFIXES: Final = (".json", ".json.gz", ".json.zst")


def directory_of(url: str) -> Path:
    """The directory of a file URL, as the CLI resolves it (`~` is the home directory in the password file).

    Raises EngineError for any other backend.
    """
    if not url.startswith(SCHEME):
        cloud = "://" not in url or url.startswith(("http://", "https://"))
        raise EngineError(
            f"the backend {_without_password(url)} is not available here: the embedded engine keeps state in "
            "file://<directory> only; use the pulumi CLI for any other backend",
            NO_LOGIN if cloud else FAILED,
        )
    if "#" in url:
        raise EngineError(
            f"the backend {url} has a #, which ends the path of a URL: write %23 for it"
        )
    path = unquote(url.removeprefix(SCHEME).partition("?")[0])
    if path.startswith("~"):
        path = str(Path(pwd.getpwuid(os.getuid()).pw_dir) / path[2:])
    return Path(os.path.normpath(Path(path).absolute()))


def _without_password(url: str) -> str:
    # a URL may hold a password
    return f"{url.partition(':')[0]}://" if "://" in url else repr(url)


@dataclass(frozen=True, slots=True)
class StackFiles:
    """The paths of all files of one stack; `backed_up` says whether copies of its checkpoints are kept."""

    root: Path
    project: str
    name: str
    backed_up: bool = True

    @property
    def qualified(self) -> str:
        """The stack's full name."""
        return f"{ORGANIZATION}/{self.project}/{self.name}"

    @property
    def checkpoint(self) -> Path:
        """The checkpoint file: of `.json`, `.json.gz` and `.json.zst` the newest that exists, else `.json`."""
        directory = self.root / "stacks" / self.project
        found = [
            path
            for suffix in _SUFFIXES
            if (path := directory / f"{self.name}{suffix}").is_file()
        ]
        plain = directory / f"{self.name}.json"
        return max(found, key=lambda path: path.stat().st_mtime_ns, default=plain)

    @property
    def journal(self) -> Path:
        """The journal of a run; it is not beside the stacks, where any other file breaks `stack ls` of the CLI."""
        return self.root / "journals" / self.project / f"{self.name}.jsonl"

    @property
    def locks(self) -> Path:
        """The directory of the lock files."""
        return self.root / "locks" / ORGANIZATION / self.project / self.name

    @property
    def history(self) -> Path:
        """The directory of past updates."""
        return self.root / "history" / self.project / self.name

    @property
    def backups(self) -> Path:
        """The directory of checkpoints after each update."""
        return self.root / "backups" / self.project / self.name

    def read_checkpoint(self) -> bytes:
        """The JSON of the checkpoint, unpacked and without the run mark; raises EngineError if it cannot be read."""
        return run_mark.without_mark(self._content())

    @property
    def is_marked(self) -> bool:
        """Whether the checkpoint has the run mark; raises EngineError if it cannot be read."""
        return run_mark.is_marked(self._content())

    def _content(self) -> bytes:
        path = self.checkpoint
        try:
            content = read_file(path)
        except FileNotFoundError:
            raise EngineError(f"no stack named '{self.name}' found", NO_STACK) from None
        except OSError as error:
            raise EngineError(f"{path} cannot be read: {error.strerror}") from None
        return _unpacked(path, content)

    def write_checkpoint(self, content: bytes) -> None:
        """Replace the checkpoint atomically, and keep the former one beside it in `.bak`.

        Raises OSError, and then the checkpoint is unchanged.
        """
        old = self.checkpoint
        new = old.parent / f"{self.name}.json"
        new.parent.mkdir(parents=True, exist_ok=True)
        if old.exists():
            write_atomically(
                old.with_name(f"{old.name}.bak"), self._former_content(old)
            )
        write_atomically(new, content)
        if old != new:
            old.unlink(missing_ok=True)

    def _former_content(self, file: Path) -> bytes:
        content = file.read_bytes()
        plain = _unpacked(file, content)
        former = run_mark.without_mark(plain) if run_mark.is_marked(plain) else plain
        return content if former == plain else _packed(file, former)

    def mark(self, content: bytes) -> None:
        """Put the run mark on the checkpoint; `content` is its present JSON. Raises OSError."""
        write_atomically(
            self.checkpoint, _packed(self.checkpoint, run_mark.with_mark(content))
        )

    def unmark(self) -> None:
        """Remove the run mark, if there is one; raises OSError."""
        content = self._content()
        if run_mark.is_marked(content):
            plain = run_mark.without_mark(content)
            write_atomically(self.checkpoint, _packed(self.checkpoint, plain))

    def remove_unfinished_files(self) -> None:
        """Remove temporary files that a process left when it was killed in `write_atomically`; raises OSError.

        The caller must hold the lock of the stack.
        """
        name = re.compile(
            rf"\.{re.escape(self.name)}\.json(\.gz)?(\.bak)?\.[0-9a-f]{{32}}"
        )
        directory = self.checkpoint.parent
        for path in directory.iterdir() if directory.is_dir() else ():
            if name.fullmatch(path.name):
                path.unlink(missing_ok=True)


def _unpacked(path: Path, content: bytes) -> bytes:
    if content.startswith(b"\x28\xb5\x2f\xfd"):
        raise EngineError(
            f"{path} is packed with zstd, which only the pulumi CLI can read"
        )
    if not content.startswith(b"\x1f\x8b"):
        return content
    return gunzip(content, path)


def _packed(path: Path, content: bytes) -> bytes:
    return gzip.compress(content) if path.suffix == ".gz" else content


class FileBackend:
    """A directory of stacks. The constructor checks that it exists and has the layout of project-scoped stacks.

    `backed_up` as in `StackFiles`.
    """

    def __init__(self, url: str, *, backed_up: bool = True) -> None:
        self.url = url
        self._backed_up = backed_up
        self.directory = directory_of(url)
        self.root = self.directory / ".pulumi"
        self._open()

    def _open(self) -> None:
        if not self.directory.is_dir():
            raise EngineError(
                f"the state directory {self.directory} of the backend {self.url} does not exist"
            )
        meta = self.root / "meta.yaml"
        if not meta.exists():
            if any((self.root / "stacks").glob("*.json*")):
                raise _legacy_layout(self.url)
            _write_meta(meta)
            return
        found = read_document(meta)
        number = found.get("version") if isinstance(found, dict) else None
        if number == 0:
            raise _legacy_layout(self.url)
        if number != 1:
            raise EngineError(
                f"{meta} names the layout version {number!r}, which only a newer pulumi CLI knows"
            )

    def stacks(self, project: str | None = None) -> Iterator[StackFiles]:
        """The stacks of a project, or of all, sorted by project and name."""
        found = {
            (path.parent.name, name)
            for path in (self.root / "stacks").glob("*/*")
            if (name := _stack_name(path)) and project in (None, path.parent.name)
        }
        return (self._files(*names) for names in sorted(found))

    def stack(self, reference: str, project: Project | None) -> StackFiles:
        """The files of the stack with this name (`dev`, `organization/dev`, `organization/project/dev`).

        The stack need not exist. Raises EngineError if the name is not valid.
        """
        *owners, name = reference.split("/")
        if owners[2:] or owners[:1] not in ([], [ORGANIZATION]):
            raise EngineError(
                f"the stack {reference!r} cannot be in a file backend: the organization of its "
                f"stacks is {ORGANIZATION!r}"
            )
        owner = owners[1] if owners[1:] else project.name if project else ""
        if not _NAME.fullmatch(name):
            raise EngineError(
                f"the stack name {name!r} may hold letters, digits, hyphens, underscores and "
                "periods only, 100 at most"
            )
        if not _NAME.fullmatch(owner):
            raise EngineError(
                f"the stack {reference!r} needs its project: run this beside a Pulumi.yaml or "
                f"give {ORGANIZATION}/<project>/{name}"
            )
        return self._files(owner, name)

    def _files(self, project: str, name: str) -> StackFiles:
        return StackFiles(self.root, project, name, self._backed_up)


def _stack_name(path: Path) -> str:
    for suffix in _SUFFIXES:
        name = path.name.removesuffix(suffix)
        if name != path.name and _NAME.fullmatch(name):
            return name
    return ""


def _legacy_layout(url: str) -> EngineError:
    return EngineError(
        f"the state directory {url} has the layout without projects; "
        "`pulumi state upgrade` of the pulumi CLI brings it up to date"
    )


def _write_meta(meta: Path) -> None:
    try:
        meta.parent.mkdir(exist_ok=True)
        meta.write_text(_META)
    except OSError as error:
        raise EngineError(f"{meta} cannot be written: {error.strerror}") from None
