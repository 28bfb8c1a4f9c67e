r"""The mark of an unfinished run in the JSON of a checkpoint: adds and removes it; reads and writes no files.

While a journal holds changes that the checkpoint lacks, no other tool may use that checkpoint. The pulumi CLI
refuses every command on a state of version 4 with a feature that it does not know, and prints the name of the
feature. So the name says what to do. Older CLIs refuse version 4.

The text that the mark replaces is kept in `unmarked`. So the former bytes can be restored, and with them the digest
by which a journal names its checkpoint:

    {"version":3,"checkpoint":...}
    {"version":4,"features":["unfinished run of ..."],"unmarked":"3","checkpoint":...}
"""

import json
import re
from typing import Any, Final

from pulumi_embedded_engine.golang.go_json import dumps, parse_int

FEATURE: Final = "unfinished run of esa-prefetch (run: esa-prefetch cancel)"
_WITH_FEATURES: Final = 4
_FIRST: Final = ("version", "features", "unmarked")

# The beginning of a checkpoint that the CLI or this engine wrote: its version, then its features, if there are any.
_HEAD: Final = re.compile(
    rb"""
    \s* \{ \s* "version" \s* : \s*
    ( \d+ (?: \s*,\s* "features" \s*:\s* \[ [^][{}]* \] )?
          (?: \s*,\s* "unmarked" \s*:\s* "(?:[^"\\]|\\.)*" )? )
    (?= \s* [,}] )
    """,
    re.VERBOSE,
)


def is_marked(content: bytes) -> bool:
    """Whether the JSON of a checkpoint has the mark."""
    return FEATURE.encode() in content and without_mark(content) != content


def with_mark(content: bytes) -> bytes:
    """The JSON of a checkpoint with the mark; `content` must come from `without_mark`."""
    head = _HEAD.match(content)
    if head is None:
        return content
    features = [*(_head_fields(head).get("features") or ()), FEATURE]
    former = head[1].decode()
    mark = f'{_WITH_FEATURES},"features":{dumps(features)},"unmarked":{dumps(former)}'
    return _replaced(content, head, mark)


def without_mark(content: bytes) -> bytes:
    """The JSON of a checkpoint without the mark: the bytes from before `with_mark`.

    If version and features are not at the beginning (a file written by hand), the JSON is written again with both
    first. Anything else than a checkpoint stays unchanged.
    """
    content = _with_head_first(content)
    head = _HEAD.match(content)
    if head is None:
        return content
    fields = _head_fields(head)
    if FEATURE in (fields.get("features") or ()) and "unmarked" in fields:
        return _replaced(content, head, fields["unmarked"])
    return content


def _head_fields(head: re.Match[bytes]) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(b'{"version":' + head[1] + b"}")
    return found


def _replaced(content: bytes, head: re.Match[bytes], text: str) -> bytes:
    return content[: head.start(1)] + text.encode() + content[head.end(1) :]


def _with_head_first(content: bytes) -> bytes:
    head = _HEAD.match(content)
    if head is not None and (
        "features" in _head_fields(head) or b'"features"' not in content[head.end() :]
    ):
        return content
    try:
        outer = json.loads(content, parse_int=parse_int)
    except (ValueError, RecursionError):
        return content
    if not isinstance(outer, dict) or "version" not in outer:
        return content
    if head is not None and "features" not in outer:
        return content
    first = {key: outer.pop(key, None) for key in _FIRST}
    known = {key: value for key, value in first.items() if value is not None}
    return dumps(known | outer).encode()
