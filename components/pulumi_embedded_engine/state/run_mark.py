r"""The mark of an unfinished run in a checkpoint's bytes: putting it on, taking it off; reads and writes no files.

As long as a journal holds what the checkpoint lacks, nobody else may go on from that checkpoint. The pulumi CLI
refuses every command on a state of version 4 with a feature that it does not know, and prints the feature's name:
so the name says what to do. Older CLIs refuse version 4.

What the mark replaces stands beside it, so that the former bytes come back, and with them the digest by which a
journal knows its checkpoint:

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

# How the CLI and this engine begin a checkpoint: its version, then its features, if it has any.
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
    """Whether a checkpoint's JSON bears the mark."""
    return FEATURE.encode() in content and without_mark(content) != content


def with_mark(content: bytes) -> bytes:
    """A checkpoint's JSON with the mark; `content` is as `without_mark` gives it."""
    head = _HEAD.match(content)
    if head is None:
        return content
    features = [*(_head_fields(head).get("features") or ()), FEATURE]
    former = head[1].decode()
    mark = f'{_WITH_FEATURES},"features":{dumps(features)},"unmarked":{dumps(former)}'
    return _replaced(content, head, mark)


def without_mark(content: bytes) -> bytes:
    """A checkpoint's JSON without the mark: the bytes that `with_mark` was given.

    A checkpoint that begins otherwise than the CLI's (written by hand) is written anew; what is none stays as it is.
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
