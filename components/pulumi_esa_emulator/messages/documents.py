"""Reads JSON documents into pydantic models; a bad document gives an error of one sentence."""

import os
import stat
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class DocumentError(ValueError):
    """A document cannot be used; the text is one sentence."""


def read_document(path: Path, model: type[Model]) -> Model:
    """The document in a file or a pipe, such as a shell's `<(...)`."""
    try:
        with open_without_waiting(path) as file:
            mode = os.fstat(file.fileno()).st_mode
            if not (stat.S_ISREG(mode) or stat.S_ISFIFO(mode)):
                raise DocumentError(f"{path} is not a file.")
            text = file.read()
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror}.") from None
    return parse_document(text, model, str(path))


def open_without_waiting(path: Path) -> BinaryIO:
    """The file, opened for reading without waiting: a pipe without a writer is empty."""
    return open(path, "rb", opener=_nonblocking_opener)


def _nonblocking_opener(path: str, flags: int) -> int:
    file = os.open(path, flags | os.O_NONBLOCK)
    os.set_blocking(file, True)
    return file


def parse_document(text: bytes, model: type[Model], name: str) -> Model:
    """The document in a text; `name` is its name in the error message."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise DocumentError(f"{name}: {_sentence(error)}") from None


def _sentence(error: ValidationError) -> str:
    """The first error, and where it is."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = _location(first["loc"])
    what = first["msg"].removeprefix("Value error, ").rstrip(".")
    more = error.error_count() - 1
    rest = f" (and {more} more)" if more else ""
    sentence = f"{where}{what[:1].lower()}{what[1:]}{rest}"
    printable = "".join(c if c.isprintable() else "?" for c in sentence)
    return printable if sentence.endswith("?") else f"{printable}."


def _location(loc: tuple[Any, ...]) -> str:
    text = "".join(
        f"[{one}]" if isinstance(one, int) else f".{str(one)[:80]}" for one in loc
    )
    return f"{text.lstrip('.')}: " if text else ""
