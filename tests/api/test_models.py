"""The properties that models calculate from their fields."""

import pytest

from pulumi_esa_prefetch.api.models import ACTIVE, STATUSES, Job


@pytest.mark.parametrize(
    ("domains", "origins"),
    [
        (None, ()),
        (" ", ()),
        ("a.com", ("a.com",)),
        ("a.com,b.com", ("a.com", "b.com")),
        ("a.com, b.com;c.com  d.com,", ("a.com", "b.com", "c.com", "d.com")),
    ],
)
def test_the_origins_of_a_job_are_its_domains_with_any_separator(
    domains: str | None, origins: tuple[str, ...]
) -> None:
    assert Job(id="1", domains=domains).origins == origins


def test_the_active_statuses_are_documented_by_esa() -> None:
    assert set(STATUSES) > ACTIVE
