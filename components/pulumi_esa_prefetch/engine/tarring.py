"""Tar streams, byte for byte as Go's archive/tar writes them for the pulumi CLI; reads no files.

The hash of such a stream stands for an archive in the state, so each byte counts. Python's own tarfile writes other
bytes: device numbers, names of extended headers, where long names are cut, and the padding of the end.
"""

import posixpath
from typing import Final

_BLOCK: Final = 512
_NAME: Final = 100
_PREFIX: Final = 155
_OCTAL_SIZE: Final = 8**11  # a bigger file needs an extended header
_MODE: Final = 0o600
END: Final = bytes(2 * _BLOCK)


def header(name: bytes, size: int) -> bytes:
    """What stands before the content of a regular file."""
    plain = _is_ascii(name)
    prefix, last = _split(name) if plain else (b"", b"")
    fits = plain and (len(name) <= _NAME or prefix)
    if fits and size < _OCTAL_SIZE:
        return _block(last or name, size, b"0", _MODE, prefix)
    records = b""
    if not plain or len(name) > _NAME:
        records += _record(b"path", name)
    if size >= _OCTAL_SIZE:
        records += _record(b"size", str(size).encode())
    extended = _block(_extended_name(name), len(records), b"x", 0)
    shown = size if size < _OCTAL_SIZE else 0
    main = _block(_cut(_ascii(name)), shown, b"0", _MODE)
    return extended + records + padding(len(records)) + main


def padding(size: int) -> bytes:
    """What stands behind a content of that size."""
    return bytes(-size % _BLOCK)


def _is_ascii(name: bytes) -> bool:
    return name.isascii() and b"\0" not in name


def _ascii(name: bytes) -> bytes:
    return bytes(byte for byte in name if 0 < byte < 0x80)  # noqa: PLR2004 - ASCII


def _split(name: bytes) -> tuple[bytes, bytes]:
    # at the last slash that leaves room for the prefix
    if len(name) <= _NAME:
        return b"", b""
    prefix, _, last = name[: _PREFIX + 1].rpartition(b"/")
    last += name[_PREFIX + 1 :]
    return (prefix, last) if prefix and 0 < len(last) <= _NAME else (b"", b"")


def _cut(name: bytes) -> bytes:
    # some readers take a name that ends with a slash for a directory
    field = name[:_NAME]
    return field.rstrip(b"/") if len(name) > _NAME else field


def _extended_name(name: bytes) -> bytes:
    directory, _, file = name.rpartition(b"/")
    joined = posixpath.normpath(posixpath.join(directory, b"PaxHeaders.0", file))
    return _ascii(joined)[:_NAME].rstrip(b"/")


def _record(key: bytes, value: bytes) -> bytes:
    body = b" " + key + b"=" + value + b"\n"
    size = len(body) + len(str(len(body)))
    size = len(body) + len(str(size))
    return str(size).encode() + body


def _block(
    name: bytes, size: int, kind: bytes, mode: int, prefix: bytes = b""
) -> bytes:
    # an extended header has no device numbers
    device = b"" if kind == b"x" else _octal(0, 8)
    before = b"".join(
        [
            name.ljust(_NAME, b"\0"),
            _octal(mode, 8),
            _octal(0, 8),
            _octal(0, 8),
            _octal(size, 12),
            _octal(0, 12),
        ]
    )
    after = b"".join(
        [
            kind,
            bytes(100),  # linked to nothing
            b"ustar\x0000",
            bytes(64),  # of no user and no group
            device.ljust(8, b"\0"),
            device.ljust(8, b"\0"),
            prefix,
        ]
    )
    total = sum(before) + sum(b" " * 8) + sum(after)
    return (before + b"%06o\0 " % total + after).ljust(_BLOCK, b"\0")


def _octal(number: int, width: int) -> bytes:
    return b"%0*o\0" % (width - 1, number)
