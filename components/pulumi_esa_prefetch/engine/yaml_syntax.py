"""The CLI's syntax of YAML, which is 1.1's and a little less, as parts for ruamel.yaml; knows no values."""

import re
from typing import Any, Final, NoReturn

from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver
from ruamel.yaml.scanner import Scanner, ScannerError
from ruamel.yaml.tag import Tag

YAML_ORG: Final = "tag:yaml.org,2002:"
PLAIN: Final = "?"  # of a scalar whose tag the file does not tell
MERGE: Final = f"{YAML_ORG}merge"


class AsSpelled(VersionedResolver):
    """Tags no scalar by what it looks like, except the key of a merge."""

    processing_version: Final = (1, 1)

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        """The tag of a node that has none in the file."""
        if kind is not ScalarNode:
            return super().resolve(kind, value, implicit)
        return Tag(suffix=MERGE if value == "<<" and implicit[0] else PLAIN)


class CliScanner(Scanner):
    """Scans what the CLI scans: tabs between tokens, but fewer escapes, names and tags."""

    ESCAPE_REPLACEMENTS = {  # noqa: RUF012 - as in the class above
        key: value for key, value in Scanner.ESCAPE_REPLACEMENTS.items() if key != "/"
    }

    def scan_to_next_token(self) -> None:
        super().scan_to_next_token()
        while self.reader.peek() == "\t" and not self.allow_simple_key:
            self.reader.forward()
            super().scan_to_next_token()

    def scan_plain_spaces(self, indent: int, start_mark: Any) -> Any:
        found = super().scan_plain_spaces(indent, start_mark)
        if self.reader.peek() == "\t" and self.reader.column < indent:
            self._refuse("a tab indents it")
        return found

    def scan_anchor(self, token_class: Any) -> Any:
        token = super().scan_anchor(token_class)
        if (
            not re.fullmatch(r"[0-9A-Za-z_-]+", token.value)
            or self.reader.peek() in "[{"
        ):
            self._refuse("an anchor has more than letters, digits, _ and -")
        return token

    def scan_tag(self) -> Any:
        self._refuse("a tag is left to the pulumi CLI")

    def scan_directive(self) -> Any:
        self._refuse("a directive is left to the pulumi CLI")

    def _refuse(self, problem: str) -> NoReturn:
        raise ScannerError(problem=problem, problem_mark=self.reader.get_mark())
