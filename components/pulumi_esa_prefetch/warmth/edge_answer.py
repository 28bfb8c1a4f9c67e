"""The answer of the edge to one request, as far as it tells whether the file was in the cache."""

from dataclasses import dataclass
from typing import Final

HIT: Final = "HIT"
NO_STATUS: Final = "NONE"
"""The status of an answer without the header."""
FAILED: Final = "FAILED"
"""The status if there was no answer."""
UNCACHED: Final = ("DYNAMIC", "BYPASS")
"""The statuses of what the site's configuration keeps out of the cache: no prefetch can warm it."""

_FIRST_ERROR: Final = 400
_EMPTY_FILE: Final = 416
"""An empty file has no first byte to send: it is there."""


@dataclass(frozen=True)
class EdgeAnswer:
    """What the edge answered for one URL."""

    url: str
    status: str
    """As in `X-Site-Cache-Status`, in upper case; or NO_STATUS or FAILED."""
    http_status: int | None = None
    age: int | None = None
    """The seconds that the file has been in the cache, if the edge says it."""
    via: str = ""
    error: str = ""
    """Why there was no answer, as a clause; empty if there was one."""

    @property
    def kind(self) -> str:
        """The status, with the HTTP status of an error behind it: a 404 may come from the cache, but is no file."""
        code = self.http_status
        if code is None or code < _FIRST_ERROR or code == _EMPTY_FILE:
            return self.status
        return f"{self.status} {code}"

    @property
    def is_counted(self) -> bool:
        """Whether it counts in the ratio of hits."""
        return self.status not in UNCACHED

    @property
    def is_warm(self) -> bool:
        """Whether the file came from the cache."""
        return self.kind == HIT
