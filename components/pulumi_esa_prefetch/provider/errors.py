"""The errors that hooks raise, each one sentence for a person; the errors of API calls are in ``api.errors``."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pydantic import ValidationError

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.safe_text import one_line

if TYPE_CHECKING:
    from pulumi_esa_prefetch.api.models import Plan


class PrefetchError(Exception):
    """A hook failed; the text is one sentence: what failed, on which plan, and what to do.

    The dynamic host prints the full name of the class before the text. ``__module__`` makes that the
    package instead of this file.
    """

    __module__ = "pulumi_esa_prefetch"

    left_as: "Plan | None" = None
    """The plan as the hook left it, if it has changed it, or may have; None if it is as it was before."""
    start_is_unknown = False
    """Whether a Start may have had an effect; ``left_as`` is the plan before that Start."""


class PlanGone(PrefetchError):
    """The plan does not exist (any more); a deletion is done then."""


class NotStarted(PrefetchError):
    """No Start had an effect."""


class StartUnknown(PrefetchError):
    """It is not known whether a Start had an effect."""

    start_is_unknown = True


@contextmanager
def looking_up(subject: object) -> Iterator[None]:
    """Turn an error of the API into one that names what could not be looked up."""
    try:
        yield
    except EsaError as error:
        raise PrefetchError(f"{subject} cannot be looked up: {error}") from None


def unreadable(error: ValidationError) -> PrefetchError:
    """The error for properties that are not those of a plan; it names them, without their values."""
    names = sorted({str(each["loc"][0]) for each in error.errors() if each["loc"]})
    return PrefetchError(
        f"the plan's record in the state cannot be read, because {one_line(', '.join(names))} is missing or "
        "wrong: a newer version of pulumi-esa-prefetch may have written it"
    )
