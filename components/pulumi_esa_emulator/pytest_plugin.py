"""The pytest plugin of the local ESA, with its fixture; imports only pytest until that runs."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

import pytest

if TYPE_CHECKING:
    from pulumi_esa_emulator.testing import LocalEsa

_INSTALL: Final = "pip install 'pulumi-esa-prefetch[testing]'"
_OWN: Final = "pulumi_esa_emulator"


@pytest.fixture
def esa() -> "Iterator[LocalEsa]":
    """Run a local ESA during the test: `seed` it, let a program call its `endpoint`, look at `plans` and `history`.

    launch, = esa.seed(job(plan("stopped")))
    ...
    assert esa.statuses() == ["running"]
    """
    try:
        from pulumi_esa_emulator.testing import LocalEsa  # noqa: PLC0415
    except ModuleNotFoundError as error:
        if (error.name or _OWN).startswith(_OWN):
            raise
        pytest.fail(
            f"this fixture needs the package {error.name}, which is not installed: {_INSTALL}",
            pytrace=False,
        )
    local = LocalEsa()
    try:
        yield local
    finally:
        local.close()
