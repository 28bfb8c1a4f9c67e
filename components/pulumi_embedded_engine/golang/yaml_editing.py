"""Changes YAML so that everything else keeps its spelling: comments, order, quotes, numbers. Does not interpret it."""

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
    """Makes a string of every scalar."""

    yaml_constructors = {  # noqa: RUF012 - as in the class above
        f"{TAG_PREFIX}map": RoundTripConstructor.construct_yaml_map,
        f"{TAG_PREFIX}seq": RoundTripConstructor.construct_yaml_seq,
        UNTAGGED: RoundTripConstructor.construct_scalar,
        MERGE_TAG: RoundTripConstructor.construct_scalar,
    }


class _Representer(RoundTripRepresenter):
    """Writes a string as it was spelled, without additional quotes."""

    def represent_scalar(
        self, tag: Any, value: Any, style: Any = None, anchor: Any = None
    ) -> Any:
        if tag == _STRING and isinstance(tag, str):
            tag = MERGE_TAG if value == "<<" and not style else UNTAGGED
        return super().represent_scalar(tag, value, style, anchor)


class EditableYaml:
    """A YAML document that can be changed: `content` holds maps, lists, and every scalar as a string."""

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
        """The text of the document with all changes."""
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
    """The indent of maps, and of the dashes of a list below their key; if the file has neither, those of the CLI."""
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
