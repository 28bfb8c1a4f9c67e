"""Reads a JSON document against its model, bad ones end in one sentence; knows no model."""

from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Model = TypeVar("Model", bound=BaseModel)


class DocumentError(ValueError):
    """A document cannot be used; its text is one sentence."""


def read_document(path: Path, model: type[Model]) -> Model:
    """The document in a file."""
    try:
        text = path.read_bytes()
    except OSError as error:
        raise DocumentError(f"{path} cannot be read: {error.strerror}.") from None
    return parse_document(text, model, str(path))


def parse_document(text: bytes, model: type[Model], name: str) -> Model:
    """The document in a text; `name` is what the sentence calls it."""
    try:
        return model.model_validate_json(text)
    except ValidationError as error:
        raise DocumentError(f"{name}: {_sentence(error)}.") from None


def _sentence(error: ValidationError) -> str:
    """The first of what is wrong, and where."""
    first = error.errors(include_url=False, include_input=False)[0]
    where = _place(first["loc"])
    what = first["msg"].removeprefix("Value error, ").rstrip(".")
    more = error.error_count() - 1
    rest = f" (and {more} more)" if more else ""
    said = f"{where}{what[:1].lower()}{what[1:]}{rest}"
    return "".join(c if c.isprintable() else "?" for c in said)


def _place(loc: tuple[Any, ...]) -> str:
    text = "".join(
        f"[{one}]" if isinstance(one, int) else f".{str(one)[:80]}" for one in loc
    )
    return f"{text.lstrip('.')}: " if text else ""
