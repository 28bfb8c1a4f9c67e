"""How often a law is tried: a few times always, very often in a long run."""

from collections.abc import Callable
from typing import Any, Protocol

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

FEW, MANY = 15, 100


class ForAll(Protocol):
    """Tries a law on what strategies give."""

    def __call__(
        self, law: Callable[..., None], *strategies: st.SearchStrategy[Any]
    ) -> None: ...


@pytest.fixture(params=["few", pytest.param("many", marks=pytest.mark.slow)])
def for_all(request: pytest.FixtureRequest) -> ForAll:
    many = request.param == "many"
    chosen = settings(
        max_examples=MANY if many else FEW,
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        suppress_health_check=list(HealthCheck),
        database=None,
    )

    def run(law: Callable[..., None], *strategies: st.SearchStrategy[Any]) -> None:
        @chosen
        @given(st.tuples(*strategies))
        def holds(values: tuple[Any, ...]) -> None:
            law(*values)

        holds()

    return run
