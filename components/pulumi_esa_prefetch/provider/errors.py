"""The errors that hooks end with: one sentence for a person; classifies nothing else."""

from collections.abc import Iterator
from contextlib import contextmanager

from pydantic import ValidationError

from pulumi_esa_prefetch.api.errors import EsaError
from pulumi_esa_prefetch.api.one_line import one_line


class PrefetchError(Exception):
    """A hook failed; the text is one sentence: what failed, on which plan, and what to do.

    The dynamic host prints the class' full name before the text: ``__module__`` makes it name the
    package and not the place of this file.
    """

    __module__ = "pulumi_esa_prefetch"


class PlanGone(PrefetchError):
    """The plan does not exist (any more): whoever wants its end has it."""


class NotStarted(PrefetchError):
    """No Start had an effect: the plan is as it was before."""


@contextmanager
def looking_up(subject: object) -> Iterator[None]:
    """Let an error say whose look-up has failed."""
    try:
        yield
    except EsaError as error:
        raise PrefetchError(f"{subject} cannot be looked up: {error}") from None


def unreadable(error: ValidationError) -> PrefetchError:
    """Properties that cannot be read as a plan's, named without their values."""
    names = sorted({str(each["loc"][0]) for each in error.errors() if each["loc"]})
    return PrefetchError(
        f"the plan's record cannot be read, for {one_line(', '.join(names))} is missing or "
        "wrong: a newer version of pulumi-esa-prefetch may have written it"
    )
