"""The URLs of a job, from a list, a file or an OSS object; creates no resource and fetches nothing."""

import hashlib
from collections.abc import Awaitable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from pulumi import Input, Output, RunError

from pulumi_esa_prefetch.resources.input_mapping import map_input

_LARGEST_FILE = 64 << 20


@dataclass(frozen=True)
class UrlSource:
    """A URL list for a ScheduledPreloadJob: its ``insert_way``, and its ``url_list`` or ``oss_url``."""

    insert_way: str
    content: Input[str]

    @classmethod
    def of_one(
        cls,
        *,
        urls: Input[Sequence[Input[str]]] | None,
        url_file: str | Path | None,
        oss_url: Input[str] | None,
    ) -> Self:
        """The list from the one source that is given. Raises RunError, also if it is not exactly one."""
        given = [place for place in (urls, url_file, oss_url) if place is not None]
        if len(given) != 1:
            raise RunError("exactly one of urls, url_file and oss_url is needed")
        if oss_url is not None:
            return cls("oss", map_input(oss_url, _one_url))
        if url_file is not None:
            return cls("textBox", _from_file(Path(url_file)))
        return cls("textBox", _from_list(urls))

    def for_esa(self) -> dict[str, Input[str]]:
        """The list as inputs of a ScheduledPreloadJob."""
        name = "oss_url" if self.insert_way == "oss" else "url_list"
        return {"insert_way": self.insert_way, name: self.content}

    def for_triggers(self) -> Input[str]:
        """The list as part of triggers: a digest, for the list may be long.

        The text is in the state of every stack. If it were made differently, all plans would run again.
        """
        return map_input(self.content, _digest)


def _digest(content: str) -> str:
    return f"sha256:{hashlib.sha256(content.encode()).hexdigest()}"


def _from_file(path: Path) -> str:
    try:
        # Editors on Windows write a byte order mark first.
        with path.open("rb") as stream:
            content = stream.read(_LARGEST_FILE + 1)
        if len(content) > _LARGEST_FILE:
            raise RunError(
                f"url_file {path} is larger than {_LARGEST_FILE >> 20} MiB: put the list into OSS, "
                "and give its oss_url"
            )
        return _joined(content.decode("utf-8-sig").splitlines(), str(path))
    except OSError as error:
        raise RunError(f"url_file {path} cannot be read: {error.strerror}") from None
    except UnicodeDecodeError:
        raise RunError(f"url_file {path} must be text in UTF-8") from None


def _from_list(urls: Any) -> Input[str]:
    parts = urls if isinstance(urls, Sequence) else [urls]
    if not any(isinstance(part, Output | Awaitable) for part in parts):
        return _of_list(urls)
    later: Output[Any] = Output.from_input(urls)
    return map_input(later, _of_list)


def _of_list(urls: object) -> str:
    if isinstance(urls, str):
        raise RunError(
            "urls is one string: give a list of URLs, or url_file, or oss_url"
        )
    if not isinstance(urls, Sequence):
        raise RunError("urls must be a list of URLs")
    return _joined([str(url) for url in urls], "urls")


def _joined(lines: Sequence[str], place: str) -> str:
    urls = {n: line.strip() for n, line in enumerate(lines, 1) if line.strip()}
    if not urls:
        raise RunError(f"{place} holds no URL")
    if wrong := _wrong(urls):
        raise RunError(f"{place}: no http or https URL in {wrong}")
    return "\n".join(urls.values())


def _wrong(urls: Mapping[int, str], shown: int = 3) -> str:
    """Which entries are not URLs, by line number: a URL may hold a signature."""
    wrong = [f"line {n}" for n, url in urls.items() if not _is_url(url)]
    more = f" and {len(wrong) - shown} more" if len(wrong) > shown else ""
    return ", ".join(wrong[:shown]) + more


def _one_url(url: str) -> str:
    if not _is_url(str(url)):
        raise RunError("oss_url is not an http or https URL")
    return url


def _is_url(text: str) -> bool:
    starts = text.lower().startswith(("http://", "https://"))
    return starts and not any(character.isspace() for character in text)
