"""Reads files and times that are given on the command line; knows no document."""

import sys
from datetime import datetime
from pathlib import Path

from pulumi_embedded_engine.processes.bounded_reading import read_stream
from pulumi_esa_prefetch.api.esa_times import parse_time
from pulumi_esa_prefetch.clock import SystemClock
from pulumi_esa_prefetch.report.errors import ReportError


def read_input(file: str) -> str:
    """Return the text of a file, or of standard input for `-`; raises ReportError."""
    try:
        if file == "-":
            if sys.stdin is None:
                raise ReportError("standard input is closed")
            return read_stream(sys.stdin.buffer, "standard input").decode("utf-8-sig")
        with Path(file).open("rb") as stream:
            return read_stream(stream, file).decode("utf-8-sig")
    except OSError as error:
        raise ReportError(f"{file}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise ReportError(f"{file}: this is not text in UTF-8") from None


def parse_at(at: str) -> datetime:
    """Return the time given with --at, or now if there is none; raises ReportError."""
    try:
        return parse_time(at) if at else SystemClock().now()
    except ValueError as error:
        raise ReportError(f"--at: {error}") from None
