"""YAML changed so that all that stays keeps its spelling: comments, order, quotes, numbers, ids. Reads no meaning."""

import re
from io import StringIO
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.constructor import RoundTripConstructor
from ruamel.yaml.representer import RoundTripRepresenter

from pulumi_embedded_engine.golang.yaml_reading import (
    MERGE_TAG,
    TAG_PREFIX,
    UNTAGGED,
    UntypedResolver,
)

_STRING: Final = f"{TAG_PREFIX}str"


class _Constructor(RoundTripConstructor):
    """Makes a text of each scalar."""

    yaml_constructors = {  # noqa: RUF012 - as in the class above
        f"{TAG_PREFIX}map": RoundTripConstructor.construct_yaml_map,
        f"{TAG_PREFIX}seq": RoundTripConstructor.construct_yaml_seq,
        UNTAGGED: RoundTripConstructor.construct_scalar,
        MERGE_TAG: RoundTripConstructor.construct_scalar,
    }


class _Representer(RoundTripRepresenter):
    """Writes a text as it is, without quotes that it does not bring along."""

    def represent_scalar(
        self, tag: Any, value: Any, style: Any = None, anchor: Any = None
    ) -> Any:
        if tag == _STRING and isinstance(tag, str):
            tag = MERGE_TAG if value == "<<" and not style else UNTAGGED
        return super().represent_scalar(tag, value, style, anchor)


class EditableYaml:
    """A file's document on its way to be changed: `content` holds maps, lists, and each scalar as its text."""

    def __init__(self, text: str) -> None:
        self._yaml = _yaml()
        width, offset = _indents(text)
        self._yaml.indent(mapping=width, sequence=max(width, offset + 2), offset=offset)
        self.content, self._comments = self._yaml.load(text), ""
        if self.content is None or type(self.content) is str:  # as `~` is
            self._comments = "".join(re.findall(r"^#.*\n", text, re.MULTILINE))
            self.content = CommentedMap()
        if not isinstance(self.content, CommentedMap):
            raise TypeError("a map is expected")

    @property
    def text(self) -> str:
        """The document as it is to be written."""
        stream = StringIO()
        self._yaml.dump(self.content, stream)
        return self._comments + stream.getvalue()


def _yaml() -> YAML:
    yaml = YAML(typ="rt", pure=True)
    yaml.Resolver = UntypedResolver
    yaml.Constructor = _Constructor
    yaml.Representer = _Representer
    yaml.preserve_quotes = True
    yaml.composer.warn_double_anchors = False
    yaml.width = 1 << 30
    return yaml


def _indents(text: str) -> tuple[int, int]:
    """How far a file indents a map, and a list's dashes below their key; where it shows neither, as the CLI does."""
    mapping = key = 0
    for line in text.splitlines():
        bare = line.lstrip(" ")
        width = len(line) - len(bare)
        if not bare or bare.startswith("#"):
            continue
        if bare.startswith("- "):
            return mapping or 2, max(0, width - key)
        mapping = mapping or width
        key = width
    return mapping or 2, 2
